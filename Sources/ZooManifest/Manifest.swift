public import Foundation
public import ZooCore
public import ZooKit

/// A component with its settings, as an entry names it.
public struct PartSpecification: Sendable, Equatable {
    public let id: String
    /// Settings as written; checked against the component's options when the part is resolved.
    public let config: [String: JSON]
    /// Where it stands, for complaints: "zoo.json: $.entries[0].parts.extractor".
    package let place: Place

    /// `folder`: what its paths are relative to.
    package struct Place: Sendable, Equatable {
        package let file, path, folder: String

        package init(file: String, path: String, folder: String) {
            self.file = file
            self.path = path
            self.folder = folder
        }
    }
}

/// Trained weights of an entry.
public struct WeightsReference: Sendable, Equatable {
    /// The data set they were trained on.
    public let dataset: String
    public let seed: UInt64
    /// As the manifest names it, relative to the manifest's folder.
    public let file: String
    /// Lower-case hex.
    public let sha256: String
    /// The path of the manifest that names it, which may be one that another includes.
    public let manifest: String
    /// Where the file is.
    public let path: String
}

/// A figure from a publication, to be set beside the measured one.
public struct PublishedFigure: Sendable, Equatable, Codable {
    public let dataset: String
    /// What was measured: "error", as a fraction.
    public let metric: String
    public let value: Double
    /// The standard deviation that stands beside it, in the same unit; nil where none does.
    public let spread: Double?
    /// Paper and table.
    public let source: String
    /// Where the publication's protocol differs from the zoo's; "" where it does not.
    public let note: String
}

/// One architecture with all its parts, settings and recipe: what is trained, evaluated and compared.
public struct Entry: Sendable, Equatable {
    public let id: String
    /// The path of the manifest that it stands in, which may be one that another includes.
    public let manifest: String
    public let summary: String
    public let architecture: PartSpecification
    /// By slot.
    public let parts: [String: PartSpecification]
    /// By data set; "default" for all others.
    public let recipes: [String: Recipe]
    public let weights: [WeightsReference]
    public let published: [PublishedFigure]
    /// C×H×W and the number of classes it was imported for; nil where it is built for whatever it is given.
    public let input: ImageShape?
    public let classes: Int?

    public func recipe(for dataset: String) -> Recipe { recipes[dataset] ?? recipes["default"] ?? Recipe() }

    /// What else than its weights decides the entry's results, as canonical JSON: same text, same network.
    public var definition: String {
        func json(_ part: PartSpecification) -> JSON { .object(["id": .string(part.id), "config": .object(part.config)]) }
        let value = JSON.object(["architecture": json(architecture), "parts": .object(parts.mapValues(json))])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? id
    }
}

/// zoo.json: the entries of the zoo and its data sets, its own and those of the files that it includes. Its schema is docs/zoo.schema.json.
public struct Manifest: Sendable {
    public let path: String
    /// Its own first.
    public let entries: [Entry]
    /// Its own first. What their fields say is checked by those who read images.
    public let dataSets: [DataSetSpecification]
    /// Names of data sets, of which the first that is there is what a command takes that names none; nil where no file says.
    package let defaultDataSets: [JSONPlace]?

    /// Reads and checks a manifest. What components say of themselves is not known yet; `HostRuntime.resolve` checks that.
    ///
    /// - Throws: `noInput` if there is no such file, `data` if it is not JSON, `config` naming file and JSON path if a field is wrong.
    public init(path: String) throws {
        try self.init(contents: FileBytes.read(path), path: path)
    }

    /// Reads a manifest from its bytes; `path` is what errors call it, and what files that it includes are relative to.
    public init(contents: Data, path: String) throws {
        self.path = path
        let reader = try ManifestReader(contents, path: path)
        (entries, dataSets, defaultDataSets) = (reader.entries, reader.dataSets, reader.defaultDataSets)
    }

    /// The entry of that id.
    ///
    /// - Throws: `usage`, with the nearest id there is.
    public func entry(_ id: String) throws(HostError) -> Entry {
        if let entry = entries.first(where: { $0.id == id }) { return entry }
        let known = entries.map(\.id)
        throw HostError(.usage, "there is no entry '\(id)' in \(path)\(suggestion(id, known)); there are: \(known.joined(separator: ", "))")
    }

    /// Where a manifest lies: paths in it stay right when it is read by way of a symbolic link.
    static func folder(of path: String) -> String {
        (((try? FileBytes.target(of: path)) ?? path) as NSString).deletingLastPathComponent
    }

