import Foundation
import ZooHost

/// What is done to an image before anyone sees it.
public enum Perturbation: Sendable, Hashable {
    /// Nothing: upright.
    case none
    /// A rotation about the centre, uniform in ± this many degrees; bilinear, 0 outside.
    case rotation(degrees: Double)

    /// The sampling matrix of one draw, 2×3 row-major: output to input coordinates, [-1, 1] from edge to edge with x to the
    /// right and y down, align_corners = false. A positive angle turns the picture anticlockwise.
    ///
    /// - Parameter aspect: height / width of the image in pixels, for a rotation has to be one in pixels.
    public func theta(_ stream: RandomStream, aspect: Double = 1) -> [Double] {
        switch self {
        case .none: Self.identity
        case .rotation: Self.rotation(degrees: angle(stream), aspect: aspect)
        }
    }

    /// The angle of one draw in degrees, anticlockwise; 0 where nothing turns.
    public func angle(_ stream: RandomStream) -> Double {
        switch self {
        case .none: 0
        case .rotation(let degrees): degrees * (2 * stream.uniform(at: 0) - 1)
        }
    }

    public static let identity: [Double] = [1, 0, 0, 0, 1, 0]

    /// The sampling matrix that turns the picture by `degrees` anticlockwise. Exact for multiples of 90°.
    public static func rotation(degrees: Double, aspect: Double = 1) -> [Double] {
        let (sine, cosine): (Double, Double) =
            switch degrees.truncatingRemainder(dividingBy: 360) {
            case 0: (0, 1)
            case 90, -270: (1, 0)
            case 180, -180: (0, -1)
            case 270, -90: (-1, 0)
            case let angle: (sin(angle * .pi / 180), cos(angle * .pi / 180))
            }
        return [cosine, -sine * aspect, 0, sine / aspect, cosine, 0]
    }
}

/// A data set that the zoo knows by name: where its images come from and what is done to them.
///
///     let data = try DataSet.named("strokes-rotated")
///     let images = try data.load(.test)                                   // as recorded, upright
///     data.theta(split: .test, seed: 0, epoch: 0, index: 7)               // how image 7 is turned
///     data.upright.theta(split: .test, seed: 0, epoch: 0, index: 7)       // the same image, not turned
public struct DataSet: Sendable, Hashable {
    public enum Source: String, Sendable, Hashable, CaseIterable {
        case strokes, mnist
    }

    public let name: String
    public let source: Source
    public let perturbation: Perturbation
    /// One line for a listing.
    public let summary: String

    /// Measured on the source's upright training images.
    public var normalisation: Normalisation { source == .strokes ? StrokeDigits.normalisation : MNIST.normalisation }

    /// All of them, in the order of a listing.
    public static let all = [
        DataSet(name: "strokes", source: .strokes, perturbation: .none, summary: "drawn digits, upright"),
        DataSet(
            name: "strokes-rotated", source: .strokes, perturbation: .rotation(degrees: 90), summary: "drawn digits, rotated within ±90°"),
        DataSet(name: "mnist", source: .mnist, perturbation: .none, summary: "MNIST, upright"),
        // MNIST-R of [FJL20, arXiv:2004.11678].
        DataSet(name: "mnist-rotated", source: .mnist, perturbation: .rotation(degrees: 90), summary: "MNIST, rotated within ±90°"),
    ]

    /// - Throws: `DataError` if there is no such data set, suggesting the nearest.
    public static func named(_ name: String) throws -> DataSet {
        if let found = all.first(where: { $0.name == name }) { return found }
        let names = all.map(\.name)
        let hint = nearest(to: name, in: names).map { "no such data set (did you mean \($0)?)" } ?? "no such data set"
        throw DataError(file: name, field: "data set", expected: names.joined(separator: ", "), found: hint)
    }

    /// The same images as they were recorded, with the same normalisation.
    public var upright: DataSet { Self.all.first { $0.source == source && $0.perturbation == .none } ?? self }

    /// The images as recorded, upright: what is done to them is in `theta`.
    ///
    /// - Parameter directory: where MNIST's files are (the environment's `ZOO_DATA` if nil); drawn digits need none.
    /// - Throws: `DataError`.
    public func load(_ split: Split, from directory: String? = nil) throws -> ImageSet {
        switch source {
        case .strokes: try StrokeDigits().imageSet(split)
        case .mnist: try MNIST.imageSet(split, in: directory)
        }
    }

    /// The stream that decides what happens to one image: of (data set, seed, split, index), for training images also of the
    /// epoch, so that a network sees every image in a new pose, and every network sees the same test images.
    public func stream(split: Split, seed: UInt64, epoch: Int, index: Int) -> RandomStream {
        RandomStream(
            seed: seed, "\(name)/\(split.rawValue)", split == .train ? UInt64(bitPattern: Int64(epoch)) : 0,
            UInt64(bitPattern: Int64(index)))
    }

    /// The sampling matrix of one image, 2×3 row-major; see `Perturbation.theta`.
    public func theta(split: Split, seed: UInt64, epoch: Int, index: Int, aspect: Double = 1) -> [Double] {
        perturbation.theta(stream(split: split, seed: seed, epoch: epoch, index: index), aspect: aspect)
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
