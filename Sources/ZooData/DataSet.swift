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
    }

    public let name: String
    public let source: Source
    public let perturbation: Perturbation
    /// Height and width of the image that is drawn, the recorded one in its middle; nil: of the recorded one.
    public let canvas: Int?
    public let clutter: Clutter?
    /// Applied to every drawn image.
    public let normalisation: Normalisation
    /// One line for a listing.
    public let summary: String

    init(
        _ name: String, _ source: Source, _ perturbation: Perturbation = .none, canvas: Int? = nil, clutter: Clutter? = nil,
        normalisation: Normalisation, summary: String
    ) {
        self.name = name
        self.source = source
        self.perturbation = perturbation
        self.canvas = canvas
        self.clutter = clutter
        self.normalisation = normalisation
        self.summary = summary
    }

    /// All of them, in the order of a listing. Each that transforms its images has a namesake ending in "-upright" besides.
    public static let all =
        digits("strokes", .strokes, "drawn digits", StrokeDigits.normalisation, Protocols.strokes)
        + digits("mnist", .mnist, "MNIST", MNIST.normalisation, Protocols.mnist)

    /// - Throws: `DataError` if there is no such data set, suggesting the nearest.
    public static func named(_ name: String) throws -> DataSet {
        if let found = all.first(where: { $0.name == name }) ?? all.map(\.upright).first(where: { $0.name == name }) { return found }
        let names = all.map(\.name)
        let hint = nearest(to: name, in: names).map { "no such data set (did you mean \($0)?)" } ?? "no such data set"
        throw DataError(file: name, field: "data set", expected: names.joined(separator: ", "), found: hint)
    }

    /// The same images on the same canvas with the same normalisation, neither transformed nor cluttered: the baseline.
    public var upright: DataSet {
        if perturbation == .none, clutter == nil { return self }
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
    public var heads: Int { 1 }

    // MARK: Images

    /// The images as recorded, upright: what is done to them is in `theta`.
    ///
    /// - Parameter directory: where data are kept (the environment's `ZOO_DATA` if nil); drawn digits need none.
    /// - Throws: `DataError`.
    public func load(_ split: Split, from directory: String? = nil) throws -> ImageSet {
        var images = try read(split, count: nil, from: directory)
        // Of the same images in both splits.
        if clutter != nil {
            images.clutterPool = ClutterPool(split == .train ? images : try read(.train, count: ClutterPool.limit, from: directory))
        }
        return images
    }

    /// - Parameter count: how many images are wanted, where fewer are cheaper.
    private func read(_ split: Split, count: Int?, from directory: String?) throws -> ImageSet {
        switch source {
        case .strokes: try StrokeDigits().imageSet(split, count: count)
        case .mnist: try MNIST.imageSet(split, in: directory)
        }
    }

    // MARK: What is done to one image

    /// The stream that decides what happens to one image: of (data set, seed, split, index), for training images also of the
    /// epoch, so that a network sees every image in a new pose, and every network sees the same test images.
    public func stream(split: Split, seed: UInt64, epoch: Int, index: Int) -> RandomStream {
        RandomStream(
            seed: seed, "\(name)/\(split.rawValue)", split == .train ? UInt64(bitPattern: Int64(epoch)) : 0,
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
        RandomStream(seed: seed, "\(name)/order", UInt64(bitPattern: Int64(epoch))).permutation(count)
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
}
