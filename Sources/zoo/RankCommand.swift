import ArgumentParser
import ZooCore
import ZooJobs
import ZooManifest
import ZooReport
import ZooStatistics

struct RankCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rank", abstract: "Put entries in order of an error or another stored figure, with what the order is worth.",
        discussion: """
            Nothing is measured. An entry is not significantly different from the first with the same letter. 'front' names the costs for which no other \
            entry is at least as good and at least as cheap. Figures from publications stand beside the measured ones.
            """)

    @Argument(help: ArgumentHelp("Ids of entries. Default: all that have results.", valueName: "entry"))
    var entries: [String] = []

    @Option(help: ArgumentHelp("What to rank by: error, loss, or the full name of a stored figure.", valueName: "figure"))
    var by = "error"

    @Flag(help: "The largest first.")
    var descending = false

    @Option(
        help: ArgumentHelp(
            "A figure that counts as cost. Repeatable. Default: parameters, multiply-adds and latency, where stored.", valueName: "figure"))
    var cost: [String] = []

    @Flag(help: "Only entries on a front of accuracy against cost.")
    var front = false

    @Option(help: ArgumentHelp("Only entries with about as many parameters as this one.", valueName: "entry"))
    var near: String?

    @Option(help: ArgumentHelp("How far from that, in percent. Default: 10.", valueName: "percent"))
    var within: Double?

    @OptionGroup var stored: StoredOptions

    @OptionGroup var shared: ManifestOptions

    func validate() throws {
        try stored.check(shared)
        if within != nil, near == nil { throw ValidationError("--within goes with --near") }
        if let within, !(0...1000).contains(within) { throw ValidationError("--within is \(within), expected 0 to 1000") }
    }

    func run() throws {
        let manifest = try shared.readManifest()
        let named = try entries.isEmpty ? manifest.entries : entries.map { try manifest.entry($0) }
        if let near { _ = try manifest.entry(near) }
        let whole = try stored.open(manifest)
        let figure = whole.figureName(by)
        let source = whole.comparable(named.map(\.id), figure: figure, seeds: stored.seeds)
        let candidates = try source.candidates(named.map(\.id), figure: figure, seeds: stored.seeds, costs: cost)
        var failures = Failures()
        var missing: [StoredEntries.Missing] = []
        for entry in named where !entries.isEmpty || stored.seeds != nil {
            // Of all entries, those that were never measured are not missed.
            guard !entries.isEmpty || candidates.contains(where: { $0.entry == entry.id }) else { continue }
            if let gap = source.missing(entry.id, seeds: stored.seeds) {
                missing.append(gap)
                failures.report(HostError(.noInput, gap.description))
            } else if !candidates.isEmpty, !candidates.contains(where: { $0.entry == entry.id }),
                !source.leftOut.contains(where: { $0.entry == entry.id })
            {
                if let reason = source.whyNot(figure, of: entry.id) {
                    shared.note("\(figure) does not apply to \(entry.id): \(reason)")
                } else {
                    failures.report(HostError(.noInput, "\(entry.id): no stored figure '\(figure)' for \(source.dataset)"))
                }
            }
        }
        for part in source.leftOut {
            // What was not asked for by name is not missed.
            if entries.contains(part.entry), !candidates.contains(where: { $0.entry == part.entry }) {
                failures.report(HostError(.noInput, part.description))
            } else {
                shared.warn("\(part)")
            }
        }
        let ranking = Ranking(candidates, level: stored.level, descending: descending)
        if ranking.rows.isEmpty, missing.isEmpty {
            guard source.leftOut.isEmpty else {
                throw HostError(.noInput, "nothing can be ranked: no result of \(source.dataset) says which images it is of")
            }
            throw source.nothing(figure)
        }
        if let remark = ranking.remark { shared.warn("no groups: \(remark)") }
        var rows = try near.map { try ranking.matching($0, within: (within ?? 10) / 100) } ?? ranking.rows
        if front { rows.removeAll { $0.front.isEmpty } }
        let published = named.flatMap { entry in
            entry.published.map { figure in
                PublishedComparison(
                    entry: entry.id, figure, dataset: source.dataset, figure: by, row: ranking.rows.first { $0.entry == entry.id })
            }
        }.filter { comparison in rows.contains { $0.entry == comparison.entry } || entries.contains(comparison.entry) }
        let table = ComparisonTables.ranking(rows, figure: figure, published: published)
        let report = RankingReport(source, figure: figure, rows: rows, published: published, missing: missing)
        try stored.emit(table, report, shared) { terminal in
            var text = table.textTable.rendered(for: terminal)
            let comparable = published.filter { $0.verdict != .otherData }
            if !comparable.isEmpty { text += "\npublished\n" + ComparisonTables.published(comparable).textTable.rendered(for: terminal) }
            return text
        }
        try failures.conclude()
    }
}
