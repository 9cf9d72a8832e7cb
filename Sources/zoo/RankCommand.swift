import ArgumentParser
import ZooCore
import ZooJobs
import ZooManifest
import ZooReport

struct RankCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rank", abstract: "Put entries in order of an error or another stored figure, with what the order is worth.",
        discussion: discussion(
            """
            Nothing is measured. An entry is not significantly different from the first with the same letter. 'front' names the costs for which no other \
            entry is at least as good and at least as cheap. Figures from publications stand beside the measured ones.
            """,
            examples: [
                "zoo rank": "by error",
                "zoo rank --by loss --front": "by loss, and only what is worth its cost",
            ]))

    @Argument(help: ArgumentHelp("Ids of entries. Default: all that have results.", valueName: "entry"), completion: Completions.entries)
    var entries: [String] = []

    @Option(help: ArgumentHelp("What to rank by: error, loss, or the full name of a stored figure.", valueName: "figure"))
    var by = "error"

    @Flag(help: "Put the largest first.")
    var descending = false

    @Option(
        help: ArgumentHelp(
            "A figure that counts as cost. Repeatable. Default: parameters, multiply-adds and latency, where stored.", valueName: "figure"))
    var cost: [String] = []

    @Flag(help: "Show only entries on a front of accuracy against cost.")
    var front = false

    @Option(
        help: ArgumentHelp("Show only entries with about as many parameters as this one.", valueName: "entry"),
        completion: Completions.entries)
    var near: String?

    @Option(help: ArgumentHelp("How far the number of parameters may be from that, in percent. Default: 10.", valueName: "percent"))
    var within: Double?

    @OptionGroup(title: "Stored results") var stored: StoredOptions

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
        var request = StoredRanking.Request(named, isSelection: !entries.isEmpty, by: by, seeds: stored.seeds)
        (request.costs, request.level, request.descending, request.frontOnly) = (cost, stored.level, descending, front)
        request.near = near.map { ($0, (within ?? 10) / 100) }
        let ranking = try StoredRanking(request, of: stored.open(manifest))
        var failures = Failures()
        for remark in ranking.remarks {
            switch remark {
            case .problem(let error): failures.report(error)
            case .warning(let text): shared.warn(text)
            case .note(let text): shared.note(text)
            }
        }
        if let failure = ranking.failure { throw failure }
        let table = ComparisonTables.ranking(ranking.rows, figure: ranking.figure, published: ranking.published)
        try stored.emit(table, RankingReport(ranking), shared) { terminal in
            var text = table.textTable.rendered(for: terminal)
            let comparable = ranking.published.filter { $0.verdict != .otherData }
            if !comparable.isEmpty { text += "\npublished\n" + ComparisonTables.published(comparable).textTable.rendered(for: terminal) }
            return text
        }
        try failures.conclude()
    }
}
