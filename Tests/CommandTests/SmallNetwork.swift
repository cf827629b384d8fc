import Foundation
import Glibc

/// Machines, as far as a network goes: namespaces of the kernel, each with a cable to one switch, at which this one is too.
final class SmallNetwork {
    /// Whether this machine lets the tests make one; else what needs it is skipped, which the test run counts.
    static let isPossible = (try? SmallNetwork(machines: 1)) != nil

    /// The number of a network of the tests, so that two at once do not meet.
    private let number: Int
    private let machines: Int
    private var bridge: String { Self.bridge(number) }
    /// The addresses of the whole network.
    var addresses: String { "10.213.\(number).0/24" }
    /// The address of what runs on no machine of its own.
    var home: String { "10.213.\(number).1" }

    /// - Parameter machines: 1 to 100.
    init(machines: Int) throws {
        self.machines = machines
        number = try Self.makeBridge()
        try SystemProgram.run("ip", "address", "add", home + "/24", "dev", bridge)
        try SystemProgram.run("ip", "link", "set", bridge, "up")
        for machine in 0..<machines { try addMachine(machine) }
    }

    deinit { remove() }

    /// Makes a switch under the first number that no other network has: suites run side by side, and so may other test runs.
    private static func makeBridge() throws -> Int {
        var last: any Error = CancellationError()
        for offset in 0..<200 {
            let number = (Int(getpid()) + offset) % 200 + 1
            do {
                try SystemProgram.run("ip", "link", "add", bridge(number), "type", "bridge")
                return number
            } catch {
                last = error
            }
        }
        throw last
    }

    private static func bridge(_ number: Int) -> String { "sibyl\(number)" }

    private func addMachine(_ machine: Int) throws {
        let (name, cable) = (name(of: machine), cable(of: machine))
        try SystemProgram.run("ip", "netns", "add", name)
        try SystemProgram.run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        try SystemProgram.run("ip", "link", "set", cable, "master", bridge)
        try SystemProgram.run("ip", "link", "set", cable, "up")
        try SystemProgram.run("ip", "-n", name, "address", "add", address(of: machine) + "/24", "dev", "eth0")
        for device in ["lo", "eth0"] { try SystemProgram.run("ip", "-n", name, "link", "set", device, "up") }
    }

    /// Cables go first: those of a deleted namespace stay for a moment, and the next network may get their names.
    private func remove() {
        for machine in 0..<machines {
            try? SystemProgram.run("ip", "link", "delete", cable(of: machine))
            try? SystemProgram.run("ip", "netns", "delete", name(of: machine))
        }
        try? SystemProgram.run("ip", "link", "delete", bridge)
    }

    func address(of machine: Int) -> String { "10.213.\(number).\(machine + 10)" }

    /// What runs a program on a machine, by becoming it.
    func launcher(on machine: Int) -> [String] {
        ["/usr/bin/nsenter", "--net=/run/netns/" + name(of: machine), "--"]
    }

    /// Cuts a machine off: what it sends, and what is sent to it, is lost without a word.
    func cut(_ machine: Int) throws { try SystemProgram.run("ip", "link", "set", cable(of: machine), "nomaster") }

    func heal(_ machine: Int) throws {
        try SystemProgram.run("ip", "link", "set", cable(of: machine), "master", bridge)
    }

    private func name(of machine: Int) -> String { "\(bridge)-\(machine)" }
    private func cable(of machine: Int) -> String { "\(bridge)c\(machine)" }
}
