import Foundation
public import ZooCore
public import ZooKit

/// A data set: where its images come from, how they are divided, and what is done to them.
///
///     let data = try DataSet.named("strokes-rotated")
///     let images = try data.load(.test)                                   // as recorded, upright
///     data.theta(split: .test, seed: 0, epoch: 0, index: 7)               // how image 7 is turned
///     data.upright.theta(split: .test, seed: 0, epoch: 0, index: 7)       // the same image, not turned
///
/// The image that a network sees is the recorded one, put in the middle of a canvas, posed and cluttered: a pure function of (data set,
/// seed, split, index), in training also of the epoch unless poses are fixed.
public struct DataSet: Sendable, Hashable {
    /// The one name of this data set: fields whose values are as they are without a word are left out, the others stand in a fixed order,
    /// those of the split last, and a path is normalised. `named(set.name) == set` for every set.
    public let name: String
    /// One line for a listing.
    public var summary: String { definition.summary }
    package let source: any ImageSource
    /// What is done to every image.
    public let imageProtocol: ImageProtocol
    /// Which images there are.
    public let splitRule: SplitRule

    private let definition: DataSetDefinition
    /// How the name varies the definition.
    private let fields: [DataSetName.Field]
    /// What random streams are named after.
    private let streamName: String

    /// A set that is varied by the fields of a name.
    ///
    /// - Parameter typed: the name, for errors.
    /// - Throws: `usage` naming the field that is wrong.
    init(_ definition: DataSetDefinition, _ given: [DataSetName.Field] = [], typed: String = "") throws {
        self.definition = definition
        let kind = type(of: definition.source)
        let groups = [
            kind.settings.filter { !kind.lateFields.contains($0.field) }, ImageProtocol.settings,
            kind.settings.filter { kind.lateFields.contains($0.field) }, ImageProtocol.normalisationSettings, SplitRule.settings,
        ]
        let known = groups.flatMap(\.self)
        if let stray = given.first(where: { field in !known.contains { $0.field == field.name || $0.otherFields.contains(field.name) } }) {
            throw DataSetField(file: typed, name: stray.name, value: stray.value).unknown(known.map(\.field))
        }
        let settings = try DataSettings(typed, given, known: known)
        var (source, imageProtocol, split) = (definition.source, definition.imageProtocol, definition.split)
        try source.apply(settings)
        try imageProtocol.apply(settings)
        try split.apply(settings)
        (self.source, self.imageProtocol, splitRule) = (source, imageProtocol, split)
        let base = definition.source.values
        var own = source.values.filter { base[$0.key] != $0.value }
        own.merge(imageProtocol.fields(beyond: definition.imageProtocol)) { $1 }
        own.merge(split.fields(beyond: definition.split)) { $1 }
        let changed = known.compactMap { setting in own[setting.field].map { DataSetName.Field(name: setting.field, value: $0) } }
        fields = changed
        name = DataSetName(base: definition.id, fields: changed).text
        let parts = Set(SplitRule.settings.map(\.field))
        let drawn = DataSetName(base: "", fields: changed.filter { !parts.contains($0.name) })
        streamName = definition.streamName + (definition.hasStreamsByFields && !drawn.fields.isEmpty ? "?" + drawn.options : "")
    }

    /// The data set of a name; see `DataSetCatalogue.named`.
    ///
    /// - Parameter catalogue: nil for the one of the program.
    /// - Throws: `HostError` if there is no such data set, suggesting the nearest, or naming the field that is wrong.
    public static func named(_ name: String, in catalogue: DataSetCatalogue? = nil) throws -> DataSet {
        try (catalogue ?? DataSetCatalogue.builtIn).named(name)
    }

    /// The same set with another choice of its images.
    ///
    /// - Parameters: as the fields of a name have them; nil leaves a field as it is.
    /// - Throws: `usage` for a number of images that is not positive.
    public func taking(validation: Int? = nil, train: Int? = nil, limit: Int? = nil, size: Int? = nil) throws -> DataSet {
        let given = [("validation", validation), ("train", train), ("limit", limit), ("size", size)].compactMap { name, value in
            value.map { DataSetName.Field(name: name, value: "\($0)") }
        }
        return try DataSet(definition, fields.filter { field in !given.contains { $0.name == field.name } } + given, typed: name)
    }

