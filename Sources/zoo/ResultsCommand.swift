import ArgumentParser
import Foundation
import ZooData
import ZooReport
import ZooStore

struct ResultsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "results", abstract: "List what is stored, or export it.",
        discussion: discussion(
            "Shows the newest result of each entry, data set, seed and probe; --history shows earlier ones, too.",
            examples: [
                "zoo results": "the newest of everything",
                "zoo results --failed": "what did not work, and why",
                "zoo results --format csv": "every figure, for programs",
                "zoo results --format timm --dataset mnist-rotated": "accuracies in the columns of timm's results",
            ]))

    @OptionGroup var choice: ResultChoice

    @Option(help: ArgumentHelp("Show results that were finished then or later: 2026-02-28, or 2026-02-28T12:00:00Z.", valueName: "date"))
    var since: Day?

    @Flag(help: "Show failed jobs only.")
    var failed = false

    @Flag(help: "Show results that newer ones have superseded, too.")
    var history = false

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, csv, latex, timm }

    @Option(
        help: """
            Format of the table: text for people; csv or latex for programs, with a column for every figure; timm for accuracies on \
            one data set, with the columns of timm's results-*.csv. See also --json.
            """)
    var format = Format.text

    @OptionGroup(title: "Output") var shared: OutputOptions
    @OptionGroup(title: "Runs and results") var stored: StoreOptions

    func validate() throws {
        if shared.json, format != .text { throw ValidationError("--json and --format exclude each other") }
        if format == .timm, choice.dataset.count != 1 { throw ValidationError("--format timm takes one data set: name it with --dataset") }
        if format == .timm, failed || history || !choice.probe.isEmpty {
            throw ValidationError("--format timm lists measured errors: leave out --failed, --history and --probe")
        }
    }

    func run() throws {
        let store = try ResultStore(reading: stored.path)
        var filter = try choice.filter()
        (filter.statuses, filter.since, filter.history) = (failed ? [.failed] : nil, since?.date, history)
        if format == .timm { (filter.statuses, filter.probes, filter.origins) = ([.measured], ["error"], [.trained, .own]) }
        let results = try store.results(matching: filter)
        var failures = Failures()
        try choice.report(missingIn: store, to: &failures)
        if results.isEmpty, failures.first != nil, !shared.json { return try failures.conclude() }
        switch format {
        case .text:
            try shared.emit(results.map(ResultDescription.init), or: ResultTables.listing(of: results).rendered(for: .standardOutput))
        case .csv: try Console.output(ResultTables.export(of: results).csv)
        case .latex: try Console.output(ResultTables.export(of: results, withProvenance: false).withoutEmptyColumns.latex())
        case .timm: try Console.output(TimmTable(of: results) { try? DataSet.named($0).shape }.table.csv)
        }
        try failures.conclude()
    }
}

/// A day, at whose beginning (UTC) time starts to count, or an instant.
struct Day: ExpressibleByArgument {
    let date: Date

    init?(argument: String) {
        let day = Date.ISO8601FormatStyle().year().month().day()
        guard let date = (try? Date(argument, strategy: .iso8601)) ?? (try? Date(argument, strategy: day)) else { return nil }
        self.date = date
    }
}
