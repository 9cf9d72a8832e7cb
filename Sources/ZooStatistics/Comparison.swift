public import ZooCore

/// Two entries on the same images with the same seeds.
///
/// With two seeds or more, seeds and images both count as samples (`CrossedEffect`), and a bootstrap over both stands beside it. A single
/// seed says nothing about training: then the test is McNemar's and the interval a bootstrap over images, of these two trained
/// networks.
public struct Comparison: Codable, Sendable, Equatable {
    public let first, second: String
    public let seeds: [UInt64]
    public let images: Int
    /// Mean over the common seeds.
    public let firstError, secondError: Double
    /// First error less second error: positive where the second entry is better.
    public let difference: Double
    public let interval: Interval
    /// Seeds × images, resampled.
    public let bootstrap: Interval
    /// "crossed t", "mid-p" or "exact binomial" (McNemar).
    public let test: String
    /// Two-sided.
    public let p: Double
    /// Corrected for the number of comparisons made together (Holm).
    public internal(set) var correctedP: Double
    /// The p-value for these very networks over other images, by flipping the signs of the images' mean differences.
    public let permutationP: Double
    /// Cohen's d_z over seeds; nil for one seed or if the seeds do not differ.
    public let dz: Double?
    /// nil for several seeds, whose answers to one image are not independent, and where no image tells the two apart.
    public let oddsRatio: OddsRatio?
    public let agreement: Agreement
    /// The differences by label, the largest first; empty where images have no single label.
    public let classes: [ClassDifference]

    public struct OddsRatio: Codable, Sendable, Equatable {
        /// Images that only the second gets per image that only the first gets: above 1 where the second is better.
        public let value: Double
        public let interval: Interval
    }

    /// Which images each of them gets: right with more than half of the seeds.
    public struct Agreement: Codable, Sendable, Equatable {
        public let bothRight, bothWrong: Int
        /// Indices into the test set.
        public let onlyFirst, onlySecond: [Int]
    }

    public struct ClassDifference: Codable, Sendable, Equatable {
        /// Index of the label.
        public let label: Int
        public let images: Int
        public let firstError, secondError: Double
        /// First less second.
        public let difference: Double
        public let p: Double
        /// Corrected for the number of classes (Holm).
        public internal(set) var correctedP: Double
    }

    public var isSignificant: Bool { correctedP < 1 - interval.level }
}

extension Comparison {
    /// How comparisons are made.
    public struct Settings: Sendable {
        public var level = 0.95
        /// The number of resamples of the bootstrap.
        public var resamples = 10_000
        /// The seed of the resampling; the same seed gives the same bits.
        public var seed: UInt64 = 0

        public init() {}
    }

    /// - Throws: `data` where the two were not measured on the same images, `noInput` where they have no seed in common.
    public init(_ first: EntrySamples, _ second: EntrySamples, _ settings: Settings = Settings()) throws(HostError) {
        let pairs = try Pairs(first, second)
        let table = pairs.differences
        self.first = first.entry
        self.second = second.entry
        seeds = pairs.seeds
        images = table.images
        firstError = pairs.first.map(\.error).mean
        secondError = pairs.second.map(\.error).mean
        difference = table.mean
        let stream = RandomStream(seed: settings.seed, "compare/\(first.entry)/\(second.entry)")
        bootstrap = Bootstrap.mean(of: table, level: settings.level, resamples: settings.resamples, stream: stream)
        let verdict = pairs.verdict(Array(table.imageMeans.indices), level: settings.level)
        interval = verdict.interval ?? bootstrap
        (p, correctedP, test) = (verdict.p, verdict.p, verdict.test)
        permutationP = SignFlip(table.imageMeans, resamples: settings.resamples, stream: stream.appending(1 << 32)).p
        dz = EffectSize.dz(table.seedMeans)
        let counts = pairs.discordant(Array(table.imageMeans.indices))
        oddsRatio =
            pairs.seeds.count > 1
            ? nil
            : EffectSize.oddsRatio(onlyFirst: counts.onlySecond, onlySecond: counts.onlyFirst, level: settings.level)
                .map { OddsRatio(value: $0.value, interval: $0.interval) }
        agreement = pairs.agreement
        classes = pairs.classes(first.labels, level: settings.level)
    }

    /// All pairs, or all others with `reference`, with p-values corrected for their number.
    ///
    /// - Throws: as `init`; `usage` where the reference is not among the entries.
    public static func all(
        _ entries: [EntrySamples], reference: String? = nil, _ settings: Settings = Settings()
    ) throws(HostError) -> [Comparison] {
        var result: [Comparison] = []
        if let reference {
            guard let base = entries.first(where: { $0.entry == reference }) else {
                throw HostError(
                    .usage, "the reference '\(reference)' is not among the entries compared\(suggestion(reference, entries.map(\.entry)))")
            }
            for other in entries where other.entry != reference { result.append(try Comparison(base, other, settings)) }
        } else {
            for (index, first) in entries.enumerated() {
                for second in entries[(index + 1)...] { result.append(try Comparison(first, second, settings)) }
            }
        }
        for (index, p) in Holm.corrected(result.map(\.p)).enumerated() { result[index].correctedP = p }
        return result
    }

