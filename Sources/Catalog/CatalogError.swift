package import Core

/// Why a model is not known, or cannot be used.
package enum CatalogError: CodedError, Equatable {
    /// The folder of models cannot be read.
    case folderUnreadable
    /// The manifest breaks a rule; the reason names the place.
    case invalid(model: String, reason: String)
    /// No model was named, and there is more than one.
    case modelRequired(known: [String])
    case unknownModel(known: [String])
    /// The model is there, but its manifest cannot be used.
    case broken(model: String)
    case unknownVersion(model: String, known: [String])
    /// The model's name and the version name different versions.
    case contradictoryVersions
    /// The model's file is not the one that its manifest describes.
    case digestMismatch(model: String, version: String)
    /// Stored tasks refer to another identity under this version's name.
    case versionTaken(model: String, version: String, stored: String, found: String)

    package var code: ErrorCode {
        switch self {
        case .folderUnreadable, .invalid: .modelInvalid
        case .modelRequired, .unknownModel: .unknownModel
        case .broken: .modelUnavailable
        case .unknownVersion, .contradictoryVersions: .unknownModelVersion
        case .digestMismatch: .modelDigestMismatch
        case .versionTaken: .modelVersionTaken
        }
    }

    package var message: String {
        switch self {
        case .folderUnreadable: "The folder of models cannot be read; name it with --models."
        case .invalid(let model, let reason):
            // A reason that is another error's message ends already.
            "The manifest of `\(model)` is not valid: \(reason)\(reason.hasSuffix(".") ? "" : ".")"
        case .modelRequired(let known): "Name a model with `model`; known are \(Self.list(known))."
        case .unknownModel(let known): "There is no such model; known are \(Self.list(known))."
        case .broken(let model):
            "The model `\(model)` cannot be used, because its manifest is not valid; `sibyl doctor` tells where."
        case .unknownVersion(let model, let known):
            "The model `\(model)` has no such version; known are \(Self.list(known))."
        case .contradictoryVersions: "`model` and `model_version` name different versions; give one of them."
        case .digestMismatch(let model, let version):
            "The file of `\(model)` \(version) is not the one its manifest describes; restore it, or make a new version."
        case .versionTaken(let model, let version, let stored, let found):
            "The files or manifest of `\(model)` `\(version)` changed, but stored tasks still use the earlier ones (now "
                + "\(found.prefix(12)), stored \(stored.prefix(12))). Use a new version name, restore the files, or delete "
                + "those tasks; then restart."
        }
    }

    private static func list(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.prefix(20).map { "`\($0)`" }.joined(separator: ", ")
    }
}
