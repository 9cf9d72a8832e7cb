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
        case strokes, mnist
        /// One folder per class.
        case folder(FolderSource)
        /// SVHN's full numbers.
        case houseNumbers
    }

    /// With `?limit=…` at its end where there is a limit.
    public var name: String { limit.map { "\(wholeName)\(wholeName.contains("?") ? "&" : "?")limit=\($0)" } ?? wholeName }
    /// At most so many images of each split, spread evenly over it (of drawn digits the first); nil for all.
    public private(set) var limit: Int?
    private let wholeName: String
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
        _ name: String, _ source: Source, _ perturbation: Perturbation = .none, canvas: Int? = nil, clutter: Clutter? = nil,
        normalisation: Normalisation, summary: String,
        streamName: String? = nil
    ) {
        wholeName = name
        self.source = source
        self.perturbation = perturbation
        self.canvas = canvas
        self.clutter = clutter
        self.normalisation = normalisation
        self.summary = summary
        self.streamName = streamName ?? name
    }

    /// All of them, in the order of a listing. Each that transforms its images has a namesake ending in "-upright" besides.
    public static let all =
        digits("strokes", .strokes, "drawn digits", StrokeDigits.normalisation, Protocols.strokes)
        + digits("mnist", .mnist, "MNIST", MNIST.normalisation, Protocols.mnist)
        + photographs

    /// The data set of that name, or the one that `folder:PATH?size=64&color=grey` describes (see `FolderSource`; the fields are
    /// size, color, resize, split, test, invert, background, skip-bad, rotate, mean, std). Any of them with `?limit=512`
    /// (`&limit=512` after other fields) is a part of it.
    ///
    /// - Throws: `HostError` if there is no such data set, suggesting the nearest, or naming the field that is wrong.
    public static func named(_ name: String) throws -> DataSet {
        guard let mark = name.range(of: "[?&]limit=[^&]*$", options: .regularExpression) else { return try whole(named: name) }
        let value = name[mark].dropFirst("?limit=".count)
        guard let limit = Int(value), limit > 0 else {
            throw HostError(.usage, file: name, field: "limit", expected: "a positive number of images", found: "'\(value)'")
        }
        return try whole(named: String(name[..<mark.lowerBound])).limited(to: limit)
    }

    private func limited(to limit: Int?) -> DataSet {
        var part = self
        part.limit = limit
        return part
    }

    private static func whole(named name: String) throws -> DataSet {
        if name.hasPrefix(FolderName.prefix) { return try FolderName(name).dataSet }
        if let found = all.first(where: { $0.name == name }) ?? all.map(\.upright).first(where: { $0.name == name }) { return found }
        let names = all.map(\.name)
        let hint = nearest(to: name, in: names).map { "no such data set (did you mean \($0)?)" } ?? "no such data set"
        throw HostError(.usage, file: name, field: "data set", expected: names.joined(separator: ", ") + ", folder:PATH", found: hint)
    }

    /// The same images on the same canvas with the same normalisation, neither transformed nor cluttered: the baseline.
    public var upright: DataSet {
        if limit != nil { return limited(to: nil).upright.limited(to: limit) }
        if perturbation == .none, clutter == nil { return self }
        if case .folder(let folder) = source, name.hasPrefix(FolderName.prefix) {
            return FolderName(folder, rotation: 0, normalisation: normalisation).dataSet
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
        case .mnist: ImageShape(1, 28, 28)
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
        let whole = try read(split, count: limit, from: directory)
        var images = try limit.map(whole.spread) ?? whole
        // Of the same images in both splits, whatever the limit.
        if clutter != nil {
            let isPool = split == .train && limit == nil
            images.clutterPool = ClutterPool(isPool ? whole : try read(.train, count: ClutterPool.limit, from: directory))
        }
        return images
    }

    /// What there is of it, in one line. Image files are counted, not decoded.
    ///
    /// - Throws: `HostError` if it is not there or not what it should be.
    public func survey(in directory: String? = nil) throws -> String {
        switch source {
        case .strokes: return "drawn by the program itself"
        case .mnist:
            let sets = try Split.allCases.map { ($0, try MNIST.imageSet($0, in: directory)) }
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
        let directory = "in a directory, and name that with --data-dir or \(MNIST.environmentVariable)"
        switch source {
        case .strokes: return nil
        case .mnist: return "put MNIST's four IDX files (plain or .gz) \(directory)"
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

    /// - Parameter count: how many images are wanted, where fewer are cheaper.
    private func read(_ split: Split, count: Int?, from directory: String?) throws -> ImageSet {
        switch source {
        case .strokes: try StrokeDigits().imageSet(split, count: count.map { min($0, StrokeDigits.defaultCount(split)) })
        case .mnist: try MNIST.imageSet(split, in: directory)
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

// MARK: The protocols

/// Mean and deviation of what the protocols draw.
private struct Protocols {
    let translated, scaled: Normalisation

    /// The figures of the authors' code and paper [FJL20].
    static let mnist = Protocols(
        translated: Normalisation(mean: 0.0363, std: 0.1870), scaled: Normalisation(mean: 0.0414, std: 0.1751))
    /// Measured over one epoch of the default training set (see the tests).
    static let strokes = Protocols(
        translated: Normalisation(mean: 0.0358, std: 0.1679), scaled: Normalisation(mean: 0.0377, std: 0.1649))
}

extension DataSet {
    /// The protocols of [FJL20, arXiv:2004.11678] (MNIST-R, MNIST-T, MNIST-S) and of [LL17, arXiv:1612.03897] (perturbed) over
    /// one set of 28×28 digits.
    private static func digits(
        _ name: String, _ source: Source, _ title: String, _ normalisation: Normalisation, _ drawn: Protocols
    ) -> [DataSet] {
        [
            DataSet(name, source, normalisation: normalisation, summary: "\(title), upright"),
            DataSet(
                "\(name)-rotated", source, .rotation(degrees: 90), normalisation: normalisation, summary: "\(title), rotated within ±90°"),
            DataSet(
                "\(name)-translated", source, .translation(pixels: 16), canvas: 60, clutter: Clutter(count: 6, crop: 6, sides: 6...6),
                normalisation: drawn.translated, summary: "\(title), moved within ±16 pixels of 60×60, cluttered"),
            DataSet(
                "\(name)-scaled", source, .scaling(exponents: -1...2), canvas: 112, clutter: Clutter(count: 6, crop: 6, sides: 2...18),
                normalisation: drawn.scaled, summary: "\(title), scaled by 1/2 to 4 on 112×112, cluttered"),
            DataSet(
                "\(name)-perturbed", source, .homography(corner: 0.25, shift: 0.25), normalisation: .none,
                summary: "\(title), warped by homographies"),
        ]
    }

    /// Sets of photographs.
    private static let photographs: [DataSet] = {
        var plankton = FolderSource(path: "plankton/plankton_ndsb_train.tar")
        plankton.isInDataDirectory = true
        // On white, in the files; and what a rotation brings in from outside is black.
        plankton.isInverted = true
        var digits = FolderSource(path: "svhn/svhn_cropped_test_first10000.tar")
        digits.isInDataDirectory = true
        digits.size = 32
        digits.color = .rgb
        digits.resize = .stretch
        // Neighbours often come from one photograph.
        digits.split = .order
        return [
            DataSet("plankton", .folder(plankton), normalisation: planktonNormalisation, summary: "PlanktonSet, 121 classes, 64×64"),
            DataSet(
                "plankton-rotated", .folder(plankton), .rotation(degrees: 180), normalisation: planktonNormalisation,
                summary: "PlanktonSet, 121 classes, 64×64, rotated at random"),
            DataSet(
                "svhn-digits", .folder(digits), normalisation: svhnDigitsNormalisation, summary: "SVHN, single digits, 32×32 in colour"),
            DataSet(
                "svhn", .houseNumbers, normalisation: HouseNumbers.normalisation, summary: "SVHN, house numbers of up to five digits, 64×64"
            ),
        ]
    }()

    /// Measured over the training split (see the tests).
    private static let planktonNormalisation = Normalisation(mean: 0.0455, std: 0.1427)
    private static let svhnDigitsNormalisation = Normalisation(
        channels: [(0.4537, 0.2201), (0.4543, 0.2270), (0.4714, 0.2287)])
}
