import ZooKit

/// A classification network from a TorchScript file, cut into stages at its own submodules or at its outputs; so a
/// network from PyTorch can be put behind, between and under spatial transformers.
final class TorchExtractor: FeatureExtractor, Component {
    static let id = "torchscript"
    static let summary = "A classification network from a TorchScript file, its submodules or outputs as stages"
    static let options = [
        Option.file("torchscript", .code, "path of the file that torch.jit.save wrote"),
        Option.string("stages", default: "", "submodules or methods of each stage, in order: 'conv1+relu, layer1, layer2'"),
        Option.string("outputs", default: "", "instead, for a module that gives several tensors: those of each stage, 'low, high'"),
        Option.string(
            "classifier", default: "",
            "what follows the last stage: submodules, 'flatten+fc'; with 'outputs' the one that holds logits; empty: features only"),
        Option.ints(
            "strides", default: [], in: 1...1024, "input pixels per pixel of each stage; left out, they are guessed from the sizes"),
    ]

    let parameters = Parameters()
    let stages: [Stage]
    private let cut: any StageCut

    init(_ build: Build) throws {
        let path = try build.string("torchscript")
        let script = try TorchScript(path: path)
        let (submodules, outputs) = (try build.string("stages"), try build.string("outputs"))
        guard submodules.isEmpty || outputs.isEmpty else { throw ZooError("'stages' and 'outputs' exclude each other", .badArgument) }
        let classifier = try build.string("classifier")
        let cut: any StageCut =
            try outputs.isEmpty
            ? SubmoduleCut(script, stages: submodules, classifier: classifier) : OutputCut(script, outputs: outputs, classifier: classifier)
        self.cut = cut
        let strides = try build.ints("strides")
        guard strides.isEmpty || strides.count == cut.names.count else {
            throw ZooError("'strides' has \(strides.count) numbers for \(cut.names.count) stages", .badArgument)
        }
        try parameters.root.adopt(script)
        // What the stages give is seen by running them on a blank image.
        let input = build.input
        var stages: [Stage] = []
        let last = try script.tried {
            func resized(_ x: Tensor) throws -> Tensor {
                guard let size = build.resamplings.first(where: { $0.stage == stages.count }) else { return x }
                return try x.interpolate(height: size.height, width: size.width)
            }
            var x = try resized(Tensor.zeros([1, input.channels, input.height, input.width]))
            for (index, name) in cut.names.enumerated() {
                x = try cut.features(x, index..<index + 1)
                let shape = x.shape
                guard shape.count == 4 else {
                    throw ZooError("\(path): stage \(index + 1) gives \(shape), expected feature maps N×C×H×W", .badArgument)
                }
                let stride = strides.isEmpty ? max(1, input.height / max(1, shape[2])) : strides[index]
                stages.append(Stage(name, channels: shape[1], height: shape[2], width: shape[3], stride: Double(stride)))
                x = try resized(x)
            }
            return x
        }
        self.stages = stages
        guard build.outputs > 0 else { return }
        guard !classifier.isEmpty else { throw ZooError("'classifier' is empty, but \(build.outputs) classes are wanted", .badArgument) }
        let logits = try script.tried { try cut.logits(last) }
        guard logits.shape.first == 1, logits.shape.last == build.outputs else {
            throw ZooError("\(path): the classifier gives \(logits.shape), expected [1, \(build.outputs)]", .badArgument)
        }
    }

    func forward(_ x: Tensor, stages range: Range<Int>) throws -> Tensor { try cut.features(x, range) }

    func classify(_ features: Tensor) throws -> Tensor { try cut.logits(features) }
}
