import ZooKit

/// Settings that every family here has.
private struct Sampling {
    static let options = [
        Option.string("padding", default: Padding.zeros.rawValue, choices: Padding.allCases.map(\.rawValue), "what lies outside the image"),
        Option.double("scale", default: 1, in: 0.05...8, "side of the warped image, as a factor of the image's"),
        Option.ints("size", default: [], in: 1...4096, "height and width of the warped image in pixels, instead of 'scale'"),
    ]
    let padding: Padding
    let scale: Double
    let size: [Int]

    init(_ build: Build) throws {
        padding = Padding(rawValue: try build.string("padding")) ?? .zeros
        scale = try build.double("scale")
        size = try build.ints("size")
        guard size.isEmpty || size.count == 2 else {
            throw ZooError("'size' is height and width; \(size.count) numbers were given", .badArgument)
        }
    }

    func outputSize(height: Int, width: Int) -> (height: Int, width: Int) {
        if size.count == 2 { return (size[0], size[1]) }
        return (max(1, Int(Double(height) * scale)), max(1, Int(Double(width) * scale)))
    }
}

/// All affine maps: the six numbers of θ = [a b tx; c d ty], row by row [JSZK15, arXiv:1506.02025, equation 1].
final class Affine: SpatialTransformer, Component {
    static let id = "affine"
    static let summary = "Affine maps: 6 parameters, the 2×3 matrix itself"
    static let paper = "arXiv:1506.02025"
    static let options = Sampling.options

    let parameters = Parameters()
    let parameterCount = 6
    let identity: [Double] = [1, 0, 0, 0, 1, 0]
    let composes = true
    let inverts = true
    private let sampling: Sampling

    init(_ build: Build) throws { sampling = try Sampling(build) }

    func outputSize(height: Int, width: Int) -> (height: Int, width: Int) { sampling.outputSize(height: height, width: width) }

    func transformation(_ parameters: Tensor) throws -> Tensor { try parameters.reshaped([-1, 2, 3]) }

    func compose(_ first: Tensor, _ second: Tensor) throws -> Tensor {
        try homogeneous(first).matmul(homogeneous(second)).narrowed(1, from: 0, count: 2)
    }

    func invert(_ theta: Tensor) throws -> Tensor { try homogeneous(theta).inverse().narrowed(1, from: 0, count: 2) }

    func warp(_ images: Tensor, _ theta: Tensor, height: Int, width: Int) throws -> Tensor {
        try images.warped(theta, height: height, width: width, padding: sampling.padding)
    }
}

/// N×2×3 to N×3×3, with the last row 0 0 1.
private func homogeneous(_ theta: Tensor) throws -> Tensor {
    let count = try theta.size(0)
    let row = try Tensor([0, 0, 1] as [Double], [1, 1, 3]).to(device: theta.device, dtype: theta.dtype).expanded([count, 1, 3])
    return try Tensor.cat([theta, row], dimension: 1)
}

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: Warps
    version: 1.0.0
    licence: Apache-2.0
    summary: Families of spatial transformations and their warps
    authors: The STN Zoo authors
    papers: arXiv:1506.02025
    """, [Affine.self])

@c(libWarps_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
