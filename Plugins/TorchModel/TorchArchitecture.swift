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
    /// Runs a model on blank images, on two, one and three of them.
    ///
    /// - Throws: `badArgument` that names the model's file, if they do not give logits of this build's classes.
    func requireLogits(_ path: String, _ run: (Tensor) throws -> Tensor) throws {
        for count in [2, 1, 3] {
            let many = ["", "one image", "two images", "three images"][count]
            let logits: Tensor
            do { logits = try run(Tensor.zeros([count, input.channels, input.height, input.width])) } catch {
                throw ZooError("\(path): it fails for \(many) of \(input): \(error)", .badArgument)
            }
            guard logits.ndim == 2 || logits.ndim == 3, logits.shape.first == count, logits.shape.last == outputs else {
                let hint = count == 1 ? "; does it squeeze() its result?" : ""
                throw ZooError(
                    "\(path): \(many) of \(input) give \(logits.shape), expected [\(count), \(outputs)] or [\(count), heads, \(outputs)]\(hint)",
                    .badArgument)
            }
        }
    }
}

extension TorchScript {
    /// Runs `body` in evaluation, without gradients, and then trains again as before.
    func tried(_ body: () throws -> Tensor) throws -> Tensor {
        let wasTraining = parameters.isTraining
        try parameters.setTraining(false)
        let result = try noGrad { try body() }
        try parameters.setTraining(wasTraining)
        return result
    }
}
