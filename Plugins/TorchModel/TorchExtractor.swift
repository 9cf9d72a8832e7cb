import ZooKit

/// A classification network from a TorchScript file, cut into stages at its own submodules; so a network from PyTorch can be
/// put behind, between and under spatial transformers.
///
/// `stages` names them in order: `conv1+relu+maxpool, layer1, layer2`. A stage is one submodule or method, or several
/// joined by `+`, each applied to what the one before it gave; `flatten` makes N×(C·H·W).
final class TorchExtractor: FeatureExtractor, Component {
    static let id = "torchscript"
    static let summary = "A classification network from a TorchScript file, its submodules as stages"
    static let options = [
        Option.string("torchscript", default: nil, "path of the file that torch.jit.save wrote"),
        Option.string("stages", default: nil, "submodules or methods of each stage: 'conv1+relu, layer1, layer2'"),
        Option.string("classifier", default: "", "the same for what follows the last stage: 'flatten+fc'; empty: features only"),
        Option.ints(
            "strides", default: [], in: 1...1024, "input pixels per pixel of each stage; left out, they are guessed from the sizes"),
    ]

    let parameters = Parameters()
    let stages: [Stage]
    private let script: TorchScript
    private let paths: [[String]]
    private let classifier: [String]

    init(_ build: Build) throws {
        let path = try build.string("torchscript")
        script = try TorchScript(path: path)
        paths = try build.string("stages").split(separator: ",").map { Self.names($0) }
        classifier = Self.names(try build.string("classifier")[...])
        let strides = try build.ints("strides")
        guard !paths.isEmpty, paths.allSatisfy({ !$0.isEmpty }) else {
            throw ZooError("'stages' names no stage, expected submodules as in 'conv1+relu, layer1'", .badArgument)
        }
        guard strides.isEmpty || strides.count == paths.count else {
            throw ZooError("'strides' has \(strides.count) numbers for \(paths.count) stages", .badArgument)
        }
        try parameters.root.adopt(script)
        // What the stages give is seen by running them on a blank image.
        let (script, paths, classifier) = (script, paths, classifier)
        let input = build.input
        var stages: [Stage] = []
        let last = try script.tried {
            func resized(_ x: Tensor) throws -> Tensor {
                guard let size = build.resamplings.first(where: { $0.stage == stages.count }) else { return x }
                return try x.resized(height: size.height, width: size.width)
            }
            var x = try resized(Tensor.zeros([1, input.channels, input.height, input.width]))
            for (index, names) in paths.enumerated() {
                x = try Self.run(x, names, script)
                let shape = x.shape
                guard shape.count == 4 else {
                    throw ZooError("\(path): stage \(index + 1) gives \(shape), expected feature maps N×C×H×W", .badArgument)
                }
                let stride = strides.isEmpty ? max(1, input.height / max(1, shape[2])) : strides[index]
                stages.append(
                    Stage(names.joined(separator: "+"), channels: shape[1], height: shape[2], width: shape[3], stride: Double(stride)))
                x = try resized(x)
            }
            return x
        }
        self.stages = stages
        guard build.outputs > 0 else { return }
        guard !classifier.isEmpty else { throw ZooError("'classifier' is empty, but \(build.outputs) classes are wanted", .badArgument) }
        let logits = try script.tried { try Self.run(last, classifier, script) }
        guard logits.shape.first == 1, logits.shape.last == build.outputs else {
            throw ZooError("\(path): the classifier gives \(logits.shape), expected [1, \(build.outputs)]", .badArgument)
        }
    }

    private static func names(_ text: Substring) -> [String] {
        text.split(separator: "+").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
    }

    private static func run(_ x: Tensor, _ names: [String], _ script: TorchScript) throws -> Tensor {
        try names.reduce(x) { x, name in name == "flatten" ? try x.flattened() : try script(x, through: name) }
    }

    func forward(_ x: Tensor, stages range: Range<Int>) throws -> Tensor { try paths[range].reduce(x) { try Self.run($0, $1, script) } }

    func classify(_ features: Tensor) throws -> Tensor {
        guard !classifier.isEmpty else { throw ZooError("this torchscript extractor has no 'classifier'", .unsupported) }
        return try Self.run(features, classifier, script)
    }
}
