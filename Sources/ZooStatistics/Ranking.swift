public import ZooCore

/// Entries in order of one figure, the smallest first, with what can be said about the order and what each of them costs.
public struct Ranking: Codable, Sendable, Equatable {
    public struct Row: Codable, Sendable, Equatable {
        public let entry: String
        public let seeds: [UInt64]
        public let mean: Double
        /// nil where a single value says nothing of others.
        public let interval: Interval?
        /// Letters: an entry is not significantly different from the first that has the same one (`LetterGroups`); nil where the
        /// figure has no values per image.
        public internal(set) var group: String?
        /// The costs by the name of the figure: "parameters", "cost.multiply-adds" …
        public let costs: [String: Double]
        /// The costs for which no other entry is at least as good and at least as cheap, and better in one of them.
        public internal(set) var front: [String] = []
    }

    /// Best first.
    public let rows: [Row]
    /// Why there are no groups although there are answers per image: entries that cannot be paired.
    public let remark: String?
    /// p-values of every pair of rows, corrected for their number; nil without groups.
    public let significance: PairTable?

    /// What is known of an entry.
    public struct Candidate: Sendable {
        public let entry: String
        /// The figure to rank by, one per seed.
        public let values: [UInt64: Double]
        /// Where the figure is an error: the answers it comes from.
        public let samples: EntrySamples?
        public let costs: [String: Double]

        public init(entry: String, values: [UInt64: Double], samples: EntrySamples? = nil, costs: [String: Double] = [:]) {
            self.entry = entry
            self.values = values
            self.samples = samples
            self.costs = costs
        }
    }

    /// - Parameters:
    ///   - candidates: entries without a value are left out.
    ///   - descending: the largest is best.
    public init(_ candidates: [Candidate], level: Double = 0.95, descending: Bool = false) {
        let known = candidates.filter { !$0.values.isEmpty && $0.values.values.allSatisfy(\.isFinite) }
            .map { (candidate: $0, mean: $0.values.sorted { $0.key < $1.key }.map(\.value).mean) }
            .sorted {
                descending
                    ? ($1.mean, $0.candidate.entry) < ($0.mean, $1.candidate.entry)
                    : ($0.mean, $0.candidate.entry) < ($1.mean, $1.candidate.entry)
            }
        var rows: [Row] = []
        for (candidate, mean) in known {
            let ordered = candidate.values.sorted { $0.key < $1.key }
            let interval =
                candidate.samples.map { $0.error(level: level).interval } ?? MeanEstimate(ordered.map(\.value), level: level)?.interval
            rows.append(Row(entry: candidate.entry, seeds: ordered.map(\.key), mean: mean, interval: interval, costs: candidate.costs))
        }
        let samples = known.compactMap(\.candidate.samples)
        var remark: String?
        var significance: PairTable?
        if samples.count == rows.count, rows.count > 1 {
            do throws(HostError) {
                let p = try Comparison.significance(samples)
                for (index, letters) in LetterGroups.letters(count: rows.count, differ: { p[$0, $1] < 1 - level }).enumerated() {
                    rows[index].group = letters
                }
                significance = p
            } catch { remark = error.message }
        }
        self.remark = remark
        self.significance = significance
        for cost in Set(rows.flatMap(\.costs.keys)).sorted() {
            let points = rows.indices.compactMap { index in
                rows[index].costs[cost].map { (index: index, cost: $0, value: descending ? -rows[index].mean : rows[index].mean) }
            }
            let front = ParetoFront.members(points.map { ($0.cost, $0.value) })
            for (point, isMember) in zip(points, front) where isMember { rows[point.index].front.append(cost) }
        }
        self.rows = rows
    }

    /// The entries whose cost differs from that of `entry` by no more than a fraction of it.
    ///
    /// - Throws: `noInput` where the entry or its cost is not among what is ranked.
    public func matching(_ entry: String, cost: String = "parameters", within fraction: Double = 0.1) throws(HostError) -> [Row] {
        guard let own = rows.first(where: { $0.entry == entry })?.costs[cost] else {
            throw HostError(.noInput, "'\(entry)' has no stored \(cost)\(suggestion(entry, rows.map(\.entry).filter { $0 != entry }))")
        }
        return rows.filter { row in row.costs[cost].map { abs($0 - own) <= fraction * abs(own) } ?? false }
    }
}
