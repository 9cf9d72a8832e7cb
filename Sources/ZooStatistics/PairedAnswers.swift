/// Which images two entries get wrong, seed by seed, as bits: for tests of very many pairs of entries.
///
/// With d = 1 where only the first is wrong, −1 where only the second is and else 0, all that an analysis of variance needs of d are
/// counts of bits, so that neither the table of d nor anything else is rounded.
struct PairedAnswers {
    /// An entry's wrong answers: for each seed one bit per image.
    struct Bits {
        let seeds: [UInt64]
        let images: Int
        fileprivate let words: [[UInt64]]

        init(_ entry: EntrySamples) {
            (seeds, images) = (entry.seeds, entry.images)
            words = entry.runs.map { run in
                var words = [UInt64](repeating: 0, count: (run.correct.count + 63) / 64)
                for (image, isRight) in run.correct.enumerated() where !isRight { words[image / 64] |= 1 << UInt64(image % 64) }
                return words
            }
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
    init(_ a: Bits, _ b: Bits) {
        let common = a.seeds.filter { b.seeds.contains($0) }
        let first = common.compactMap { seed in a.seeds.firstIndex(of: seed).map { a.words[$0] } }
        let second = common.compactMap { seed in b.seeds.firstIndex(of: seed).map { b.words[$0] } }
        (seeds, images) = (common.count, a.images)
        var (gained, lost, sums, squares) = (0, 0, [Int](), 0)
        for one in common.indices {
            let (x, y) = (first[one], second[one])
            let (wrong, others, both) = (Self.count(x, x), Self.count(y, y), Self.count(x, y))
            gained += others - both
            lost += wrong - both
            sums.append(wrong - others)
            squares += wrong + others - 2 * both
            for other in common.indices.dropFirst(one + 1) {
                let (z, w) = (first[other], second[other])
                squares += 2 * (Self.count(x, z) + Self.count(y, w) - Self.count(x, w) - Self.count(y, z))
            }
        }
        (onlyFirst, onlySecond, seedSums, imageSquares) = (gained, lost, sums, squares)
    }

    /// Bits that are set in both.
    private static func count(_ a: [UInt64], _ b: [UInt64]) -> Int {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                var sum = 0
                for index in a.indices { sum &+= (a[index] & b[index]).nonzeroBitCount }
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
