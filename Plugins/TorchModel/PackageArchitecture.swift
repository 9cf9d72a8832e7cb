import ZooKit

/// A whole classifier that PyTorch has compiled to native code: what `torch._inductor.aoti_compile_and_package` writes
/// of an exported program.
///
/// It is evaluated and timed like any other. It cannot be trained: what was compiled is the forward pass alone, with
/// its weights as constants.
final class PackageArchitecture: Architecture, Component {
    static let id = "aotinductor"
    static let summary = "A whole classifier as an AOTInductor package, N×C×H×W to logits; evaluated, not trained"
    static let options = [Option.file("package", .code, "path of the file that torch._inductor.aoti_compile_and_package wrote")]
    static let wiring: Wiring? = Wiring(.nothing, "x ──→ {package} ──→ logits")

    let parameters = Parameters()
    private let path: String
    private let package: CompiledPackage
    private let dtype: DType

    init(_ build: Build) throws {
        path = try build.string("package")
        package = try CompiledPackage(path: path)
        dtype = try Self.dtype(of: package, build.input)
        try noGrad { try build.requireLogits(path) { try run($0) } }
    }

    /// The type of images that it was compiled for; float32 where it takes none of the others either.
    private static func dtype(of package: CompiledPackage, _ input: ImageShape) throws -> DType {
        let images = try Tensor.zeros([2, input.channels, input.height, input.width])
        return noGrad {
            [DType.float32, .float64, .float16, .bfloat16].first { (try? package(images.to(dtype: $0))) != nil } ?? .float32
        }
    }

    /// A program that was exported for any number of images is one for two or more: PyTorch takes a size of one for a
    /// constant.
    private func run(_ x: Tensor) throws -> Tensor {
        let images = try x.to(dtype: dtype)
        if try x.size(0) == 1 {
            return try package(Tensor.cat([images, images], dim: 0)).narrow(dim: 0, start: 0, length: 1).to(dtype: x.dtype)
        }
        do { return try package(images).to(dtype: x.dtype) } catch {
            // Three are asked for only after two have been computed.
            guard try x.size(0) == 3, (try? package(images.narrow(dim: 0, start: 0, length: 2))) != nil else { throw error }
            throw ZooError(
                "\(path): it takes two images and not three: export it with dynamic_shapes=({0: torch.export.Dim(\"batch\")},)",
                .badArgument)
        }
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor {
        guard !parameters.isTraining else {
            throw ZooError("\(path): an AOTInductor package holds no gradients: it can be evaluated, not trained", .unsupported)
        }
        return try run(x)
    }
}
