public import ZooCore

/// What was measured of one entry, image by image, with one or several seeds: what comparisons are made from.
public struct EntrySamples: Sendable, Equatable {
    /// One training run's answers on the test images, in the order of the test set.
    public struct Run: Sendable, Equatable {
        public let seed: UInt64
        public let correct: [Bool]
        /// Index of the true class; nil where an image has several labels or none was stored.
        public let labels: [Int]?

        public init(seed: UInt64, correct: [Bool], labels: [Int]? = nil) {
            self.seed = seed
            self.correct = correct
            self.labels = labels
        }

        /// Fraction of images that are wrong.
        public var error: Double { Double(correct.count { !$0 }) / Double(correct.count) }
    }

    public let entry: String
    /// The runs in the order of their seeds, one for each seed.
    public let runs: [Run]

    /// - Throws: `data` where runs are missing, empty, of different lengths or with different labels: then they are not of the same images.
    public init(entry: String, runs: [Run]) throws(HostError) {
        guard let first = runs.first, !first.correct.isEmpty else {
            throw HostError(.data, "\(entry): no results per image, expected one per test image and seed")
        }
        for run in runs {
            let what = "\(entry), seed \(run.seed)"
            guard run.correct.count == first.correct.count, run.labels.map({ $0.count == run.correct.count }) ?? true else {
                throw HostError(
                    .data, "\(what): results of \(run.correct.count) images, expected \(first.correct.count) as for seed \(first.seed)")
            }
            guard run.labels == first.labels else {
                throw HostError(.data, "\(what): the labels are not those of seed \(first.seed), so these are not the same images")
            }
        }
        self.entry = entry
        var seen: Set<UInt64> = []
        self.runs = runs.sorted { $0.seed < $1.seed }.filter { seen.insert($0.seed).inserted }
    }

    public var seeds: [UInt64] { runs.map(\.seed) }
    public var images: Int { runs[0].correct.count }
    public var labels: [Int]? { runs[0].labels }

    func run(_ seed: UInt64) -> Run? { runs.first { $0.seed == seed } }

    /// The error with what is known about it: over seeds by Student's t, of a single run by Wilson's interval over its images.
    public func error(level: Double = 0.95) -> ErrorEstimate {
        let errors = runs.map(\.error)
        guard runs.count > 1, let mean = MeanEstimate(errors, level: level), let interval = mean.interval else {
            let wrong = Proportion(runs[0].correct.count { !$0 }, of: images)
            return ErrorEstimate(
                mean: errors[0], standardDeviation: nil, seeds: 1, interval: wrong?.wilson(level: level) ?? .unknown(level))
        }
        return ErrorEstimate(
            mean: mean.mean, standardDeviation: mean.standardDeviation, seeds: runs.count, interval: interval.clipped(to: 0...1))
    }
}

/// An error and how well it is known.
public struct ErrorEstimate: Codable, Sendable, Equatable {
    public let mean: Double
    /// The standard deviation from seed to seed; nil for one seed.
    public let standardDeviation: Double?
    public let seeds: Int
    public let interval: Interval
}

extension Interval {
    static func unknown(_ level: Double) -> Interval { Interval(low: .nan, high: .nan, level: level, method: .studentT) }
}
