import ArgumentParser
import ZooHarness
import ZooHost

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write an entry as a Python module for PyTorch, with its weights as safetensors.",
        discussion: "The module computes what the entry computes in evaluation, and needs nothing of the zoo.")

    @Argument(help: ArgumentHelp("Id of an entry.", valueName: "entry"))
    var entry: String

    @Option(help: ArgumentHelp("Size of one image.", valueName: "CxHxW"))
    var input = ImageSize.mnist

    @Option(help: ArgumentHelp("Number of classes.", valueName: "n"))
    var classes = 10

    @Option(
        help: ArgumentHelp("A file of weights, or 'initial' for untrained ones. Default: those that come with the zoo.", valueName: "file"))
    var weights: String?

    @Option(help: ArgumentHelp("The data set that the weights were trained on.", valueName: "name"))
    var dataset = "strokes-rotated"

    @Option(help: ArgumentHelp("Where to write.", valueName: "dir"))
    var output = "."

    @Option(help: ArgumentHelp("Also write random images and their logits, to compare with.", valueName: "file"))
    var check: String?

    @OptionGroup var shared: HostOptions

    func run() throws {
        let manifest = try shared.readManifest()
        let entry = try manifest.entry(entry)
        let files = try EntryExport.run(
            entry, manifest: manifest, host: shared.host(), input: input.shape, classes: classes, weights: weights, dataset: dataset,
            to: output, check: check)
        try shared.emit(files, or: files.map { $0 + "\n" }.joined())
    }
}
