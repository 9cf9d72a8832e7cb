import Foundation
import ZooCore
public import ZooManifest

/// The data sets that have a name of their own: those of the program, and those of a manifest.
///
///     let catalogue = try DataSetCatalogue(manifest)
///     let data = try catalogue.named("mnist?rotation=180&train=5000")
public struct DataSetCatalogue: Sendable {
    private let definitions: [DataSetDefinition]
    private var defaults: [String]

    /// All of them, in the order of a listing. Each that transforms its images has a namesake ending in "-upright" besides, unless the
    /// same images have a name already.
    public let all: [DataSet]
    private let byName: [String: DataSet]

    /// Those that the program knows by itself: `Sources/ZooData/datasets.json`.
    public static var builtIn: DataSetCatalogue { get throws { try embedded.get() } }

    /// The name of the file of those, in errors.
    static let builtInFile = "datasets.json of the program"

    private static let embedded = Result {
        let manifest = try Manifest(contents: Data(PackageResources.datasets_json), path: builtInFile)
        return try DataSetCatalogue(manifest.dataSets, defaults: manifest.defaultDataSets ?? [], after: nil)
    }

    /// The program's data sets and those of a manifest and of the files that it includes.
    ///
    /// - Throws: `config` naming file and JSON path, if one is wrong or its id is taken.
    public init(_ manifest: Manifest) throws {
        try self.init(manifest.dataSets, defaults: manifest.defaultDataSets, after: Self.builtIn)
    }

    private init(_ specifications: [DataSetSpecification], defaults: [JSONPlace]?, after known: DataSetCatalogue?) throws {
        var reader = Reader(specifications, known: known?.definitions ?? [], isBuiltIn: known == nil)
        for specification in specifications { _ = try reader.definition(specification) }
        let read = specifications.compactMap { reader.read[$0.id] }
        definitions = (known?.definitions ?? []) + read.map { definition in definition.knowing((known?.definitions ?? []) + read) }
        all = try definitions.map { try DataSet($0) }
        byName = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.defaults = known?.defaults ?? []
        guard let defaults else { return }
        self.defaults = try defaults.map { place in
            let name = try place.string()
            do { return try self.named(name).name } catch let error as HostError { throw place.error(error.message) }
        }
    }

    /// Reads definitions, those that others take their source from first.
    private struct Reader {
        let specifications: [DataSetSpecification]
        let known: [DataSetDefinition]
        let isBuiltIn: Bool
        private(set) var read: [String: DataSetDefinition] = [:]
        private var open: [String] = []

        init(_ specifications: [DataSetSpecification], known: [DataSetDefinition], isBuiltIn: Bool) {
            (self.specifications, self.known, self.isBuiltIn) = (specifications, known, isBuiltIn)
        }

        mutating func definition(_ specification: DataSetSpecification) throws -> DataSetDefinition {
            if let found = read[specification.id] { return found }
            if known.contains(where: { $0.id == specification.id || $0.upright.id == specification.id }) {
                throw specification.place.child("id", .null).error(
                    "the id '\(specification.id)' is taken by a data set of \(DataSetCatalogue.builtInFile)")
            }
            open.append(specification.id)
            let found = try DataSetDefinition(specification, isBuiltIn: isBuiltIn) { try definition($0, at: $1) }
            open.removeLast()
            read[specification.id] = found
            return found
        }

        /// The data set whose source another takes over.
        private mutating func definition(_ id: String, at place: JSONPlace) throws -> DataSetDefinition {
            if let found = known.first(where: { $0.id == id }) { return found }
            guard let other = specifications.first(where: { $0.id == id }) else {
                let names = known.map(\.id) + specifications.map(\.id)
                throw place.error("expected a source or the id of a data set, found \"\(id)\"\(suggestion(id, names))")
            }
            guard !open.contains(id) else {
                throw place.error("the data set takes its source from itself: \((open + [id]).joined(separator: ", "))")
            }
            return try definition(other)
        }
    }

    /// The data set of that name: of a catalogue, or the one that `folder:PATH` or `idx:PATH` describes, with what the fields of the name
    /// change about it (docs/data.md).
    ///
    /// A relative path is looked up from the working directory, and is part of the name as it is: one name may so lead to other images
    /// elsewhere. What images a result was measured on is said by their fingerprint, never by the name.
    ///
    /// - Throws: `HostError` if there is no such data set, suggesting the nearest, or naming the field that is wrong.
    public func named(_ name: String) throws -> DataSet {
        let parts = try DataSetName(name)
        if parts.fields.isEmpty, let found = byName[parts.base] { return found }
        if let (source, base, path) = try ImageSources.named(parts.base, of: name) {
            return try DataSet(DataSetDefinition(path: path, base: base, source: source), parts.fields, typed: name)
        }
        let uprights = definitions.lazy.map(\.upright)
        if let found = definitions.first(where: { $0.id == parts.base }) ?? uprights.first(where: { $0.id == parts.base }) {
            return try DataSet(found, parts.fields, typed: name)
        }
        let names = definitions.map(\.id)
        let hint = nearest(to: parts.base, in: names).map { "no such data set (did you mean \($0)?)" } ?? "no such data set"
        throw HostError(
            .usage, file: name, field: "data set",
            expected: (names + ImageSources.prefixes.map { $0 + "PATH" }).joined(separator: ", "), found: hint)
    }

    /// The one name of a data set, however it is typed; a name that is none stays what it is.
    public func canonical(_ name: String) -> String { (try? named(name).name) ?? name }

    // MARK: The default

    /// The data set that a command takes where none is named: the first of the manifest's, or else of the program's, whose files are
    /// there; the last of them where none is.
    ///
    /// - Parameter directory: where data are kept; the environment's `ZOO_DATA` if nil.
    /// - Throws: `config` if no file names one.
    public func defaultDataSet(in directory: String? = nil) throws -> DataSet {
        for name in defaults {
            let set = try named(name)
            if name == defaults.last || set.isHere(in: directory) { return set }
        }
        throw HostError(.config, file: Self.builtInFile, field: "default_dataset", expected: "the name of a data set", found: "none")
    }

    /// The first of the default data sets of which something is true, such as that results of it are stored; if it is of none, the one
    /// that a command takes where none is named.
    ///
    /// - Throws: `config` if no file names one.
    public func defaultDataSet(in directory: String? = nil, where isWanted: (DataSet) throws -> Bool) throws -> DataSet {
        try defaults.lazy.map { try named($0) }.first(where: isWanted) ?? defaultDataSet(in: directory)
    }
}
