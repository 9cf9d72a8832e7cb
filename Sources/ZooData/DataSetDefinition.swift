import Foundation
import ZooCore
import ZooManifest

/// A data set before the fields of a name vary it: a source, a protocol and a split.
struct DataSetDefinition: Sendable {
    /// Its name without fields.
    let id: String
    /// One line for a listing.
    let summary: String
    let source: any ImageSource
    let imageProtocol: ImageProtocol
    let split: SplitRule
    /// What random streams are named after.
    let streamName: String
    /// Whether that name also holds the fields of a name.
    let hasStreamsByFields: Bool
    /// The file that defines it; nil where the program does, or a name alone.
    let file: String?
    /// Canonical JSON of what `file` says; results are told apart by it, as the same name may stand for something else in another file.
    let identity: String?
    /// What the same images are called on the same canvas, neither posed nor cluttered; nil where `self` is that.
    private let plain: Plain?

    private struct Plain: Sendable {
        let id, summary: String
        let file, identity: String?
    }

    /// A set that is no more than a path.
    init(path: String, base: String, source: some ImageSource) {
        let last = (path as NSString).lastPathComponent
        id = base
        summary = "\(type(of: source).contents) in \(path)"
        self.source = source
        imageProtocol = ImageProtocol(normalisation: type(of: source).normalisation)
        split = SplitRule()
        // Moving the folder changes no image.
        streamName = "\(type(of: source).kind):\(last)"
        hasStreamsByFields = type(of: source).hasStreamsByFields
        file = nil
        identity = nil
        plain = nil
    }

    private init(_ other: DataSetDefinition, plain: Plain) {
        (id, summary, source, imageProtocol, split) = (other.id, other.summary, other.source, other.imageProtocol, other.split)
        (streamName, hasStreamsByFields, file, identity) = (other.streamName, other.hasStreamsByFields, other.file, other.identity)
        self.plain = plain
    }

    private init(upright other: DataSetDefinition, _ plain: Plain) {
        (id, summary, source, split) = (plain.id, plain.summary, other.source, other.split)
        imageProtocol = other.imageProtocol.upright
        (streamName, hasStreamsByFields, file, identity) = (plain.id, other.hasStreamsByFields, plain.file, plain.identity)
        self.plain = nil
    }

    /// Knows its upright set among others: the first with the same images, or else one of its own.
    func knowing(_ others: [DataSetDefinition]) -> DataSetDefinition {
        guard imageProtocol.transforms else { return self }
        let found = others.first {
            $0.imageProtocol == imageProtocol.upright && $0.split == split && $0.source.isEqual(to: source)
        }
        let plain =
            found.map { Plain(id: $0.id, summary: $0.summary, file: $0.file, identity: $0.identity) }
            ?? Plain(id: id + "-upright", summary: "\(summary): as recorded, in the middle", file: file, identity: identity)
        return DataSetDefinition(self, plain: plain)
    }

    var upright: DataSetDefinition { plain.map { DataSetDefinition(upright: self, $0) } ?? self }
}

// MARK: Read from a manifest

extension DataSetDefinition {
    static let fields = ["id", "summary", "source", "protocol", "split"]

    /// - Parameters:
    ///   - isBuiltIn: whether the program itself defines it.
    ///   - other: the data set of an id, whose source may be taken over.
    /// - Throws: `config` naming file and JSON path.
    init(
        _ specification: DataSetSpecification, isBuiltIn: Bool, other: (String, JSONPlace) throws -> DataSetDefinition
    ) throws {
        let place = specification.place
        let fields = try place.object(Self.fields, required: ["id", "source"])
        guard let given = fields["source"] else { throw place.error("the field 'source' is missing") }
        id = specification.id
        var normalisation: Normalisation
        var origin: String?
        if case .string(let name) = given.value {
            let base = try other(name, given)
            source = base.source
            normalisation = base.imageProtocol.normalisation
            origin = base.identity
        } else {
            let read = try ImageSources.read(given, of: id, folder: specification.folder)
            source = read
            normalisation = type(of: read).normalisation
        }
        var imageProtocol = ImageProtocol(normalisation: normalisation)
        if let place = fields["protocol"] {
            try imageProtocol.apply(
                DataSettings(
                    place, of: id, folder: specification.folder, known: ImageProtocol.settings + ImageProtocol.normalisationSettings))
        }
        self.imageProtocol = imageProtocol
        var split = SplitRule()
        if let place = fields["split"] {
            try split.apply(
                DataSettings(place, of: id, folder: specification.folder, known: SplitRule.settings + SplitRule.manifestSettings))
        }
        self.split = split
        summary = try fields["summary"]?.string() ?? imageProtocol.summary
        streamName = id
        hasStreamsByFields = false
        file = isBuiltIn ? nil : specification.file
        identity = isBuiltIn ? nil : try Self.canonical(place.value, origin)
        plain = nil
    }

    /// - Parameter origin: what a manifest says of the set whose source is taken over.
    private static func canonical(_ value: JSON, _ origin: String?) throws -> String {
        var members: [String: JSON] = [:]
        if case .object(let own) = value { members = own }
        members["summary"] = nil
        if let origin { members["source"] = .string(origin) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(JSON.object(members)), as: UTF8.self)
    }
}
