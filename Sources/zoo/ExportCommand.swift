import ArgumentParser
import ZooExchange
import ZooManifest

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write an entry as a Python module for PyTorch, with its weights as safetensors.",
        discussion: discussion(
            """
            The module computes what the entry computes in evaluation, and needs nothing of the zoo. Its prepare() normalises images as in \
            training.
            """,
            examples: [
                "zoo export stn-c0 --output exported": "exported/stn_c0.py and its weights"
            ]))

    @Argument(help: ArgumentHelp("Id of an entry.", valueName: "entry"), completion: Completions.entries)
    var entry: String

    @Option(help: ArgumentHelp("Size of one image. Default: that of the data set's.", valueName: "CxHxW"))
    var input: ImageSize?

    @Option(help: ArgumentHelp("Number of classes.", valueName: "n"))
    var classes = 10

    @Option(
        help: ArgumentHelp("A file of weights, or 'initial' for untrained ones. Default: those that come with the zoo.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var weights: String?

    @Option(
        help: ArgumentHelp(
            "The data set that the weights were trained on, by which the module normalises. Default: what the weights say of themselves.",
            valueName: "name"), completion: Completions.dataSets)
    var dataset: String?

    @Option(help: ArgumentHelp("The seed of the weights that come with the zoo.", valueName: "seed"))
    var seed: UInt64 = 0

    @Option(help: ArgumentHelp("Where to write.", valueName: "dir"), completion: .directory)
    var output = "."

    @Option(help: ArgumentHelp("Also write random images and their logits, to compare with.", valueName: "file"), completion: .file())
    var check: String?

    @OptionGroup var shared: HostOptions

    func run() throws {
        let manifest = try shared.readManifest()
        let entry = try manifest.entry(entry)
        var export = try EntryExport(entry, of: manifest)
        (export.weights, export.dataset, export.seed) = (weights, dataset, seed)
        (export.input, export.classes) = (input?.shape, classes)
        let outcome = try export.run(host: shared.host(), to: output, check: check)
        for warning in outcome.warnings { shared.warn(warning) }
        try shared.emit(outcome, or: outcome.files.map { $0 + "\n" }.joined())
    }
}
