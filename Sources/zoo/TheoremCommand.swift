import ArgumentParser
import ZooCore
import ZooData
import ZooProbes
import ZooReport
import ZooStore
import ZooTraining

struct TheoremCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "theorem",
        abstract: "Show which transformations of an image can be undone by transforming features, and which cannot.",
        discussion: discussion(
            """
            For every stage of each extractor: how far the features of a transformed image stay from those of the image, however the \
            features are transformed, and when the image is aligned instead [arXiv:2004.14716]. Entries are measured untrained and with \
            the weights they have, extractors untrained. What is measured of an entry is its extractor alone, or with --network what \
            reaches the extractor's stages through the whole network.
            """,
            examples: [
                "zoo theorem cnn p4-cnn": "what rotations and scalings do to their features",
                "zoo theorem cnn --images 20": "fewer images",
            ]))

    @Argument(
        help: ArgumentHelp("Ids of entries or of extractors. Default: the first plain entry of every kind of symmetry.", valueName: "name"),
        completion: Completions.entriesAndExtractors)
    var names: [String] = []

    @Option(
        help: ArgumentHelp(
            "The data set whose upright test images are used, and whose weights. Default: the upright one of that which 'zoo list datasets' marks.",
            valueName: "name"), completion: Completions.dataSets)
    var dataset: String?

    @Option(help: ArgumentHelp("The seed of the training run whose weights are used. Default: 0.", valueName: "seed"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("Number of images.", valueName: "n"))
    var images: Int?

    @Option(help: ArgumentHelp("Angle in degrees of the rotation that is not a quarter turn.", valueName: "angle"))
    var angle: Double?

    @Option(help: ArgumentHelp("Factor by which the picture is scaled.", valueName: "factor"))
    var scale: Double?

    @Option(help: ArgumentHelp("Shear: pixels of x per pixel of y.", valueName: "factor"))
    var shear: Double?

    @Option(help: ArgumentHelp("Side of the square that images lie in. Default: as the extractor needs it.", valueName: "pixels"))
    var canvas: Int?

    @Flag(help: "Measure untrained weights only.")
    var untrained = false

    @Flag(help: "Measure an entry's features behind its alignment of the image, as its whole network sees them.")
    var network = false

    @OptionGroup var shared: ExperimentOptions

    func validate() throws {
        if untrained, seed != nil { throw ValidationError("--seed and --untrained exclude each other") }
        try shared.computing.engine.requireOneDevice()
    }

    /// What an element of the JSON is.
    private enum Answer: Encodable {
        case measured(TheoremReport)
        case notApplicable(name: String, cause: String)

        private enum Key: CodingKey { case name, status, cause }

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .measured(let report): try report.encode(to: encoder)
            case .notApplicable(let name, let cause):
                var container = encoder.container(keyedBy: Key.self)
                try container.encode(name, forKey: .name)
                try container.encode(StoredResult.Status.notApplicable, forKey: .status)
                try container.encode(cause, forKey: .cause)
            }
        }
    }

    func run() throws {
        let seed = seed ?? 0
        var options: [String: JSON] = [:]
        options["images"] = images.map(JSON.int)
        options["canvas"] = canvas.map(JSON.int)
        for (name, value) in [("angle", angle), ("scale", scale), ("shear", shear)] { options[name] = value.map(JSON.double) }
        let manifest = try shared.readManifest()
        let host = try shared.host()
        let laboratory = try shared.laboratory(host, manifest)
        let dataSet = try dataset.map(laboratory.dataSets.named) ?? laboratory.defaultDataSet().upright
        let theorem = try Theorem(host: host, manifest: manifest, dataSet: dataSet, dataDirectory: shared.dataDir, options: options)
        Signals.install()
        let progress = shared.progress
        var reports: [TheoremReport] = []
        var answers: [Answer] = []
        var failures = Failures()
        for name in names.isEmpty ? try theorem.defaultNames() : names {
            do {
                let subjects = try theorem.subjects(name, whole: network) { entry in
                    guard !untrained, laboratory.hasWeights(entry, dataset: dataSet.name, seed: seed) else { return [] }
                    return [try laboratory.weights(entry, dataset: dataSet.name, seed: seed).path]
                }
                for subject in subjects {
                    let report = try theorem.measure(subject, progress: progress)
                    reports.append(report)
                    answers.append(.measured(report))
                }
            } catch let reason as NotApplicable {
                progress.finish()
                shared.note("theorem does not apply to \(name): \(reason)")
                answers.append(.notApplicable(name: name, cause: reason.description))
            } catch {
                progress.finish()
                failures.report(error)
                if error is Interrupted { break }
            }
        }
        if !reports.isEmpty || shared.json { try shared.emit(answers, or: TheoremTables.page(reports, for: .standardOutput)) }
        try failures.conclude()
    }
}
