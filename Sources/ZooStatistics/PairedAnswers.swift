/// Which images two entries get wrong, seed by seed, as bits: for tests of very many pairs of entries.
///
/// With d = 1 where only the first is wrong, −1 where only the second is and else 0, all that an analysis of variance needs of d are
/// counts of bits, so that neither the table of d nor anything else is rounded.
struct PairedAnswers {
    /// An entry's wrong answers: for each seed one bit per image, and for each image how many seeds are wrong.
    ///
    /// A class, as each is a partner of a thousand others.
    final class Bits: Sendable {
        let seeds: [UInt64]
        let images: Int
        /// Those of all seeds, one after the other.
        fileprivate let words: [UInt64]
        fileprivate let wrong: [Int]
        fileprivate let allWrong: Int
        fileprivate let counts: [Int16]

        convenience init(_ entry: EntrySamples) {
            self.init(
                seeds: entry.seeds, images: entry.images,
                words: entry.runs.map { run in
                    var words = [UInt64](repeating: 0, count: (run.correct.count + 63) / 64)
                    for (image, isRight) in run.correct.enumerated() where !isRight { words[image / 64] |= 1 << UInt64(image % 64) }
                    return words
                })
        }

        private init(seeds: [UInt64], images: Int, words: [[UInt64]]) {
            (self.seeds, self.images, self.words) = (seeds, images, words.flatMap(\.self))
            wrong = words.map { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
            allWrong = wrong.reduce(0, +)
            counts = (0..<images).map { image in
                words.reduce(0) { $0 + Int16(truncatingIfNeeded: $1[image / 64] >> UInt64(image % 64) & 1) }
            }
        }

        fileprivate func only(_ others: [UInt64]) -> Bits {
            let size = words.count / seeds.count
            let rows = seeds.indices.filter { others.contains(seeds[$0]) }
            return Bits(seeds: rows.map { seeds[$0] }, images: images, words: rows.map { Array(words[$0 * size..<($0 + 1) * size]) })
        }
    }

    let seeds, images: Int
    /// Over all seeds: images that only the first gets right, only the second.
    let onlyFirst, onlySecond: Int
    /// Σ of d over everything, and Σ over seeds of (Σ of d over images)².
    let total, seedSquares: Int
    /// Σ over images of (Σ of d over seeds)².
    let imageSquares: Int

    /// - Parameters: with the same number of images.
    init(_ first: Bits, _ second: Bits) {
        var (a, b) = (first, second)
        if a.seeds != b.seeds { (a, b) = (a.only(second.seeds), b.only(first.seeds)) }
        (seeds, images) = (a.seeds.count, a.images)
        (total, seedSquares) = (a.allWrong - b.allWrong, Self.squares(a.wrong, b.wrong))
        let both = Self.both(a.words, b.words)
        onlyFirst = b.allWrong - both
        onlySecond = a.allWrong - both
        imageSquares = Self.squares(a.counts, b.counts)
    }

    /// Bits that are set in both.
    private static func both(_ a: [UInt64], _ b: [UInt64]) -> Int {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                var sum = 0
                for index in a.indices { sum &+= (a[index] & b[index]).nonzeroBitCount }
                return sum
            }
        }
    }

    /// Σ (a − b)², of numbers of images.
    private static func squares(_ a: [Int], _ b: [Int]) -> Int {
        var sum = 0
        for index in a.indices { sum += (a[index] - b[index]) * (a[index] - b[index]) }
        return sum
    }

    /// Σ (a − b)², of numbers of seeds.
    private static func squares(_ a: [Int16], _ b: [Int16]) -> Int {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                var sum = 0
                // Sums of a few products are narrow, so that the compiler makes several at once.
                for start in stride(from: 0, to: a.count, by: 256) {
                    var part: Int32 = 0
                    for index in start..<min(start + 256, a.count) {
                        let difference = Int32(a[index] &- b[index])
                        part &+= difference &* difference
                    }
                    sum &+= Int(part)
                }
                return sum
            }
        }
    }
}

extension PairedAnswers {
    /// The p-value of a `Comparison`.
    var p: Double { seeds > 1 ? squares?.p ?? 1 : McNemar(onlyFirst: onlyFirst, onlySecond: onlySecond).p }

    /// Those of the table of d; nil for fewer than two seeds or two images.
    var squares: CrossedSquares? {
        guard seeds > 1, images > 1 else { return nil }
        let (s, n) = (Double(seeds), Double(images))
        // Sums of squares times S·N, all of them whole numbers.
        let seedPart = seeds * seedSquares - total * total
        let imagePart = images * imageSquares - total * total
        let rest = seeds * images * (onlyFirst + onlySecond) - seeds * seedSquares - images * imageSquares + total * total
        return CrossedSquares(
            mean: Double(total) / (s * n), seeds: s, images: n, seedSquares: Double(seedPart) / (s * n) / (s - 1),
            imageSquares: Double(imagePart) / (s * n) / (n - 1), rest: Double(rest) / (s * n) / ((s - 1) * (n - 1)))
    }
}