    /// p-values of all pairs of entries, corrected; without bootstraps, so that it takes no time.
    static func significance(_ entries: [EntrySamples]) throws(HostError) -> PairTable {
        // What all have in common with the first, every pair has.
        let areAlike = entries.allSatisfy { entry in
            entry.images == entries[0].images && entry.labels == entries[0].labels && entry.seeds == entries[0].seeds
        }
        if !areAlike {
            for first in entries.indices {
                for second in entries.indices.dropFirst(first + 1) { try Pairs.check(entries[first], entries[second]) }
            }
        }
        let answers = PairedAnswers.Table(entries)
        let rows = concurrentMap(entries.count) { first in (first + 1..<entries.count).map { PairedAnswers(answers, first, $0).p } }
        return PairTable(count: entries.count, values: Holm.corrected(rows.flatMap(\.self)))
    }
}

/// The runs of two entries, side by side.
private struct Pairs {
    let seeds: [UInt64]
    let first, second: [EntrySamples.Run]
    /// 1 where only the first is wrong, −1 where only the second is.
    let differences: PairedDifferences

    /// - Throws: `data` where the two were not measured on the same images, `noInput` where they have no seed in common.
    static func check(_ a: EntrySamples, _ b: EntrySamples) throws(HostError) {
        guard a.images == b.images else {
            throw HostError(.data, "\(a.entry) was measured on \(a.images) images, \(b.entry) on \(b.images): they cannot be paired")
        }
        if let labels = a.labels, let others = b.labels, labels != others {
            throw HostError(.data, "\(a.entry) and \(b.entry) were measured on different images: their labels differ")
        }
        guard a.seeds.contains(where: b.seeds.contains) else {
            func list(_ entry: EntrySamples) -> String { entry.seeds.map { "\($0)" }.joined(separator: ", ") }
            throw HostError(
                .noInput,
                "\(a.entry) (seeds \(list(a))) and \(b.entry) (seeds \(list(b))) have no seed in common: evaluate both with the same ones")
        }
    }

    init(_ a: EntrySamples, _ b: EntrySamples) throws(HostError) {
        try Self.check(a, b)
        seeds = a.seeds.filter { b.seeds.contains($0) }
        first = seeds.compactMap { a.run($0) }
        second = seeds.compactMap { b.run($0) }
        func wrong(_ runs: [EntrySamples.Run]) -> [[Double]] { runs.map { $0.correct.map { $0 ? 0 : 1 } } }
        // Answers are 0 or 1 and of the same shape, so there are differences.
        guard let differences = PairedDifferences(wrong(first), minus: wrong(second)) else {
            throw HostError(.data, "\(a.entry) and \(b.entry) were not measured on the same images")
        }
        self.differences = differences
    }

    /// Over all seeds: images only the first gets right, only the second.
    func discordant(_ images: [Int]) -> (onlyFirst: Int, onlySecond: Int) {
        var (a, b) = (0, 0)
        for (one, other) in zip(first, second) {
            for image in images where one.correct[image] != other.correct[image] {
                if one.correct[image] { a += 1 } else { b += 1 }
            }
        }
        return (a, b)
    }

    /// The test on some of the images; no interval for a single seed.
    func verdict(_ images: [Int], level: Double) -> (p: Double, interval: Interval?, test: String) {
        guard seeds.count > 1 else {
            let counts = discordant(images)
            let test = McNemar(onlyFirst: counts.onlyFirst, onlySecond: counts.onlySecond)
            return (test.p, nil, test.method.rawValue)
        }
        let part =
            images.count == differences.images
            ? differences
            : PairedDifferences(seeds.indices.map { seed in images.map { differences[seed, $0] } })
        guard let effect = part.flatMap({ CrossedEffect($0, level: level) }) else { return (1, nil, Interval.Method.crossed.rawValue) }
        return (effect.p, effect.interval, Interval.Method.crossed.rawValue)
    }

    var agreement: Comparison.Agreement {
        func gets(_ runs: [EntrySamples.Run], _ image: Int) -> Bool { 2 * runs.count { $0.correct[image] } > runs.count }
        var (right, wrong) = (0, 0)
        var (onlyFirst, onlySecond): ([Int], [Int]) = ([], [])
        for image in 0..<differences.images {
            switch (gets(first, image), gets(second, image)) {
            case (true, true): right += 1
            case (false, false): wrong += 1
            case (true, false): onlyFirst.append(image)
            case (false, true): onlySecond.append(image)
            }
        }
        return Comparison.Agreement(bothRight: right, bothWrong: wrong, onlyFirst: onlyFirst, onlySecond: onlySecond)
    }

    func classes(_ labels: [Int]?, level: Double) -> [Comparison.ClassDifference] {
        guard let labels else { return [] }
        var result = Dictionary(grouping: labels.indices, by: { labels[$0] }).sorted { $0.key < $1.key }.map { label, images in
            func error(_ runs: [EntrySamples.Run]) -> Double {
                runs.map { run in Double(images.count { !run.correct[$0] }) / Double(images.count) }.mean
            }
            let p = verdict(images, level: level).p
            let (a, b) = (error(first), error(second))
            return Comparison.ClassDifference(
                label: label, images: images.count, firstError: a, secondError: b, difference: a - b, p: p, correctedP: p)
        }
        for (index, p) in Holm.corrected(result.map(\.p)).enumerated() { result[index].correctedP = p }
        return result.sorted { (abs($0.difference), $1.label) > (abs($1.difference), $0.label) }
    }
}
