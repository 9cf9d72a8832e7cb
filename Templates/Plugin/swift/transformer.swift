import ZooKit

/// The attention family of spatial transformers [Jaderberg et al., arXiv:1506.02025, equation 2].
///
/// Three parameters, isotropic scale s and translation (x, y): θ = [s 0 x; 0 s y]. It crops, zooms and shifts, and cannot
/// rotate. θ is linear in the parameters: one matrix product, gradients come by themselves.
final class {{TYPE}}: SpatialTransformer, Component {
    static let id = "{{ID}}"
    static let summary = "Attention: isotropic scale and translation, 3 parameters"
    static let paper = "arXiv:1506.02025"
    // What a user can set in zoo.json. The host checks the type and the choices.
    static let options = [
        Option.string("padding", default: Padding.zeros.rawValue, choices: Padding.allCases.map(\.rawValue), "what lies outside the image")
    ]

    let parameters = Parameters()
    let parameterCount = 3
    let identity: [Double] = [1, 0, 0]
    let composes = true
    let inverts = true
    private let padding: Padding
    /// 3×6: what s, x and y add to the six entries of θ.
    private let basis: Tensor

    init(_ build: Build) throws {
        padding = Padding(rawValue: try build.string("padding")) ?? .zeros
        basis = try Tensor([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1] as [Float], [3, 6])
    }

    /// N×3 to θ, N×2×3.
    func transformation(_ parameters: Tensor) throws -> Tensor {
        guard parameters.rank == 2, try parameters.size(1) == parameterCount else {
            throw ZooError("{{ID}} takes parameters of shape N×3, not \(parameters.shape)", .badArgument)
        }
        let basis = try basis.to(device: parameters.device, dtype: parameters.dtype)
        return try parameters.matmul(basis).reshaped([-1, 2, 3])
    }

    /// [A a]·[B b] = [AB, Ab + a].
    func compose(_ first: Tensor, _ second: Tensor) throws -> Tensor {
        let product = try first.narrowed(2, from: 0, count: 2).matmul(second)
        let shift = try product.narrowed(2, from: 2, count: 1) + first.narrowed(2, from: 2, count: 1)
        return try Tensor.cat([product.narrowed(2, from: 0, count: 2), shift], dimension: 2)
    }

    /// [A a]⁻¹ = [A⁻¹, -A⁻¹a].
    func invert(_ theta: Tensor) throws -> Tensor {
        let inverse = try theta.narrowed(2, from: 0, count: 2).inverse()
        return try Tensor.cat([inverse, -inverse.matmul(theta.narrowed(2, from: 2, count: 1))], dimension: 2)
    }

    func warp(_ images: Tensor, _ theta: Tensor, height: Int, width: Int) throws -> Tensor {
        try images.warped(theta, height: height, width: width, padding: padding)
    }
}
