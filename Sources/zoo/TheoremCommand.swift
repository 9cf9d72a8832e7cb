import ArgumentParser
import ZooHarness
import ZooHost
import ZooReport

struct TheoremCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "theorem",
        abstract: "Show which transformations of an image can be undone by transforming features, and which cannot.",
        discussion: """
            For every stage of each extractor: how far the features of a transformed image stay from those of the image, however the \
            features are transformed, and when the image is aligned instead [arXiv:2004.14716]. Entries are measured untrained and with \
            the weights they have, extractors untrained.
            """)

    @Argument(help: ArgumentHelp("Ids of entries or of extractors. Default: the first plain entry of every symmetry.", valueName: "name"))
    var names: [String] = []

    @Option(help: ArgumentHelp("The data set whose upright test images are used, and whose weights.", valueName: "name"))
    var dataset = "strokes"

    @Option(help: ArgumentHelp("Of the training run whose weights are used.", valueName: "seed"))
    var seed: UInt64 = 0

    @Option(help: ArgumentHelp("Images.", valueName: "n"))
    var images: Int?

    @Option(help: ArgumentHelp("Degrees of the rotation that is no quarter turn.", valueName: "angle"))
    var angle: Double?

    @Option(help: ArgumentHelp("Size of the scaled picture.", valueName: "factor"))
    var scale: Double?

    @Option(help: ArgumentHelp("Pixels of x per pixel of y.", valueName: "factor"))
    var shear: Double?

    @Flag(help: "Untrained weights only.")
    var untrained = false

    @OptionGroup var shared: SharedOptions

    func run() throws {
        var options: [String: JSON] = [:]
        options["images"] = images.map(JSON.int)
        for (name, value) in [("angle", angle), ("scale", scale), ("shear", shear)] { options[name] = value.map(JSON.double) }
        let manifest = try shared.readManifest()
        let host = try shared.host()
        let laboratory = shared.laboratory(host, manifest)
        let theorem = try Theorem(host: host, manifest: manifest, dataset: dataset, dataDirectory: shared.dataDir, options: options)
        Signals.install()
        let progress = shared.progress
        var reports: [TheoremReport] = []
        var failures = Failures()
        for name in names.isEmpty ? try theorem.defaultNames() : names {
            do {
                let subjects = try theorem.subjects(name) { entry in
                    guard !untrained, laboratory.hasWeights(entry, dataset: dataset, seed: seed) else { return [] }
                    return [try laboratory.weights(entry, dataset: dataset, seed: seed).path]
                }
                for subject in subjects { reports.append(try theorem.measure(subject, progress: progress)) }
            } catch {
                progress.finish()
                failures.report(error)
                if error is Interrupted { break }
            }
        }
        if !reports.isEmpty || shared.json { try shared.emit(reports, or: TheoremTables.page(reports, for: .standardOutput)) }
        try failures.conclude()
    }
}
