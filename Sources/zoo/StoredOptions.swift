import ArgumentParser
import ZooData
import ZooJobs
import ZooManifest
import ZooProbes
import ZooReport
import ZooStore

/// The options of commands that read stored results: which ones, and how to print what follows from them.
struct StoredOptions: ParsableArguments {
    enum Pose: String, ExpressibleByArgument, CaseIterable { case upright, transformed }
    enum Format: String, ExpressibleByArgument, CaseIterable { case text, csv, latex }

    @OptionGroup(title: "Runs and results") var place: StoreOptions

    @Option(
        help: ArgumentHelp("The data set that was tested on. Default: of the default ones the first with results.", valueName: "name"),
        completion: Completions.dataSets)
    var dataset: String?

    @Option(
        name: [.long, .customLong("seeds")],
        help: ArgumentHelp("A seed, or several as in 0..4. Repeatable. Default: all that are stored.", valueName: "seed"))
    var seed: [SeedRange] = []

    @Option(
        help: ArgumentHelp("The data set that the weights were trained on. Default: the one tested on.", valueName: "name"),
        completion: Completions.dataSets)
    var trainedOn: String?

    @Option(help: "Whether the test images were 'upright' or 'transformed' by the data set. Default: transformed, if it transforms them.")
    var pose: Pose?

    @Flag(help: "Use results of untrained weights.")
    var initial = false

    @Option(help: ArgumentHelp("Confidence level in percent; tests use its complement.", valueName: "percent"))
    var confidence = 95.0

    @Option(help: "Format of the table: text for people, csv or latex for programs. See also --json.")
    var format = Format.text

    func validate() throws {
        if !(50...99.99).contains(confidence) { throw ValidationError("--confidence is \(confidence), expected 50 to 99.99") }
    }

    func check(_ shared: some OutputGroup) throws {
        if shared.json, format != .text { throw ValidationError("--json and --format exclude each other") }
    }

    var level: Double { confidence / 100 }
    var seeds: [UInt64]? { seed.isEmpty ? nil : SeedRange.all(seed) }

    /// - Parameter manifest: whose data sets may be named.
    func open(_ manifest: Manifest) throws -> StoredEntries {
        let store = try ResultStore(reading: place.path)
        let catalogue = try DataSetCatalogue(manifest)
        let name = try dataset ?? catalogue.defaultDataSet { try store.contains(ResultFilter(datasets: [$0.name])) }.name
        return try StoredEntries(
            store, dataset: name, of: catalogue, trainedOn: trainedOn,
            origin: initial ? .initial : .trained,
            pose: pose.flatMap { StoredEntries.ImagePose(rawValue: $0.rawValue) })
    }

    /// Prints the table as asked for; as JSON the report, which holds more.
    func emit(_ table: DataTable, _ report: some Encodable, _ shared: some OutputGroup, text: (Terminal) -> String) throws {
        if shared.json { return try shared.emit(report, or: "") }
        switch format {
        case .text: try Console.output(text(.standardOutput))
        case .csv: try Console.output(table.csv)
        case .latex: try Console.output(table.latex())
        }
    }
}
