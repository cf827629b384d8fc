package import Core

extension ListenAddress {
    /// The names beside its own address under which callers may ask for what listens here: the setting `SIBYL_HOSTS`.
    ///
    /// - Throws: ``UsageError`` when a name cannot be one, or none is given for a server on all addresses: nobody would
    ///   notice that its names are refused until the first caller from elsewhere is.
    package func hostNames(_ values: SettingValues) throws -> [Authority] {
        let setting = Setting.hosts
        guard let text = values[setting] else {
            if Authority(host.contains(":") ? "[\(host)]" : host)?.isWildcard == true {
                throw UsageError(
                    "\(host) listens on every address. Set \(setting.name) (\(setting.option)) to the host names that callers use, "
                        + "such as sibyl.example.com,api, or listen on 127.0.0.1.")
            }
            return []
        }
        return try text.split(separator: ",", omittingEmptySubsequences: false).map { item in
            let name = item.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            guard let authority = Self.authority(String(name)) else {
                throw UsageError(
                    "\(setting.name) (\(setting.option)) must be names of hosts, each with or without a port, between commas, "
                        + "such as sibyl.example.com,api:8000.")
            }
            return authority
        }
    }

    /// A name, or an address of version 6 with or without brackets.
    private static func authority(_ text: String) -> Authority? { Authority(text) ?? Authority("[\(text)]") }
}
