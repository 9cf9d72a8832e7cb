import ZooCore

/// Pieces of other digits strewn over an image, as in the cluttered MNIST of [JSZK15, arXiv:1506.02025] and [FJL20,
/// arXiv:2004.11678].
///
/// Each piece is a square crop of a random training image from a random place in it, scaled to a random side, put at a random
/// place of the canvas, and added; sums are clamped to 1. Everything is drawn from the image's own stream.
public struct Clutter: Sendable, Hashable {
    /// Pieces per image.
    public let count: Int
    /// Side of a crop in pixels.
    public let crop: Int
    /// Sides that it is scaled to, each as likely.
    public let sides: ClosedRange<Int>

    public init(count: Int, crop: Int, sides: ClosedRange<Int>) {
        self.count = count
        self.crop = crop
        self.sides = sides
    }

    /// One piece of one image.
    struct Piece: Equatable {
        /// Index of the training image it is taken from.
        let source: Int
        /// Upper left corner of the crop.
        let left, top: Int
        /// The place on the canvas.
        let side, x, y: Int
    }

    /// The pieces of one image.
    ///
    /// - Parameter excluding: the training image that the canvas shows, of which no piece is taken.
    func pieces(_ stream: RandomStream, pool: ClutterPool, excluding: Int?, canvas: (height: Int, width: Int)) -> [Piece] {
        var sequence = stream.appending(1).sequence()
        let skipped = excluding.flatMap { $0 < pool.count && pool.count > 1 ? $0 : nil }
        return (0..<count).map { _ in
            var source = sequence.integer(below: pool.count - (skipped == nil ? 0 : 1))
            if let skipped, source >= skipped { source += 1 }
            let left = sequence.integer(below: pool.width - crop + 1)
            let top = sequence.integer(below: pool.height - crop + 1)
            let side = min(sides.lowerBound + sequence.integer(below: sides.count), canvas.height, canvas.width)
            return Piece(
                source: source, left: left, top: top, side: side, x: sequence.integer(below: canvas.width - side + 1),
                y: sequence.integer(below: canvas.height - side + 1))
        }
    }

    /// Adds pieces to a canvas of C×H×W bytes, clamping to 255. A crop that keeps its side is copied exactly; one that does not
    /// is resampled bilinearly about pixel centres, rounded to bytes.
    func draw(
        _ pieces: [Piece], from pool: ClutterPool, onto canvas: inout [UInt8], at offset: Int, height: Int, width: Int
    ) {
        for piece in pieces {
            let taps = Self.taps(crop: crop, side: piece.side)
            for channel in 0..<pool.channels {
                let base = (piece.source * pool.channels + channel) * pool.height * pool.width + piece.top * pool.width + piece.left
                for (y, vertical) in taps.enumerated() {
                    let row = offset + (channel * height + piece.y + y) * width + piece.x
                    for (x, horizontal) in taps.enumerated() {
                        let upper = base + vertical.first * pool.width
                        let lower = base + vertical.second * pool.width
                        let above = Self.mix(pool.pixels[upper + horizontal.first], pool.pixels[upper + horizontal.second], horizontal)
                        let below = Self.mix(pool.pixels[lower + horizontal.first], pool.pixels[lower + horizontal.second], horizontal)
                        let value = above + (below - above) * vertical.weight
                        canvas[row + x] = UInt8(min(255, Int(canvas[row + x]) + Int(value.rounded())))
                    }
                }
            }
        }
    }

    private typealias Tap = (first: Int, second: Int, weight: Double)

    /// Which two pixels of the crop each pixel of the scaled side lies between, and how near the second one.
    private static func taps(crop: Int, side: Int) -> [Tap] {
        (0..<side).map { index in
            let place = min(max(0, (Double(index) + 0.5) * Double(crop) / Double(side) - 0.5), Double(crop - 1))
            let first = Int(place)
            return (first, min(first + 1, crop - 1), place - Double(first))
        }
    }

    private static func mix(_ first: UInt8, _ second: UInt8, _ tap: Tap) -> Double {
        Double(first) + (Double(second) - Double(first)) * tap.weight
    }
}
