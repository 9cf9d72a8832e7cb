import ArgumentParser
import ZooCore
import ZooData
import ZooProbes
import ZooStore

/// Which stored results a command is about.
struct ResultChoice: ParsableArguments {
    @Argument(help: ArgumentHelp("Ids of entries. Default: all.", valueName: "entry"), completion: Completions.entries)
    var entries: [String] = []

    @Option(help: ArgumentHelp("A data set. Repeatable.", valueName: "name"), completion: Completions.dataSets)
    var dataset: [String] = []

    @Option(
        name: [.long, .customLong("seeds")], help: ArgumentHelp("A seed, or several as in 0..4. Repeatable.", valueName: "seed"))
    var seed: [SeedRange] = []

    @Option(help: ArgumentHelp("A probe, or 'training'. Repeatable.", valueName: "probe"), completion: Completions.probes)
    var probe: [String] = []

    /// - Throws: `usage` for a probe that there is none of.
    func filter() throws -> ResultFilter {
        for name in probe where name != "training" { _ = try ProbeCatalogue.probe(name) }
        return ResultFilter(
            entries: entries.isEmpty ? nil : entries, datasets: dataset.isEmpty ? nil : dataset.map { (try? DataSet.named($0).name) ?? $0 },
            seeds: seed.isEmpty ? nil : SeedRange.all(seed), probes: probe.isEmpty ? nil : probe)
    }

    /// Names the entries that the store knows nothing of.
    func report(missingIn store: ResultStore, to failures: inout Failures) throws {
        for name in entries where try !store.contains(ResultFilter(entries: [name])) {
            failures.report(HostError(.noInput, "\(store.path): there is no result of '\(name)'"))
        }
    }
}