    package static func resolve(_ file: String, in folder: String) -> String {
        file.hasPrefix("/") || folder.isEmpty ? file : folder + "/" + file
    }
}

extension Entry {
    static let fields = ["id", "summary", "architecture", "parts", "recipes", "weights", "published", "input", "classes"]

    init(_ place: JSONPlace, manifest: String, folder: String) throws(HostError) {
        self.manifest = manifest
        let fields = try place.object(Entry.fields, required: ["id", "architecture"])
        guard let idPlace = fields["id"], let architecturePlace = fields["architecture"] else { throw place.error("incomplete") }
        id = try idPlace.identifier()
        summary = try fields["summary"]?.string() ?? ""
        architecture = try PartSpecification(architecturePlace, folder: folder)
        var parts: [String: PartSpecification] = [:]
        if let list = fields["parts"] {
            for (slot, value) in try list.members() { parts[slot] = try PartSpecification(list.child(slot, value), folder: folder) }
        }
        self.parts = parts
        var recipes: [String: Recipe] = [:]
        if let list = fields["recipes"] {
            let members = try list.members()
            let base = try members["default"].map { value throws(HostError) in try Recipe(list.child("default", value)) } ?? Recipe()
            recipes["default"] = base
            for (dataset, value) in members where dataset != "default" {
                recipes[dataset] = try Recipe(list.child(dataset, value), over: base)
            }
        }
        self.recipes = recipes
        var weights: [WeightsReference] = []
        for item in try fields["weights"]?.array() ?? [] { weights.append(try WeightsReference(item, manifest: manifest, folder: folder)) }
        self.weights = weights
        var published: [PublishedFigure] = []
        for item in try fields["published"]?.array() ?? [] { published.append(try PublishedFigure(item)) }
        self.published = published
        classes = try fields["classes"]?.int(in: 1...65_536)
        input = try fields["input"].map { (place) throws(HostError) -> ImageShape in
            let sides = try place.array()
            guard sides.count == 3 else { throw place.error("expected channels, height and width, found \(sides.count) numbers") }
            var numbers: [Int] = []
            for side in sides { numbers.append(try side.int(in: 1...65_536)) }
            return ImageShape(numbers[0], numbers[1], numbers[2])
        }
    }
}

extension JSONPlace {
    /// A string that can be a file name and a column title.
    package func identifier() throws(HostError) -> String {
        let text = try string()
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.+".contains($0)) }), text.first != "."
        else {
            throw error("expected letters, digits, '-', '_', '.' or '+', found \"\(text)\"")
        }
        return text
    }
}

extension PartSpecification {
    /// Either the component's id, or an object of id and config.
    init(_ place: JSONPlace, folder: String) throws(HostError) {
        self.place = Place(file: place.file, path: place.path, folder: folder)
        if case .string = place.value {
            id = try place.identifier()
            config = [:]
            return
        }
        guard case .object = place.value else {
            throw place.error("expected a component's id or an object with 'id' and 'config', found \(place.value.kind)")
        }
        let fields = try place.object(["id", "config"], required: ["id"])
        guard let idPlace = fields["id"] else { throw place.error("incomplete") }
        id = try idPlace.identifier()
        config = try fields["config"]?.members() ?? [:]
    }
}

extension WeightsReference {
    init(_ place: JSONPlace, manifest: String, folder: String) throws(HostError) {
        let names = ["dataset", "seed", "file", "sha256"]
        let fields = try place.object(names, required: names)
        dataset = try fields["dataset"]?.string() ?? ""
        seed = UInt64(try fields["seed"]?.int(in: 0...Int.max) ?? 0)
        file = try fields["file"]?.string() ?? ""
        sha256 = try fields["sha256"]?.digest() ?? ""
        self.manifest = manifest
        path = Manifest.resolve(file, in: folder)
    }
}

extension PublishedFigure {
    init(_ place: JSONPlace) throws(HostError) {
        let names = ["dataset", "metric", "value", "source"]
        let fields = try place.object(names + ["spread", "note"], required: names)
        dataset = try fields["dataset"]?.string() ?? ""
        metric = try fields["metric"]?.string() ?? ""
        value = try fields["value"]?.double(in: metric == "error" ? 0...1 : -1e12...1e12) ?? 0
        spread = try fields["spread"]?.double(in: 0...1e12)
        source = try fields["source"]?.string() ?? ""
        note = try fields["note"]?.string() ?? ""
    }
}
