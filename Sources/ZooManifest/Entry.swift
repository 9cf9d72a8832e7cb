import Foundation
import ZooCore
public import ZooKit

/// One architecture with all its parts, settings and recipe: what is trained, evaluated and compared.
public struct Entry: Sendable, Equatable {
    public let id: String
    /// The path of the manifest that it stands in, which may be one that another includes.
    public let manifest: String
    public let summary: String
    public let architecture: PartSpecification
    /// The parts by slot.
    public let parts: [String: PartSpecification]
    /// The recipes by data set; "default" is for all others.
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
