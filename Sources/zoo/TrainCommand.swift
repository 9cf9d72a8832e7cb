import ArgumentParser
import ZooHarness
import ZooHost
import ZooReport

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train entries; what was interrupted goes on where it stopped.",
        discussion: "A checkpoint is kept after every epoch. A run that is finished is reported, not repeated.")

    @Argument(help: ArgumentHelp("Ids of entries.", valueName: "entry"))
    var entries: [String]

    @Option(help: ArgumentHelp("The data set to train and test on.", valueName: "name"))
    var dataset = "strokes-rotated"

    @Option(help: ArgumentHelp("Epochs. Default: as in the entry's recipe.", valueName: "n"))
    var epochs: Int?

    @Option(help: ArgumentHelp("A seed, or several as in 0..4. Repeatable. Default: 0.", valueName: "seed"))
    var seed: [SeedRange] = []

    @Flag(help: "Begin again, without the checkpoints and results of the same run.")
    var restart = false

    @OptionGroup var shared: SharedOptions

    func validate() throws {
        if let epochs, !(1...100_000).contains(epochs) { throw ValidationError("--epochs is \(epochs), expected 1 to 100000") }
    }

    func run() throws {
        let manifest = try shared.readManifest()
        let wanted = try entries.map { try manifest.entry($0) }
        let host = try shared.host()
        let laboratory = shared.laboratory(host, manifest)
        let progress = shared.progress
        Signals.install()
        var results: [TrainingResult] = []
        var failures = Failures()
        runs: for entry in wanted {
            for seed in SeedRange.all(seed) {
                do {
                    let result = try laboratory.train(
                        entry, dataset: dataset, seed: seed, epochs: epochs, restart: restart, progress: progress)
                    progress.finish()
                    results.append(result)
                    if !shared.quiet { Console.error(ResultTables.line(result)) }
                } catch {
                    progress.finish()
                    failures.report(error)
                    if error is Interrupted { break runs }
                }
            }
        }
        if !results.isEmpty || shared.json { try shared.emit(results, or: ResultTables.table(of: results).rendered(for: .standardOutput)) }
        try failures.conclude()
    }
}
