import ZooKit

/// IC-STN: a recurrent predictor looks at the image as warped so far, and its update is composed from the left,
/// M(p) ← M(Δp) · M(p); the final warp of the original image feeds the classifier [LL17, arXiv:1612.03897].
final class ICSTN: Architecture, Component {
    static let id = "ic-stn"
    static let summary = "IC-STN: inverse compositional alignment of the input by a recurrent predictor"
    static let paper = "arXiv:1612.03897"
    static let options = [
        IterativeTransformer.option(default: 4),
        Option.string(
            "start", default: Start.identity.rawValue, choices: Start.allCases.map(\.rawValue),
            "p₀: the identity; or the known perturbation, and every warp is of the unperturbed image, so nothing is lost at the border"),
    ]
    static let slots = [
        Slot("localization", .localization, "the predictor, used in every iteration: an update from the image as warped so far"),
        Slot("transformer", .transformer, "family of the transformation, which must compose, and how it samples"),
        Slot("extractor", .extractor, "the classification network, on the transformed image"),
    ]
    static let wiring: Wiring? = Wiring(
        .input,
        """
        x ──→ {transformer} warp by θ ─→ {localization} ─→ Δp,  θ ← M(Δp) · θ      {iterations} ×, one net
        x ──→ {transformer} warp by the last θ ──→ {extractor} ──→ logits
        """)

    /// Where the alignment starts. From the perturbation is the authors' experiment on perturbed digits [LL17, section
    /// 5.1]: p₀ is what made the image from the unperturbed one, and warps take the unperturbed one.
    private enum Start: String, CaseIterable { case identity, perturbation }

    let parameters = Parameters()
    /// Buffers that the harness fills for each batch: the perturbations N×2×3 or N×3×3, and the unperturbed images
    /// N×C×H×W. While they hold nothing for a batch, it starts from the identity. Beside them, whether the family's
    /// matrices are 3×3.
    private let truth: (theta: Tensor, images: Tensor, isProjective: Bool)?
    private let classifier: AlignedClassifier

    init(_ build: Build) throws {
        let input = build.input
        guard try Start(rawValue: build.string("start")) == .perturbation else {
            classifier = try AlignedClassifier(build, in: parameters, order: .left)
            truth = nil
            return
        }
        let scope = parameters["truth"]
        let theta = try scope.buffer("theta", Tensor([1, 0, 0, 0, 1, 0] as [Float], [1, 2, 3]))
        let images = try scope.buffer("images", Tensor.zeros([0, input.channels, input.height, input.width]))
        classifier = try AlignedClassifier(build, in: parameters, order: .left)
        let family = classifier.spatial.transformer
        guard family.composes else {
            throw ZooError("ic-stn: 'start' is perturbation, but transformations of this family do not compose", .badArgument)
        }
        let matrix = try family.transformation(offset: Tensor.zeros([1, family.parameterCount]))
        truth = (theta, images, isProjective: matrix.shape == [1, 3, 3])
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor { try classifier(x, from: origin(of: x), trace: trace) }

    /// The unperturbed images of this very batch and what perturbed them, in the matrices of the family.
    private func origin(of x: Tensor) throws -> (image: Tensor, theta: Tensor)? {
        guard let truth, truth.images.shape == x.shape else { return nil }
        let count = try x.size(0)
        let theta = try truth.theta.to(device: x.device, dtype: x.dtype)
        switch (theta.shape, truth.isProjective) {
        case ([count, 2, 3], false): return (truth.images, theta)
        case ([count, 2, 3], true), ([count, 3, 3], true): return (truth.images, try theta.homogeneous())
        default:
            throw ZooError(
                "ic-stn: 'start' is perturbation, and the perturbations are \(theta.shape), which this family of transformations cannot start from; homographies need the family 'homography'",
                .unsupported)
        }
    }
}

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: ICSTN
    version: 1.0.0
    licence: Apache-2.0
    summary: Inverse compositional spatial transformer networks
    authors: The STN Zoo authors
    papers: arXiv:1612.03897
    """, [ICSTN.self])

@c(libICSTN_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
