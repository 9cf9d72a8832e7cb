import ArgumentParser
import Foundation
import ZooCore
import ZooData
import ZooProbes
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
            ]))

    @Argument(help: ArgumentHelp("Ids of entries. Default: all.", valueName: "entry"), completion: Completions.entries)
    var entries: [String] = []

    @Option(help: ArgumentHelp("A data set. Repeatable.", valueName: "name"), completion: Completions.dataSets)
    var dataset: [String] = []

    @Option(
        name: [.long, .customLong("seeds")], help: ArgumentHelp("A seed, or several as in 0..4. Repeatable.", valueName: "seed"))
    var seed: [SeedRange] = []

    @Option(help: ArgumentHelp("A probe, or 'training'. Repeatable.", valueName: "probe"), completion: Completions.probes)
    var probe: [String] = []

    @Option(help: ArgumentHelp("Show results that were finished then or later: 2026-02-28, or 2026-02-28T12:00:00Z.", valueName: "date"))
    var since: Day?

    @Flag(help: "Show failed jobs only.")
    var failed = false

    @Flag(help: "Show results that newer ones have superseded, too.")
    var history = false

    @Option(help: "Format of the table: text for people; csv or latex for programs, with a column for every figure. See also --json.")
    var format = StoredOptions.Format.text

    @OptionGroup(title: "Output") var shared: OutputOptions
    @OptionGroup(title: "Runs and results") var stored: StoreOptions

    func validate() throws {
        if shared.json, format != .text { throw ValidationError("--json and --format exclude each other") }
    }

    func run() throws {
        for name in probe where name != "training" { _ = try ProbeCatalogue.probe(name) }
        let store = try ResultStore(reading: stored.path)
        let filter = ResultFilter(
            entries: entries.isEmpty ? nil : entries, datasets: dataset.isEmpty ? nil : dataset.map { (try? DataSet.named($0).name) ?? $0 },
            seeds: seed.isEmpty ? nil : SeedRange.all(seed), probes: probe.isEmpty ? nil : probe, statuses: failed ? [.failed] : nil,
            since: since?.date, history: history)
        let results = try store.results(matching: filter)
        var failures = Failures()
        for name in entries where try store.results(matching: ResultFilter(entries: [name], history: true)).isEmpty {
            failures.report(HostError(.noInput, "\(stored.path): there is no result of '\(name)'"))
        }
        if results.isEmpty, failures.first != nil, !shared.json { return try failures.conclude() }
        switch format {
        case .text:
            try shared.emit(results.map(ResultDescription.init), or: ResultTables.listing(of: results).rendered(for: .standardOutput))
        case .csv: try Console.output(ResultTables.export(of: results).csv)
        case .latex: try Console.output(ResultTables.export(of: results, withProvenance: false).withoutEmptyColumns.latex())
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
