/// Which images two entries get wrong, seed by seed, as bits: for tests of very many pairs of entries.
///
/// With d = 1 where only the first is wrong, −1 where only the second is and else 0, all that an analysis of variance needs of d are
/// counts of bits, so that neither the table of d nor anything else is rounded.
struct PairedAnswers {
    /// An entry's wrong answers: for each seed one bit per image, and for each image how many seeds are wrong.
    struct Bits {
        let seeds: [UInt64]
        let images: Int
        fileprivate let words: [[UInt64]]
        fileprivate let wrong: [Int]
        fileprivate let counts: [Int32]

        init(_ entry: EntrySamples) {
            self.init(
                seeds: entry.seeds, images: entry.images,
                words: entry.runs.map { run in
                    var words = [UInt64](repeating: 0, count: (run.correct.count + 63) / 64)
                    for (image, isRight) in run.correct.enumerated() where !isRight { words[image / 64] |= 1 << UInt64(image % 64) }
                    return words
                })
        }

        private init(seeds: [UInt64], images: Int, words: [[UInt64]]) {
            (self.seeds, self.images, self.words) = (seeds, images, words)
            wrong = words.map { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
            counts = (0..<images).map { image in
                words.reduce(0) { $0 + Int32(truncatingIfNeeded: $1[image / 64] >> UInt64(image % 64) & 1) }
            }
        }

        fileprivate func only(_ others: [UInt64]) -> Bits {
            let rows = seeds.indices.filter { others.contains(seeds[$0]) }
            return Bits(seeds: rows.map { seeds[$0] }, images: images, words: rows.map { words[$0] })
        }
    }

    let seeds, images: Int
    /// Over all seeds: images that only the first gets right, only the second.
    let onlyFirst, onlySecond: Int
    /// Σ of d over the images of each seed.
    let seedSums: [Int]
    /// Σ over images of (Σ of d over seeds)².
    let imageSquares: Int

    /// - Parameters: with the same number of images.
    init(_ first: Bits, _ second: Bits) {
        var (a, b) = (first, second)
        if a.seeds != b.seeds { (a, b) = (a.only(second.seeds), b.only(first.seeds)) }
        (seeds, images) = (a.seeds.count, a.images)
        seedSums = zip(a.wrong, b.wrong).map { $0 - $1 }
        let both = zip(a.words, b.words).reduce(0) { $0 + Self.both($1.0, $1.1) }
        onlyFirst = b.wrong.reduce(0, +) - both
        onlySecond = a.wrong.reduce(0, +) - both
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

    /// Σ (a − b)².
    private static func squares(_ a: [Int32], _ b: [Int32]) -> Int {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                var sum = 0
                for index in a.indices {
                    let difference = a[index] &- b[index]
                    sum &+= Int(difference &* difference)
                }
                return sum
            }
        }
    }
}

extension PairedAnswers {
    /// Those of the table of d; nil for fewer than two seeds or two images.
    var squares: CrossedSquares? {
        guard seeds > 1, images > 1 else { return nil }
        let (s, n) = (Double(seeds), Double(images))
        let total = seedSums.reduce(0, +)
        let ofSeeds = seedSums.reduce(0) { $0 + $1 * $1 }
        // Sums of squares times S·N, all of them whole numbers.
        let seedPart = seeds * ofSeeds - total * total
        let imagePart = images * imageSquares - total * total
        let rest = seeds * images * (onlyFirst + onlySecond) - seeds * ofSeeds - images * imageSquares + total * total
        return CrossedSquares(
            mean: Double(total) / (s * n), seeds: s, images: n, seedSquares: Double(seedPart) / (s * n) / (s - 1),
            imageSquares: Double(imagePart) / (s * n) / (n - 1), rest: Double(rest) / (s * n) / ((s - 1) * (n - 1)))
    }
}
