import Dispatch
import Foundation
import ZooCore

/// Handwritten-looking digits drawn by rule: the data set that the zoo carries with itself.
///
///     let test = try StrokeDigits().imageSet(.test)     // 5,000 images of 1×28×28
///
/// Every image is a pure function of (seed, split, index). A digit is written in one of several styles
/// (`StrokeSkeleton`): its control points are jittered, joined by splines, bent by a smooth random field, squeezed,
/// slanted, turned by at most 12°, fitted into a box of about 20×20 pixels that is centred by mass, as MNIST's digits
/// are, and drawn with a pen of varying pressure, white on black, anti-aliased by the distance to the stroke.
///
/// Labels come in blocks of ten, each holding every digit once in random order, so any whole number of blocks is
/// balanced.
public struct StrokeDigits: Sendable, Hashable {
    /// The side of an image in pixels.
    public static let side = 28

    public let seed: UInt64

    /// - Parameter seed: which hand-writing. The data set is the one of seed 0.
    public init(seed: UInt64 = 0) { self.seed = seed }

    /// How many images a split has: 20,000 to train on, 5,000 to test on.
    public static func defaultCount(_ split: Split) -> Int { split == .train ? 20_000 : 5_000 }

    /// The digit that image `index` shows.
    public func label(_ split: Split, _ index: Int) -> UInt8 {
        let (block, place) = index.quotientAndRemainder(dividingBy: 10)
        // A Fisher–Yates shuffle of ten nibbles, without an array per image.
        var order: UInt64 = 0x98_7654_3210
        var sequence = RandomStream(seed: seed, "strokes/\(split.rawValue)/labels", UInt64(bitPattern: Int64(block))).sequence()
        for last in stride(from: 9, to: 0, by: -1) {
            let other = sequence.integer(below: last + 1)
            let difference = ((order >> (4 * last)) ^ (order >> (4 * other))) & 15
            if other != last { order ^= (difference << (4 * last)) | (difference << (4 * other)) }
        }
        return UInt8((order >> (4 * abs(place))) & 15)
    }

    /// One image, 28×28 bytes, row-major.
    public func image(_ split: Split, _ index: Int) -> [UInt8] {
        var pixels = [UInt8](repeating: 0, count: Self.side * Self.side)
        var pen = Pen()
        pixels.withUnsafeMutableBufferPointer { draw(split, index, with: &pen, into: $0) }
        return pixels
    }

    /// The first `count` images of a split (the default number if nil), drawn on all cores. How many there are makes no
    /// difference to the result.
    ///
    /// - Throws: `HostError` if `count` is negative or above ten million.
    public func imageSet(_ split: Split, count: Int? = nil) throws -> ImageSet {
        let count = count ?? Self.defaultCount(split)
        guard (0...10_000_000).contains(count) else {
            throw HostError(.data, file: "strokes", field: "count", expected: "0 to 10000000 images", found: "\(count)")
        }
        return try imageSet(split, Array(0..<count))
    }

    /// What `ImageSet.spread` takes of a split, drawn without the others.
    func spread(_ split: Split, _ count: Int) throws -> ImageSet {
        let whole = Self.defaultCount(split)
        guard count < whole else { return try imageSet(split) }
        let chosen = ImageSet.spreadIndices(count, of: (0..<whole).map { label(split, $0) })
        return try imageSet(split, chosen).placed(at: chosen)
    }

    private func imageSet(_ split: Split, _ indices: [Int]) throws -> ImageSet {
        let size = Self.side * Self.side
        let chunk = 250
        let count = indices.count
        let pixels = [UInt8](unsafeUninitializedCapacity: count * size) { buffer, filled in
            let shared = SharedBuffer(buffer)
            DispatchQueue.concurrentPerform(iterations: (count + chunk - 1) / chunk) { number in
                var pen = Pen()
                for place in number * chunk..<min(count, (number + 1) * chunk) {
                    draw(split, indices[place], with: &pen, into: shared.slice(place * size, size))
                }
            }
            filled = count * size
        }
        return try ImageSet(
            name: "strokes", pixels: pixels, labels: indices.map { label(split, $0) }, channels: 1, height: Self.side, width: Self.side,
            classes: digitClasses, verified: true)
    }

    private func draw(_ split: Split, _ index: Int, with pen: inout Pen, into pixels: UnsafeMutableBufferPointer<UInt8>) {
        let styles = StrokeSkeleton.styles[Int(label(split, index))]
        var random = RandomStream(seed: seed, "strokes/\(split.rawValue)", UInt64(bitPattern: Int64(index))).sequence()
        var choice = random.uniform(0, styles.reduce(0) { $0 + $1.weight })
        var style = styles[0]
        for candidate in styles {
            style = candidate
            choice -= candidate.weight
            if choice < 0 { break }
        }
        pen.write(style, with: &random)
        pen.fit(with: &random)
        pen.ink(into: pixels, with: &random)
    }
}
