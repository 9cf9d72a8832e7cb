public import ZooCore
public import ZooManifest
public import ZooStatistics

/// Entries in the order of a stored figure, and what keeps others out of it.
public struct StoredRanking: Sendable {
    /// What is to be ranked.
    public struct Request: Sendable {
        public var entries: [Entry]
        /// Whether the user named the entries: then results that are not there are missed.
        public var isSelection: Bool
        /// "error", "loss" or a full name.
        public var figure: String
        /// nil for all that are stored.
        public var seeds: [UInt64]?
        /// Full names of figures; empty for the usual ones.
        public var costs: [String] = []
        public var level = 0.95
        /// Whether the largest is the best.
        public var descending = false
        /// Only entries with about as many parameters as this one, and by what fraction they may differ.
        public var near: (entry: String, fraction: Double)?
        /// Only entries on a front of accuracy against cost.
        public var frontOnly = false

        public init(_ entries: [Entry], isSelection: Bool, by figure: String, seeds: [UInt64]? = nil) {
            self.entries = entries
            self.isSelection = isSelection
            self.figure = figure
            self.seeds = seeds
        }
    }

    /// What is to be said beside the table.
    public enum Remark: Sendable {
        case problem(HostError)
        case warning(String)
        case note(String)
    }

    /// The results that can be set beside each other.
    public let stored: StoredEntries
    /// The full name of the figure.
    public let figure: String
    /// The rows that were asked for, best first.
    public let rows: [Ranking.Row]
    public let published: [PublishedComparison]
    public let missing: [StoredEntries.Missing]
    /// In the order in which they are to be said.
    public let remarks: [Remark]
    /// Why there is no table; nil where there is one.
    public let failure: HostError?

    /// - Throws: `usage` where a cost is named that no result has, `data` where what is stored does not fit together.
    public init(_ request: Request, of whole: StoredEntries) throws {
        let ids = request.entries.map(\.id)
        figure = whole.figureName(request.figure)
        stored = whole.comparable(ids, figure: figure, seeds: request.seeds)
        let candidates = try stored.candidates(ids, figure: figure, seeds: request.seeds, costs: request.costs)
        let ranking = Ranking(candidates, level: request.level, descending: request.descending)
        let gaps = Self.gaps(request, stored, figure: figure, ranked: Set(candidates.map(\.entry)))
        missing = gaps.missing
        remarks = gaps.remarks + (ranking.remark.map { [.warning("no groups: \($0)")] } ?? [])
        if ranking.rows.isEmpty, missing.isEmpty {
            (rows, published) = ([], [])
            failure =
                stored.leftOut.isEmpty
                ? stored.nothing(figure)
                : HostError(.noInput, "nothing can be ranked: no result of \(stored.dataset) says which images it is of")
            return
        }
        do throws(HostError) {
            let near = try request.near.map { (near) throws(HostError) in try ranking.matching(near.entry, within: near.fraction) }
            rows = (near ?? ranking.rows).filter { !request.frontOnly || !$0.front.isEmpty }
        } catch {
            (rows, published, failure) = ([], [], error)
            return
        }
        failure = nil
        let shown = Set(rows.map(\.entry)).union(request.isSelection ? ids : [])
        published = request.entries.filter { shown.contains($0.id) }.flatMap { [stored] entry in
            entry.published.map { published in
                PublishedComparison(
                    entry: entry.id, published, dataset: stored.dataset, trainedOn: stored.trainedOn, figure: request.figure,
                    row: ranking.rows.first { $0.entry == entry.id })
            }
        }
    }

    /// What is not there, and what is to be said of it.
    private static func gaps(
        _ request: Request, _ stored: StoredEntries, figure: String, ranked: Set<String>
    ) -> (missing: [StoredEntries.Missing], remarks: [Remark]) {
        var missing: [StoredEntries.Missing] = []
        var remarks: [Remark] = []
        for entry in request.entries where request.isSelection || request.seeds != nil {
            // Where all entries are ranked, nobody misses those that were never measured.
            guard request.isSelection || ranked.contains(entry.id) else { continue }
            if let gap = stored.missing(entry.id, seeds: request.seeds) {
                missing.append(gap)
                remarks.append(.problem(HostError(.noInput, gap.description)))
            } else if !ranked.isEmpty, !ranked.contains(entry.id), !stored.leftOut.contains(where: { $0.entry == entry.id }) {
                remarks.append(
                    stored.whyNot(figure, of: entry.id).map { .note("\(figure) does not apply to \(entry.id): \($0)") }
                        ?? .problem(HostError(.noInput, "\(entry.id): no stored figure '\(figure)' for \(stored.dataset)")))
            }
        }
        for part in stored.leftOut {
            // What was not asked for by name is not missed.
            let isMissed = request.isSelection && request.entries.contains { $0.id == part.entry } && !ranked.contains(part.entry)
            remarks.append(isMissed ? .problem(HostError(.noInput, part.description)) : .warning("\(part)"))
        }
        return (missing, remarks)
    }
}
