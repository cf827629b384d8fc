package import Core
internal import Digest
internal import Foundation

/// The models of a folder, and how a request's words find one.
///
/// A model that is broken is told apart and takes no other with it.
package struct Catalog: Sendable {
    /// The models that can be used, by name.
    package let models: [Model]
    /// The models whose manifest cannot be used, each with the reason.
    package let broken: [String: CatalogError]
    /// Versions that are whole and must not be used all the same, each with the reason.
    package private(set) var refused: [ModelIdentity: CatalogError] = [:]

    /// Bytes of a manifest: golden rows are few.
    private static let manifestBytes = 4 << 20

    package init(models: [Model], broken: [String: CatalogError] = [:]) {
        self.models = models.sorted { $0.name < $1.name }
        self.broken = broken
    }

    /// Reads all manifests of a folder: `<folder>/<name>/model.json`.
    ///
    /// - Throws: ``CatalogError/folderUnreadable``.
    package init(folder: String) throws {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw CatalogError.folderUnreadable
        }
        var models: [Model] = []
        var broken: [String: CatalogError] = [:]
        for name in names.sorted() {
            let path = folder + "/" + name
            guard FileManager.default.fileExists(atPath: path + "/model.json") else { continue }
            do {
                let manifest = try FileBytes.read(path + "/model.json", upTo: Self.manifestBytes)
                models.append(try Model(manifest: manifest, folder: path))
            } catch {
                let reason = (error as? any CodedError)?.message ?? "it cannot be read"
                broken[name] = error as? CatalogError ?? .invalid(model: name, reason: reason)
            }
        }
        self.init(models: models, broken: broken)
    }

    /// Lets nobody use a version.
    package mutating func refuse(_ version: ResolvedModel, because reason: CatalogError) {
        refused[version.identity] = reason
    }

    /// Finds the model version that a request means to use.
    ///
    /// - Parameters: those of ``find(model:version:)``.
    /// - Throws: ``CatalogError`` when nothing is meant, or two things, or the version must not be used.
    package func resolve(model: String?, version: String?) throws -> ResolvedModel {
        let found = try find(model: model, version: version)
        if let reason = refused[found.identity] { throw reason }
        return found
    }

    /// Finds the model version that a request means, whether or not it may be used.
    ///
    /// - Parameters:
    ///   - model: a model's name, or a name and a version joined, `sentiment_v1`; an exact name wins.
    ///   - version: a version, `v1`, or joined, `sentiment_v1`.
    /// - Throws: ``CatalogError`` when nothing is meant, or two things.
    package func find(model: String?, version: String?) throws -> ResolvedModel {
        let named = try model.map(split)
        if let version {
            if let named {
                let name = named.model.name
                let plain =
                    version.hasPrefix(name + "_") && named.model.version(version) == nil
                    ? String(version.dropFirst(name.utf8.count + 1)) : version
                if let joined = named.version, joined != plain { throw CatalogError.contradictoryVersions }
                return try find(plain, of: named.model)
            }
            guard let joined = joined(version) else { throw CatalogError.modelRequired(known: models.map(\.name)) }
            return try find(joined.version ?? joined.model.defaultVersion, of: joined.model)
        }
        guard let named else { throw CatalogError.modelRequired(known: models.map(\.name)) }
        return try find(named.version ?? named.model.defaultVersion, of: named.model)
    }

    /// Finds a model by its name.
    package func model(_ name: String) -> Model? { models.first { $0.name == name } }

    private func split(_ name: String) throws -> (model: Model, version: String?) {
        if let model = model(name) { return (model, nil) }
        if let joined = joined(name) { return joined }
        // Only a broken model's own name: its versions are not known.
        if broken[name] != nil { throw CatalogError.broken(model: name) }
        throw CatalogError.unknownModel(known: models.map(\.name))
    }

    private func joined(_ name: String) -> (model: Model, version: String?)? {
        for model in models where name.hasPrefix(model.name + "_") {
            let version = String(name.dropFirst(model.name.utf8.count + 1))
            if model.version(version) != nil { return (model, version) }
        }
        return nil
    }

    private func find(_ version: String, of model: Model) throws -> ResolvedModel {
        guard let found = model.version(version) else {
            throw CatalogError.unknownVersion(model: model.name, known: model.versions.map(\.name))
        }
        return ResolvedModel(model: model, version: found)
    }
}
