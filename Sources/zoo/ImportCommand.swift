import ArgumentParser
import Foundation
import ZooCore
import ZooExchange
import ZooManifest
import ZooReport

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take over a network or weights from PyTorch.",
        discussion: discussion(
            examples: [
                "zoo import model.pt --input 1x28x28 --classes 10": "a network saved with torch.jit.save becomes an entry",
                "zoo import model.pt2 --input 1x28x28 --classes 10": "so does one that AOTInductor has compiled; it cannot be trained",
                "zoo import --weights w.safetensors --entry cnn --output cnn.safetensors": "a state_dict becomes weights of an entry",
            ]))

    @Argument(
        help: "A TorchScript file, as torch.jit.save writes it, or an AOTInductor package (.pt2).",
        completion: .file(extensions: ["pt", "pt2"]))
    var model: String?

    @Option(help: ArgumentHelp("Size of one image.", valueName: "CxHxW"))
    var input = ImageSize.mnist

    @Option(help: ArgumentHelp("Number of classes.", valueName: "n"))
    var classes = 10

    @Option(help: ArgumentHelp("Id of the new entry. Default: the file's name.", valueName: "id"))
    var id: String?

    @Option(help: "Summary of the new entry in one line.")
    var summary: String?

    @Option(help: ArgumentHelp("Import the model as an extractor: the submodules of each stage, 'conv1+relu, layer1'.", valueName: "names"))
    var stages: String?

    @Option(
        help: ArgumentHelp(
            "Import a model that gives several tensors as an extractor: the tensor of each stage, 'low, high'.", valueName: "names"))
    var outputs: String?

    @Option(
        help: ArgumentHelp(
            "With --stages, the submodules after the last stage, 'flatten+fc'; with --outputs, the name of the logits.", valueName: "names")
    )
    var classifier: String?

    @Option(help: ArgumentHelp("Import weights instead: a state_dict, saved with safetensors.", valueName: "file"), completion: .file())
    var weights: String?

    @Option(
        help: ArgumentHelp(
            "With --weights, a JSON file that maps the zoo's names (or prefixes that end in a dot) to names in the state_dict.",
            valueName: "file"), completion: .file())
    var map: String?

    @Option(
        help: ArgumentHelp("With --weights, the id of the entry that they belong to.", valueName: "id"), completion: Completions.entries)
    var entry: String?

    @Option(help: ArgumentHelp("With --weights, the file that is written.", valueName: "file"), completion: .file())
    var output: String?

    @OptionGroup var shared: HostOptions

    func validate() throws {
        guard (model == nil) != (weights == nil) else {
            throw ValidationError("name a TorchScript file, or --weights FILE; one of the two")
        }
        if weights != nil, entry == nil || output == nil { throw ValidationError("--weights needs --entry ID and --output FILE") }
        if weights == nil, map != nil || entry != nil || output != nil {
            throw ValidationError("--map, --entry and --output go with --weights")
        }
        if weights != nil, id != nil || summary != nil || stages != nil || outputs != nil || classifier != nil {
            throw ValidationError("--id, --summary, --stages, --outputs and --classifier go with a TorchScript file, not with --weights")
        }
        if stages != nil, outputs != nil { throw ValidationError("--stages and --outputs exclude each other") }
        if classifier != nil, stages == nil, outputs == nil { throw ValidationError("--classifier goes with --stages or --outputs") }
    }

    func run() throws {
        if let model { try importModel(model) }
        if let weights { try importWeights(weights) }
    }

    private func importModel(_ model: String) throws {
        let cut =
            stages.map { ModelImport.Cut.submodules($0, classifier: classifier ?? "") }
            ?? outputs.map { ModelImport.Cut.outputs($0, classifier: classifier ?? "") }
        let request = try ModelImport(model: model, id: id, input: input.shape, classes: classes, summary: summary, cut: cut)
        // Makes ./zoo.json if there is no manifest.
        let path = (try? shared.manifestPath()) ?? "zoo.json"
        let outcome = try request.run(host: shared.host(), manifest: path)
        for warning in outcome.warnings { shared.warn("\(outcome.entry): \(warning)") }
        try shared.emit(
            outcome,
            or: "\(outcome.manifest): entry '\(outcome.entry)', \(outcome.parameters) parameters, from \(outcome.model)\n"
                + "\(SuggestedCommand.evaluate(.init(outcome.entry))) measures it with the weights that it came with\n")
    }

    private struct ImportedWeights: Encodable {
        let entry, weights: String
        /// Names of tensors that no parameter takes.
        let unused: [String]
    }

    private func importWeights(_ weights: String) throws {
        guard let id = entry, let output else { return }
        let entry = try shared.readManifest().entry(id)
        let left = try WeightMap.convert(
            weights, map: map.map { try WeightMap(path: $0) } ?? .identity, entry: entry, input: input.shape, classes: classes,
            host: shared.host(), to: output)
        if !left.isEmpty { shared.warn("\(weights): not used: \(left.joined(separator: ", "))") }
        try shared.emit(
            ImportedWeights(entry: id, weights: output, unused: left),
            or: "\(output): weights of '\(id)'; \(SuggestedCommand.evaluate(.init(id, weights: output)))\n")
    }
}
