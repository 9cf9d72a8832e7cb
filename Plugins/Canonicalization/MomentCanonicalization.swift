import Glibc
import ZooKit

/// Canonicalization in closed form: the image is turned so that a direction computed from its moments points to the
/// right. It has no parameters and follows every rotation of the image, exactly under quarter turns.
///
/// `principal`: the axis of the largest variance of the intensity about its centroid, in the sense in which the third
/// moment along it is positive; PCA in [Kaba et al. 2023, arXiv:2211.06489, table 1]. `first`: from the image's centre to
/// the intensity's centroid. The intensity is what a pixel has above the smallest value of its image, the mean over
/// channels. Moments are computed in float64, and no gradient goes through the direction.
final class MomentCanonicalization: Architecture, Component {
    static let id = "moment-canonicalization"
    static let summary = "Canonicalization in closed form: the principal axis or the first moment of the image points to the right"
    static let paper = "arXiv:2211.06489"
    static let slots = [Slot("extractor", .extractor, "the classification network, on the canonical image")]
    static let options = [
        Option.string("moment", default: Moment.principal.rawValue, choices: Moment.allCases.map(\.rawValue), "what gives the direction"),
        PaddingMode.option(default: .border),
    ]
    static let wiring: Wiring? = Wiring(
        .input,
        """
        x ─┬─→ direction of the {moment} moment ─→ angle ─┐
           └──────────→ x turned back by it ──→ {extractor} ──→ logits
        """)

    private enum Moment: String, CaseIterable { case principal, first }

    private static let arctangent = Operator("aten::atan2")
    private static let smallest = Operator("aten::amin")
    private static let less = Operator("aten::lt", "Scalar")

    let parameters = Parameters()
    var traits: Traits { Traits(isPosedAtFirst: true, isPoseDetached: true, invariance: .init(rotations: 4, mirror: false)) }
    private let moment: Moment
    private let padding: PaddingMode
    private let extractor: any FeatureExtractor
    /// Places of the pixels about the centre in pixels, to the right and up, 1×(H·W), float64.
    private let right, up: Tensor
    private let pixels: Int

    init(_ build: Build) throws {
        moment = Moment(rawValue: try build.string("moment")) ?? .principal
        padding = try PaddingMode(build)
        extractor = try build.extractor("extractor", input: build.input, classes: build.outputs)
        try parameters["extractor"].adopt(extractor)
        let (height, width) = (build.input.height, build.input.width)
        pixels = height * width
        right = try Tensor((0..<pixels).map { Double($0 % width) - Double(width - 1) / 2 }, [1, pixels])
        up = try Tensor((0..<pixels).map { Double(height - 1) / 2 - Double($0 / width) }, [1, pixels])
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor {
        guard let height = try? x.size(-2), let width = try? x.size(-1), height * width == pixels else {
            throw ZooError("\(Self.id) was built for images of \(pixels) pixels; got shape \(x.shape)", .badArgument)
        }
        let theta = try noGrad {
            let degrees = try direction(x) * (180 / Double.pi)
            return try Orbit.theta(undoing: degrees, height: height, width: width).to(dtype: x.dtype)
        }
        let aligned = try x.warp(theta, height: height, width: width, paddingMode: padding)
        trace?.theta(1, theta)
        trace?.warped(aligned)
        return try extractor.logits(aligned, trace: trace)
    }

    /// The angle of every image in radians, anticlockwise from the right, `N`, float64.
    private func direction(_ x: Tensor) throws -> Tensor {
        let plane = try x.detach().to(dtype: .float64).mean(dim: [1]).reshape([-1, pixels])
        let intensity = try plane - Self.smallest(plane, [1], true)
        let (right, up) = (try right.to(device: x.device), try up.to(device: x.device))
        func sum(_ values: Tensor) throws -> Tensor { try (intensity * values).sum(dim: [1], keepdim: true) }
        // An image of one grey has the direction 0.
        let mass = try intensity.sum(dim: [1], keepdim: true) + 1e-300
        let (middleX, middleY) = (try sum(right) / mass, try sum(up) / mass)
        guard moment == .principal else { return try Self.arctangent(middleY, middleX).reshape([-1]) }
        let (dx, dy) = (try right - middleX, try up - middleY)
        let axis = try Self.arctangent(sum(dx * dy) * 2, sum(dx * dx) - sum(dy * dy)) * 0.5
        let along = try dx * axis.cos() + dy * axis.sin()
        let isBackward = try Self.less(sum(along * along * along), 0.0).to(dtype: .float64)
        return try (axis + isBackward * Double.pi).reshape([-1])
    }
}
