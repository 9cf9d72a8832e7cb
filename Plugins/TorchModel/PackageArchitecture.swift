import ZooKit

/// A whole classifier that PyTorch has compiled to native code: what `torch._inductor.aoti_compile_and_package` writes of an exported program.
///
/// It is evaluated and timed like any other. It cannot be trained: what was compiled is the forward pass alone, with its weights as constants.
final class PackageArchitecture: Architecture, Component {
    static let id = "aotinductor"
    static let summary = "A whole classifier as an AOTInductor package, N×C×H×W to logits; evaluated, not trained"
    static let options = [Option.file("package", .code, "path of the file that torch._inductor.aoti_compile_and_package wrote")]
    static let wiring: Wiring? = Wiring(.nothing, "x ──→ {package} ──→ logits")

    let parameters = Parameters()
    private let path: String
    private let package: CompiledPackage

    init(_ build: Build) throws {
        path = try build.string("package")
        package = try CompiledPackage(path: path)
        try withoutGradients { try build.requireLogits(path) { try package($0) } }
        // A program that was exported for one number of images takes no other.
        let input = build.input
        do { _ = try withoutGradients { try package(Tensor.zeros([3, input.channels, input.height, input.width])) } } catch {
            throw ZooError(
                "\(path): it takes two images and not three: export it with dynamic_shapes=({0: torch.export.Dim(\"batch\")},)",
                .badArgument)
        }
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor {
        guard !parameters.isTraining else {
            throw ZooError("\(path): an AOTInductor package holds no gradients: it can be evaluated, not trained", .unsupported)
        }
        // A program exported for any number of images is one for two or more: PyTorch takes a size of one for a constant.
        return try x.size(0) == 1 ? package(Tensor.cat([x, x], dimension: 0)).narrowed(0, from: 0, count: 1) : package(x)
    }
}
