import Foundation
import ZooHost
public import ZooKit

/// A data set that the zoo knows by name: where its images come from and what is done to them.
///
///     let data = try DataSet.named("strokes-rotated")
///     let images = try data.load(.test)                                   // as recorded, upright
///     data.theta(split: .test, seed: 0, epoch: 0, index: 7)               // how image 7 is turned
///     data.upright.theta(split: .test, seed: 0, epoch: 0, index: 7)       // the same image, not turned
///
/// The image that a network sees is the recorded one, put in the middle of a canvas, posed by `perturbation` and cluttered:
/// a pure function of (data set, seed, split, index), in training also of the epoch.
public struct DataSet: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
        case strokes
        /// MNIST and what has its file format.
        case idx(IDXSource)
        /// One folder per class.
        case folder(FolderSource)
        /// SVHN's full numbers.
        case houseNumbers

        public static let mnist = Source.idx(.mnist)
    }

    /// The one name of this data set: fields that are as they are without a word are left out, the others stand in a fixed order,
    /// those of `portion` last, and a path is normalised. `named(set.name) == set` for every set.
    public var name: String {
        var name = wholeName
        name.fields += portion.fields
        return name.text
    }
    /// Which of the recorded images are taken.
    public private(set) var portion = DataPortion()
    private let wholeName: DataSetName
    public let source: Source
    public let perturbation: Perturbation
    /// Height and width of the image that is drawn, the recorded one in its middle; nil: of the recorded one.
    public let canvas: Int?
    public let clutter: Clutter?
    /// Applied to every drawn image.
    public let normalisation: Normalisation
    /// One line for a listing.
    public let summary: String
    /// What random streams are named after.
    private let streamName: String

    init(
        _ name: DataSetName, _ source: Source, _ perturbation: Perturbation = .none, canvas: Int? = nil, clutter: Clutter? = nil,
        normalisation: Normalisation, summary: String, streamName: String? = nil
    ) {
        wholeName = name
        self.source = source
        self.perturbation = perturbation
        self.canvas = canvas
        self.clutter = clutter
        self.normalisation = normalisation
        self.summary = summary
        self.streamName = streamName ?? name.base
    }

    init(
        _ name: String, _ source: Source, _ perturbation: Perturbation = .none, canvas: Int? = nil, clutter: Clutter? = nil,
        normalisation: Normalisation, summary: String
    ) {
        self.init(
            DataSetName(base: name), source, perturbation, canvas: canvas, clutter: clutter, normalisation: normalisation, summary: summary)
    }

    /// The data set of that name, or the one that `folder:PATH?size=64&color=grey` (see `FolderSource`) or `idx:PATH` (see
    /// `IDXSource`) describes. Any of them with `limit=512` or another field of
    /// `DataPortion` among its fields is a part of it.
    ///
    /// A relative path is looked up from the working directory, and is part of the name as it is: one name may so lead to other images
    /// elsewhere. What images a result was measured on is said by their fingerprint, never by the name.
    ///
    /// - Throws: `HostError` if there is no such data set, suggesting the nearest, or naming the field that is wrong.
    public static func named(_ name: String) throws -> DataSet {
        var parts = try DataSetName(name)
        let portion = try DataPortion(taking: &parts, from: name)
        return try whole(parts).taking(portion)
    }

    private func taking(_ portion: DataPortion) -> DataSet {
        var part = self
        part.portion = portion
        return part
    }

    private static func whole(_ name: DataSetName) throws -> DataSet {
        if name.base.hasPrefix(FolderName.prefix) { return try FolderName(name).dataSet }
        if name.base.hasPrefix(IDXName.prefix) { return try IDXName(name).dataSet }
        if let found = all.first(where: { $0.name == name.base }) ?? all.map(\.upright).first(where: { $0.name == name.base }) {
            return try found.varied(by: name)
        }
        let names = all.map(\.name)
        let hint = nearest(to: name.base, in: names).map { "no such data set (did you mean \($0)?)" } ?? "no such data set"
        throw HostError(
            .usage, file: name.text, field: "data set",
            expected: names.joined(separator: ", ") + ", \(FolderName.prefix)PATH, \(IDXName.prefix)PATH", found: hint)
    }

    /// The same set with its images transposed or rotated, where it can be: IDX files only.
    private func varied(by name: DataSetName) throws -> DataSet {
        guard !name.fields.isEmpty else { return self }
        var (images, rotation, isTransposed) = (source, 0.0, false)
        for given in name.fields {
            let field = DataSetField(file: name.text, name: given.name, value: given.value)
            switch (field.name, source) {
            case ("transpose", .idx(var files)):
                isTransposed = try field.flag()
                files.isTransposed = isTransposed
                images = .idx(files)
            case ("rotate", .idx) where perturbation == .none && canvas == nil: rotation = try field.number(0...180)
            case (_, .idx):
                throw field.unknown((perturbation == .none && canvas == nil ? ["rotate"] : []) + ["transpose"] + DataPortion.fields)
            default: throw field.unknown(DataPortion.fields)
            }
        }
        let fields = [("rotate", "\(rotation)", rotation != 0), ("transpose", "true", isTransposed)].filter(\.2)
        return DataSet(
            DataSetName(base: name.base, fields: fields.map { .init(name: $0.0, value: $0.1) }), images,
            rotation == 0 ? perturbation : .rotation(degrees: rotation), canvas: canvas, clutter: clutter, normalisation: normalisation,
            summary: summary, streamName: streamName)
    }

    /// The same images on the same canvas with the same normalisation, neither transformed nor cluttered: the baseline.
    public var upright: DataSet {
        if portion != DataPortion() { return taking(DataPortion()).upright.taking(portion) }
        if perturbation == .none, clutter == nil { return self }
        if case .folder(let folder) = source, wholeName.base.hasPrefix(FolderName.prefix) {
            return FolderName(folder, rotation: 0, normalisation: normalisation).dataSet
        }
        if !wholeName.fields.isEmpty || wholeName.base.hasPrefix(IDXName.prefix) {
            var name = wholeName
            _ = name.take("rotate")
            let fields = name.fields
            let plain = (try? Self.whole(DataSetName(base: name.base)))?.upright
            return plain.flatMap { try? Self.whole(DataSetName(base: $0.name, fields: fields)) } ?? self
        }
        let plain = Self.all.first {
            $0.source == source && $0.perturbation == .none && $0.clutter == nil && $0.canvas == canvas && $0.normalisation == normalisation
        }
        return plain
            ?? DataSet(
                name + "-upright", source, canvas: canvas, normalisation: normalisation, summary: "\(summary): as recorded, in the middle")
    }

    // MARK: Shapes

    /// C×H×W of the recorded images, as far as it is known before they are read.
    public var sourceShape: ImageShape {
        switch source {
        case .strokes: ImageShape(1, StrokeDigits.side, StrokeDigits.side)
        case .idx: ImageShape(1, 28, 28)
        case .folder(let folder): ImageShape(folder.channels, folder.size, folder.size)
        case .houseNumbers: ImageShape(3, HouseNumbers.side, HouseNumbers.side)
        }
    }

    /// C×H×W of what a network sees.
    public var shape: ImageShape { shape(of: sourceShape) }

    /// C×H×W of what a network sees of these images, which may differ from the usual size: any data in MNIST's file format.
    public func shape(of images: ImageSet) -> ImageShape { shape(of: ImageShape(images.channels, images.height, images.width)) }

    private func shape(of source: ImageShape) -> ImageShape {
        canvas.map { ImageShape(source.channels, $0, $0) } ?? source
    }

    /// How many things are read from one image, each among `ImageSet.classes`.
    public var heads: Int { source == .houseNumbers ? HouseNumbers.heads : 1 }

    // MARK: Images

    /// The images as recorded, upright: what is done to them is in `theta`.
    ///
    /// - Parameter directory: where data are kept (the environment's `ZOO_DATA` if nil); drawn digits need none.
    /// - Throws: `HostError`.
    public func load(_ split: Split, from directory: String? = nil) throws -> ImageSet {
        if source == .strokes, portion.isLimit, let limit = portion.limit, clutter == nil || split == .test {
            var images = try StrokeDigits().spread(split, limit)
            if clutter != nil { images.clutterPool = ClutterPool(try StrokeDigits().imageSet(.train, count: ClutterPool.limit)) }
            return images
        }
        var whole = try read(portion.recorded(split), from: directory)
        // Of the same images in both splits, whatever the portion.
        if clutter != nil {
            whole.clutterPool =
                switch (portion.recorded(split), source) {
                case (.train, _): ClutterPool(whole)
                case (.test, .strokes): ClutterPool(try StrokeDigits().imageSet(.train, count: ClutterPool.limit))
                case (.test, _): ClutterPool(try read(.train, from: directory))
                }
        }
        return try portion.take(split, of: whole)
    }

    /// What there is of it, in one line. Image files are counted, not decoded.
    ///
    /// - Throws: `HostError` if it is not there or not what it should be.
    public func survey(in directory: String? = nil) throws -> String {
        switch source {
        case .strokes: return "drawn by the program itself"
        case .idx(let files):
            let sets = try Split.allCases.map { ($0, try files.imageSet($0, name: name, in: directory)) }
            return (sets.map { "\($1.count) \($0.rawValue) images" } + sets.flatMap(\.1.warnings)).joined(separator: ", ")
        case .folder(let folder):
            let found = try folder.open(in: directory)
            return (["\(found.files.count) images in \(found.classes.count) classes"] + found.warnings).joined(separator: ", ")
        case .houseNumbers:
            return try Split.allCases.map { "\(try HouseNumbers.count($0, in: directory)) \($0.rawValue) numbers" }.joined(separator: ", ")
        }
    }

    /// How to come by it where it is missing; nil if it needs no files.
    public var advice: String? {
        let directory = "in a directory, and name that with --data-dir or \(DataDirectory.environmentVariable)"
        switch source {
        case .strokes: return nil
        case .idx(let files):
            switch files.place {
            case .family(let family):
                let folder = family.isFoundByItself ? "" : "in a folder \(family.folders[0]) "
                return "put \(family.contents) (plain or .gz) \(folder)\(directory)"
            case .path(let path): return "put IDX files of images and labels into \(path)"
            }
        case .folder(let folder):
            return folder.isInDataDirectory ? "put \(folder.path) \(directory)" : "put one folder of images per class into \(folder.path)"
        case .houseNumbers: return "put svhn/train and svhn/test (PNG files and digitStruct.json or .csv) \(directory)"
        }
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

    private func read(_ split: Split, from directory: String?) throws -> ImageSet {
        switch source {
        case .strokes: try StrokeDigits().imageSet(split)
        case .idx(let files): try files.imageSet(split, name: name, in: directory)
        case .folder(let folder): try folder.imageSet(split, name: name, in: directory)
        case .houseNumbers: try HouseNumbers.imageSet(split, in: directory)
        }
    }

    // MARK: What is done to one image

    /// The stream that decides what happens to one image: of (data set, seed, split, index), for training images also of the
    /// epoch, so that a network sees every image in a new pose, and every network sees the same test images.
    public func stream(split: Split, seed: UInt64, epoch: Int, index: Int) -> RandomStream {
        RandomStream(
            seed: seed, "\(streamName)/\(split.rawValue)", split == .train ? UInt64(bitPattern: Int64(epoch)) : 0,
            UInt64(bitPattern: Int64(index)))
    }

    /// The pose of one image: the sampling matrix from the drawn canvas to the upright one, 2×3 or 3×3 row-major; see
    /// `Perturbation.theta`.
    public func theta(split: Split, seed: UInt64, epoch: Int, index: Int, aspect: Double = 1) -> [Double] {
        perturbation.theta(stream(split: split, seed: seed, epoch: epoch, index: index), aspect: aspect, width: shape.width)
    }

    /// The angle that `theta` turns the image by, in degrees, anticlockwise.
    public func angle(split: Split, seed: UInt64, epoch: Int, index: Int) -> Double {
        perturbation.angle(stream(split: split, seed: seed, epoch: epoch, index: index))
    }

    /// The images 0 ..< `count` in the order in which an epoch of training takes them.
    public func order(seed: UInt64, epoch: Int, count: Int) -> [Int] {
        RandomStream(seed: seed, "\(streamName)/order", UInt64(bitPattern: Int64(epoch))).permutation(count)
    }
}
