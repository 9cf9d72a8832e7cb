import ZooKit

/// A whole classifier from a TorchScript file: what `torch.jit.save(torch.jit.script(model), …)` writes in PyTorch.
///
/// It starts with the weights of the file, and can be trained further like any other. It has the sizes that it has: an
/// input or a number of classes that it was not made for is refused when it is built.
final class TorchArchitecture: Architecture, Component {
    static let id = "torchscript"
    static let summary = "A whole classifier from a TorchScript file, N×C×H×W to logits"
    static let options = [
        Option.file("torchscript", .code, "path of the file that torch.jit.save wrote"),
        Option.string("method", default: "", "method or submodule that gives the logits; empty: the module's own forward"),
    ]
    static let wiring: Wiring? = Wiring(.nothing, "x ──→ {torchscript} ──→ logits")

    let parameters = Parameters()
    private let script: TorchScript
    private let method: String

    init(_ build: Build) throws {
        let path = try build.string("torchscript")
        method = try build.string("method")
        script = try TorchScript(path: path)
        try parameters.root.adopt(script)
        // Whether it fits is seen by running it, here and not in the middle of a training.
        try build.requireLogits(path) { x in try script.tried { try script(x, through: method) } }
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor { try script(x, through: method) }
}

extension Build {
    /// Runs a model on two blank images.
    ///
    /// - Throws: `badArgument` that names the model's file, if they do not give logits of this build's classes.
    func requireLogits(_ path: String, _ run: (Tensor) throws -> Tensor) throws {
        let logits = try run(Tensor.zeros([2, input.channels, input.height, input.width]))
        guard logits.rank == 2 || logits.rank == 3, logits.shape.first == 2, logits.shape.last == outputs else {
            throw ZooError(
                "\(path): two images of \(input) give \(logits.shape), expected [2, \(outputs)] or [2, heads, \(outputs)]",
                .badArgument)
        }
    }
}

extension TorchScript {
    /// Runs `body` in evaluation, without gradients, and then trains again as before.
    func tried(_ body: () throws -> Tensor) throws -> Tensor {
        let wasTraining = parameters.isTraining
        try parameters.setTraining(false)
        let result = try withoutGradients { try body() }
        try parameters.setTraining(wasTraining)
        return result
    }
}
