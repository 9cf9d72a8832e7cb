import ArgumentParser
import ZooHarness
import ZooHost
import ZooReport

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Measure entries on the test images, upright and transformed.",
        discussion: "Weights come from the newest finished training run, else from those that are shipped with the zoo.")

    @Argument(help: ArgumentHelp("Ids of entries.", valueName: "entry"))
    var entries: [String] = []

    @Flag(help: "Every entry that has weights.")
    var all = false

    @Flag(help: "Measure again what is remembered from before.")
    var fresh = false

    @Option(help: ArgumentHelp("The data set to test on.", valueName: "name"))
    var dataset = "strokes-rotated"

    @Option(help: ArgumentHelp("The seed of the training run, or several as in 0..4. Repeatable. Default: 0.", valueName: "seed"))
    var seed: [SeedRange] = []

    @Option(help: ArgumentHelp("The data set that the weights were trained on. Default: the one to test on.", valueName: "name"))
    var trainedOn: String?

    @Option(help: ArgumentHelp("A file of weights for a single entry, or 'initial' for untrained ones.", valueName: "file"))
    var weights: String?

    @OptionGroup var shared: SharedOptions

    func validate() throws {
        if entries.isEmpty != all {
            throw ValidationError(all ? "--all and names of entries exclude each other" : "name entries, or use --all")
        }
        if let weights, weights != "initial", all || entries.count != 1 {
            throw ValidationError("--weights FILE fits one entry, not several")
        }
    }

    func run() throws {
        let manifest = try shared.readManifest()
        var wanted = all ? manifest.entries : try entries.map { try manifest.entry($0) }
        let host = try shared.host()
        let laboratory = shared.laboratory(host, manifest)
        let seeds = SeedRange.all(seed)
        if all, weights == nil {
            let source = trainedOn ?? dataset
            let untrained = wanted.filter { entry in !seeds.contains { laboratory.hasWeights(entry, dataset: source, seed: $0) } }
            if !untrained.isEmpty, untrained.count < wanted.count {
                wanted.removeAll { entry in untrained.contains { $0.id == entry.id } }
                if !shared.quiet {
                    let names = untrained.map(\.id).joined(separator: " ")
                    Console.error("zoo: without weights, left out: \(names); 'zoo train \(untrained[0].id) --dataset \(source)' makes them")
                }
            }
        }
        let progress = shared.progress
        Signals.install()
        var results: [Evaluation] = []
        var failures = Failures()
        runs: for entry in wanted {
            for seed in seeds {
                do {
                    let result = try laboratory.evaluate(
                        entry, dataset: dataset, seed: seed, trainedOn: trainedOn, weights: weights, fresh: fresh, progress: progress)
                    progress.finish()
                    results.append(result)
                    if !shared.quiet { for warning in result.warnings { Console.error("zoo: warning: \(entry.id): \(warning)") } }
                } catch {
                    progress.finish()
                    failures.report(error)
                    if error is Interrupted { break runs }
                }
            }
        }
        let remembered = results.count { $0.remembered }
        if remembered > 0, !shared.quiet {
            Console.error("zoo: \(remembered) of \(results.count) results remembered from \(shared.results)/; --fresh measures them again")
        }
        if !results.isEmpty || shared.json { try shared.emit(results, or: ResultTables.table(of: results).rendered(for: .standardOutput)) }
        try failures.conclude()
    }
}
