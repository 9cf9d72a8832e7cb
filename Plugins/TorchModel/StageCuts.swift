import ZooKit

/// Where a module from PyTorch is cut into stages.
protocol StageCut: AnyObject {
    /// Names of the stages.
    var names: [String] { get }
    /// Runs some of the stages; an empty range gives `x` back.
    func features(_ x: Tensor, _ range: Range<Int>) throws -> Tensor
    /// From what the last stage has given.
    ///
    /// - Throws: `unsupported` if there is nothing that gives logits.
    func logits(_ features: Tensor) throws -> Tensor
}

/// Submodules or methods by stage, each applied to what the one before it gave; `flatten` makes N×(C·H·W).
final class SubmoduleCut: StageCut {
    private let script: TorchScript
    private let stages: [[String]]
    private let classifier: [String]

    init(_ script: TorchScript, stages: String, classifier: String) throws(ZooError) {
        self.script = script
        self.stages = stages.split(separator: ",").map { Self.names($0) }
        self.classifier = Self.names(classifier[...])
        guard !self.stages.isEmpty, self.stages.allSatisfy({ !$0.isEmpty }) else {
            throw ZooError("'stages' names no stage, expected submodules as in 'conv1+relu, layer1'", .badArgument)
        }
    }

    private static func names(_ text: Substring) -> [String] {
        text.split(separator: "+").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
    }

    var names: [String] { stages.map { $0.joined(separator: "+") } }

    func features(_ x: Tensor, _ range: Range<Int>) throws -> Tensor { try stages[range].reduce(x, run) }

    func logits(_ features: Tensor) throws -> Tensor {
        guard !classifier.isEmpty else { throw ZooError("this torchscript extractor has no 'classifier'", .unsupported) }
        return try run(features, classifier)
    }

    private func run(_ x: Tensor, _ names: [String]) throws -> Tensor {
        try names.reduce(x) { x, name in name == "flatten" ? try x.flatten() : try script(x, through: name) }
    }
}

/// Tensors by stage that the module gives all at once: of a dict, a named tuple, a tuple or a list.
///
/// It cannot go on from features that something else has made, so nothing can stand between its stages. What it has
/// given last is kept, that one may go on from there.
final class OutputCut: StageCut {
    let names: [String]
    private let script: TorchScript
    private let classifier: String
    private var last: [Tensor] = []

    init(_ script: TorchScript, outputs: String, classifier: String) {
        self.script = script
        names = outputs.split(separator: ",").map { $0.filter { $0 != " " } }
        self.classifier = classifier.filter { $0 != " " }
    }

    func features(_ x: Tensor, _ range: Range<Int>) throws -> Tensor {
        guard !range.isEmpty else { return x }
        if range.lowerBound == 0 {
            last = try script.outputs(names + (classifier.isEmpty ? [] : [classifier]), of: x)
        } else {
            try requireLast(x, of: range.lowerBound)
        }
        return last[range.upperBound - 1]
    }

    func logits(_ features: Tensor) throws -> Tensor {
        guard !classifier.isEmpty else { throw ZooError("this torchscript extractor has no 'classifier'", .unsupported) }
        try requireLast(features, of: names.count)
        return last[names.count]
    }

    private func requireLast(_ x: Tensor, of stage: Int) throws(ZooError) {
        guard last.indices.contains(stage - 1), last[stage - 1].identity == x.identity else {
            throw ZooError(
                "a module cut at its 'outputs' goes on only from what it has just given: for a spatial transformer between its stages, cut it at submodules, with 'stages'",
                .unsupported)
        }
    }
}
