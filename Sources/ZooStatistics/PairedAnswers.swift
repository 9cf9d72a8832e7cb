/// Which images two entries get wrong, seed by seed, as bits: for tests of very many pairs of entries.
///
/// With d = 1 where only the first is wrong, −1 where only the second is and else 0, all that an analysis of variance needs of d are
/// counts of bits, so that neither the table of d nor anything else is rounded.
struct PairedAnswers {
    /// Wrong answers of several entries on the same images: for each seed one bit per image, and for each image how many seeds are wrong.
    ///
    /// Those of all entries lie in one piece, as each entry is a partner of a thousand others.
    struct Table: Sendable {
        fileprivate let images: Int
        /// The seeds of each entry.
        fileprivate let seeds: [[UInt64]]
        /// Two entries have the same number here if they have the same seeds.
        fileprivate let seedLists: [Int]
        /// Where the seeds of each entry begin among the seeds of all; the last one is their number.
        fileprivate let starts: [Int]
        /// Each seed has as many words as its images take.
        fileprivate let words: [UInt64]
        /// How many images each seed gets wrong.
        fileprivate let wrong: [Int]
        /// The same in all seeds of each entry.
        fileprivate let allWrong: [Int]
        /// How many seeds of each entry get each image wrong, one entry after the other.
        fileprivate let counts: [Int16]

        /// - Parameter entries: with the same number of images.
        init(_ entries: [EntrySamples]) {
            let images = entries.first?.images ?? 0
            self.init(
                images: images, seeds: entries.map(\.seeds),
                words: entries.flatMap(\.runs).flatMap { run in
                    var words = [UInt64](repeating: 0, count: Self.size(images))
                    for (image, isRight) in run.correct.enumerated() where !isRight { words[image / 64] |= 1 << UInt64(image % 64) }
                    return words
                })
        }

        private init(images: Int, seeds: [[UInt64]], words: [UInt64]) {
            let size = Self.size(images)
            let starts = seeds.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
            let wrong = (0..<starts[seeds.count]).map { row in
                words[row * size..<(row + 1) * size].reduce(0) { $0 + $1.nonzeroBitCount }
            }
            var numbers: [[UInt64]: Int] = [:]
            (self.images, self.seeds, self.starts, self.words, self.wrong) = (images, seeds, starts, words, wrong)
            seedLists = seeds.map { list in
                let number = numbers[list] ?? numbers.count
                numbers[list] = number
                return number
            }
            allWrong = seeds.indices.map { wrong[starts[$0]..<starts[$0 + 1]].reduce(0, +) }
            counts = seeds.indices.flatMap { entry in
                (0..<images).map { image in
                    (starts[entry]..<starts[entry + 1]).reduce(0) {
                        $0 + Int16(truncatingIfNeeded: words[$1 * size + image / 64] >> UInt64(image % 64) & 1)
                    }
                }
            }
        }

        private static func size(_ images: Int) -> Int { (images + 63) / 64 }

        /// Two of the entries, with the seeds that both have.
        fileprivate func pair(_ first: Int, _ second: Int) -> Table {
            let size = Self.size(images)
            let common = seeds[first].filter(seeds[second].contains)
            let rows = [first, second].flatMap { entry in
                common.compactMap { seed in seeds[entry].firstIndex(of: seed).map { starts[entry] + $0 } }
            }
            return Table(images: images, seeds: [common, common], words: rows.flatMap { words[$0 * size..<($0 + 1) * size] })
        }
    }

    let seeds, images: Int
    /// Over all seeds: images that only the first gets right, only the second.
    let onlyFirst, onlySecond: Int
    /// Σ of d over everything, and Σ over seeds of (Σ of d over images)².
    let total, seedSquares: Int
    /// Σ over images of (Σ of d over seeds)².
    let imageSquares: Int

    /// Two entries of a table.
    init(_ table: Table, _ first: Int, _ second: Int) {
        if table.seedLists[first] == table.seedLists[second] {
            self.init(alike: table, first, second)
        } else {
            self.init(alike: table.pair(first, second), 0, 1)
        }
    }

    private init(alike table: Table, _ first: Int, _ second: Int) {
        let (a, b) = (table.starts[first], table.starts[second])
        (seeds, images) = (table.starts[first + 1] - a, table.images)
        total = table.allWrong[first] - table.allWrong[second]
        seedSquares = Self.squares(table.wrong, a, b, count: seeds)
        imageSquares = Self.squares(table.counts, first * images, second * images, count: images)
        let size = table.words.count / max(1, table.wrong.count)
        let both = Self.both(table.words, a * size, b * size, count: seeds * size)
        (onlyFirst, onlySecond) = (table.allWrong[second] - both, table.allWrong[first] - both)
    }

    /// Two parts of an array, that many values from `a` on and from `b` on.
    private static func parts<T>(
        _ values: [T], _ a: Int, _ b: Int, count: Int, _ body: (UnsafeBufferPointer<T>, UnsafeBufferPointer<T>) -> Int
    ) -> Int {
        values.withUnsafeBufferPointer {
            body(UnsafeBufferPointer(rebasing: $0[a..<a + count]), UnsafeBufferPointer(rebasing: $0[b..<b + count]))
        }
    }

    /// Bits that are set in both parts.
    private static func both(_ words: [UInt64], _ a: Int, _ b: Int, count: Int) -> Int {
        parts(words, a, b, count: count) { a, b in
            var sum = 0
            for index in a.indices { sum &+= (a[index] & b[index]).nonzeroBitCount }
            return sum
        }
    }

    /// Σ (a − b)², of numbers of images.
    private static func squares(_ values: [Int], _ a: Int, _ b: Int, count: Int) -> Int {
        parts(values, a, b, count: count) { a, b in
            var sum = 0
            for index in a.indices { sum += (a[index] - b[index]) * (a[index] - b[index]) }
            return sum
        }
    }

    /// Σ (a − b)², of numbers of seeds.
    private static func squares(_ values: [Int16], _ a: Int, _ b: Int, count: Int) -> Int {
        parts(values, a, b, count: count) { a, b in
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