    public static func == (a: DataSet, b: DataSet) -> Bool {
        a.name == b.name && a.source.isEqual(to: b.source) && a.imageProtocol == b.imageProtocol && a.splitRule == b.splitRule
            && a.streamName == b.streamName
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    // MARK: What it is made of

    public var perturbation: Perturbation { imageProtocol.perturbation }
    /// Height and width of the image that is drawn, the recorded one in its middle; nil: of the recorded one.
    public var canvas: Int? { imageProtocol.canvas }
    public var clutter: Clutter? { imageProtocol.clutter }
    /// Applied to every drawn image.
    public var normalisation: Normalisation { imageProtocol.normalisation }
    /// At most this number of images of each split, chosen by `ImageSet.spread`; nil for all.
    public var limit: Int? { splitRule.limit }
    /// Whether the program draws the images itself, so that no file is needed.
    public var isDrawn: Bool { source.isDrawn }
    /// The manifest that defines the set; nil where the program does, or the name alone.
    public var file: String? { definition.file }
    /// What a manifest says of the set, as canonical JSON; nil where its name alone decides what it is.
    public var identity: String? { definition.identity }

    /// The same images on the same canvas with the same normalisation, neither transformed nor cluttered: the baseline.
    public var upright: DataSet {
        guard imageProtocol.transforms else { return self }
        let kept = fields.filter { !ImageProtocol.transforming.contains($0.name) }
        return (try? DataSet(definition.upright, kept, typed: name)) ?? self
    }

    /// Whether a set has the same source, whatever is done to its images.
    public func hasSource(of other: DataSet) -> Bool { source.isEqual(to: other.source) }

    // MARK: Shapes

    /// C×H×W of the recorded images, as far as it is known before they are read.
    public var sourceShape: ImageShape { source.shape }

    /// C×H×W of what a network sees.
    public var shape: ImageShape { shape(of: sourceShape) }

    /// C×H×W of what a network sees of these images, which may differ from the usual size: any data in MNIST's file format.
    public func shape(of images: ImageSet) -> ImageShape { shape(of: ImageShape(images.channels, images.height, images.width)) }

    private func shape(of source: ImageShape) -> ImageShape {
        canvas.map { ImageShape(source.channels, $0, $0) } ?? source
    }

    /// How many things are read from one image, each among `ImageSet.classes`.
    public var heads: Int { source.heads }

    // MARK: What is done to one image

    /// The stream that decides what happens to one image: of (data set, seed, split, index), for training images also of the epoch, unless
    /// the protocol is fixed. So a network sees every training image in a new pose, and every network sees the same test images.
    public func stream(split: Split, seed: UInt64, epoch: Int, index: Int) -> RandomStream {
        RandomStream(
            seed: seed, "\(streamName)/\(split.rawValue)",
            split == .train && !imageProtocol.isFixed ? UInt64(bitPattern: Int64(epoch)) : 0, UInt64(bitPattern: Int64(index)))
    }

    /// The pose of one image: the sampling matrix from the drawn canvas to the upright one, 2×3 or 3×3 row-major; see
    /// `Perturbation.theta`.
    ///
    /// - Parameter shape: of the images that are drawn; nil where it is that which is known before they are read.
    public func theta(split: Split, seed: UInt64, epoch: Int, index: Int, shape: ImageShape? = nil) -> [Double] {
        let drawn = shape ?? self.shape
        return perturbation.theta(
            stream(split: split, seed: seed, epoch: epoch, index: index), aspect: Double(drawn.height) / Double(drawn.width),
            width: drawn.width)
    }

    /// The angle that `theta` turns the image by, in degrees, anticlockwise.
    public func angle(split: Split, seed: UInt64, epoch: Int, index: Int) -> Double {
        perturbation.angle(stream(split: split, seed: seed, epoch: epoch, index: index))
    }

    /// The images 0 ..< `count` in the order in which an epoch of training takes them.
    public func order(seed: UInt64, epoch: Int, count: Int) -> [Int] {
        RandomStream(seed: seed, "\(streamName)/order", UInt64(bitPattern: Int64(epoch))).permutation(count)
    }

    /// A data set's name as one part of a path: itself, or where it holds a path or options a readable part of it and a hash.
    public static func fileName(of name: String) -> String {
        func isPlain(_ character: Character) -> Bool {
            character.isASCII && (character.isLetter || character.isNumber || "-_.+".contains(character))
        }
        if name.allSatisfy(isPlain), !name.hasPrefix(".") { return name }
        let key = RandomStream(seed: 0, name).key
        let digits = String(key, radix: 16)
        return String(name.map { isPlain($0) ? $0 : "-" }.suffix(40)) + "-" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}
