import ArgumentParser
import ZooCore
import ZooData
import ZooManifest
import ZooReport
import ZooTraining

struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark", abstract: "Time a training step and an evaluation of one batch.",
        discussion: discussion(
            examples: [
                "zoo benchmark cnn stn-c0": "one batch of the data set's images",
                "zoo benchmark cnn --shape 1x64x64 --batch 32": "noise of that size",
            ]))

    @Argument(help: ArgumentHelp("Ids of entries.", valueName: "entry"), completion: Completions.entries)
    var entries: [String]

    @Option(
        help: ArgumentHelp("The data set whose images are used. Default: the one that 'zoo list datasets' marks.", valueName: "name"),
        completion: Completions.dataSets)
    var dataset: String?

    @Option(help: ArgumentHelp("Noise of this shape instead of a data set, as 3x64x64.", valueName: "c×h×w"))
    var shape: ImageSize?

    @Option(help: ArgumentHelp("Number of classes of --shape's random labels. Default: 10.", valueName: "n"))
    var classes: Int?

    @Option(help: ArgumentHelp("Number of labels of each image of --shape. Default: 1.", valueName: "n"))
    var heads: Int?

    @Option(help: ArgumentHelp("Number of images in the batch.", valueName: "n"))
    var batch = 256

    @Option(help: ArgumentHelp("Number of timed rounds.", valueName: "n"))
    var rounds = 10

    @Option(help: ArgumentHelp("Number of rounds before those, which are not timed.", valueName: "n"))
    var warmup = 3

    @OptionGroup var shared: LaboratoryOptions

    func validate() throws {
        try shared.computing.engine.requireOneDevice()
        if shape == nil, classes != nil || heads != nil { throw ValidationError("--classes and --heads go with --shape") }
        if let shape, shape.largest > 4096 {
            throw ValidationError("--shape is \(shape), expected channels, height and width of 1 to 4096")
        }
        let numbers = [
            ("batch", batch, 1...65_536), ("rounds", rounds, 1...100_000), ("warmup", warmup, 0...100_000),
            ("classes", classes ?? 10, 2...65_536), ("heads", heads ?? 1, 1...16),
        ]
        for (name, value, range) in numbers where !range.contains(value) {
            throw ValidationError("--\(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
        }
    }

    private func subject(_ laboratory: Laboratory) throws -> BenchmarkSubject {
        guard let shape else { return .dataSet(try dataset ?? laboratory.defaultDataSet().name) }
        return .noise(BenchmarkSubject.Noise(shape.shape, classes: classes ?? 10, heads: heads ?? 1))
    }

    func run() throws {
        let manifest = try shared.readManifest()
        let wanted = try entries.map { try manifest.entry($0) }
        let host = try shared.host()
        let laboratory = try shared.laboratory(host, manifest)
        let subject = try subject(laboratory)
        Signals.install()
        var results: [TimingReport] = []
        var failures = Failures()
        for entry in wanted {
            do {
                results.append(
                    TimingReport(try laboratory.benchmark(entry, on: subject, batch: batch, rounds: rounds, warmup: warmup)))
            } catch {
                failures.report(error)
                if error is Interrupted { break }
            }
        }
        if !results.isEmpty || shared.json { try shared.emit(results, or: ResultTables.table(of: results).rendered(for: .standardOutput)) }
        try failures.conclude()
    }
}
