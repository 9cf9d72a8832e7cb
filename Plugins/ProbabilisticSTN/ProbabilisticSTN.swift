import Glibc
import ZooKit

/// A probabilistic spatial transformer [SS25, arXiv:2509.11218; SSV20, arXiv:2004.03637]: the localization net gives every
/// parameter of the transformation a mean and a variance, and the classifier sees the image under draws from that
/// Gaussian.
///
/// Training takes one draw for each image (reparametrised, so gradients reach mean and variance); evaluation gives the
/// logarithm of the mean of the class probabilities over `samples` draws, which are the same for every image and in every
/// run. θ in the trace is that of the mean.
///
/// The loss "kl" is the divergence of the posterior from a Gaussian around the identity, its mean over the batch. The loss
/// "alignment" shows the localization net every image moved by a random transformation T: the pose that it finds then has
/// to be the one found before, T undone, T · θ(x ∘ T) = θ(x). The paper asks for θ(x ∘ T) = T⁻¹, which needs training
/// images that are upright.
final class ProbabilisticSTN: Architecture, Component {
    static let id = "probabilistic-stn"
    static let summary = "A Gaussian over transformations of the input: training draws one, evaluation averages over several"
    static let paper = "arXiv:2509.11218"
    static let slots = [
        Slot("localization", .localization, "predicts mean and log variance of the transformation's parameters from the input"),
        Slot("transformer", .transformer, "family of the transformation, and how it samples"),
        Slot("extractor", .extractor, "the classification network, on the transformed image"),
    ]
    static let options = [
        Option.int("samples", default: 8, in: 0...1024, "draws that evaluation averages over; 0: the mean pose alone"),
        Option.double("deviation", default: 0.1, in: 1e-6...10, "standard deviation of every parameter before training"),
        Option.double("prior", default: 1, in: 1e-3...1e3, "standard deviation of the prior around the identity"),
        Option.double("spread", default: 0.3, in: 0...10, "standard deviation of the alignment loss's transformations; 0: no such loss"),
    ]
    static let losses = [
        Loss("kl", weight: 0.001, "divergence of the posterior over parameters from the prior, in nats, mean over the batch"),
        Loss("alignment", weight: 1, "mean squared difference of the poses found before and after a known transformation"),
    ]
    static let wiring: Wiring? = Wiring(
        .input,
        """
        x ─┬─→ {localization} ─→ μ, σ ─→ θ(μ + σ · ε), {samples} draws ─┐
           └─────────────────────────→ {transformer} warp, each ──→ {extractor}, each ──→ mean probabilities ──→ logits
        """)

    let parameters = Parameters()
    private let localization: any LocalizationNet
    private let transformer: any SpatialTransformer
    private let extractor: any FeatureExtractor
    private let deviation: Double
    private let prior: Double
    private let spread: Double
    /// The draws of evaluation, each `1×K`.
    private let draws: [Tensor]

    init(_ build: Build) throws {
        deviation = try build.double("deviation")
        prior = try build.double("prior")
        spread = try build.double("spread")
        transformer = try build.transformer("transformer", input: build.input)
        let count = transformer.parameterCount
        guard spread == 0 || transformer.composes else {
            throw ZooError("transformations of this family do not compose: set 'spread' to 0 or choose another family", .badArgument)
        }
        extractor = try build.extractor("extractor", input: transformer.outputShape(of: build.input), classes: build.outputs)
        localization = try build.localization("localization", input: build.input, outputs: 2 * count)
        let generator = try Generator(seed: 0)
        draws = try (0..<build.int("samples")).map { _ in try Tensor.randn([1, count], generator: generator) }
        try parameters["extractor"].adopt(extractor)
        try parameters["localization"].adopt(localization)
        try parameters["transformer"].adopt(transformer)
    }

    /// Mean and logarithm of the variance of the parameters' offset from the identity, each `N×K`.
    private func posterior(_ x: Tensor) throws -> (mean: Tensor, logVariance: Tensor) {
        let count = transformer.parameterCount
        let both = try localization.forward(x)
        return (
            try both.narrow(dim: 1, start: 0, length: count),
            try both.narrow(dim: 1, start: count, length: count) + 2 * log(deviation)
        )
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor {
        let (mean, logVariance) = try posterior(x)
        let sigma = try (logVariance * 0.5).exp()
        let pose = try transformer.transformation(offset: mean)
        func logits(_ noise: Tensor) throws -> Tensor {
            let offset = try mean + sigma * noise.to(device: x.device, dtype: x.dtype)
            return try extractor.logits(transformer.warp(x, transformer.transformation(offset: offset)))
        }
        trace?.theta(1, pose)
        trace?.record("deviation", sigma)
        if parameters.isTraining {
            let answer = try logits(Tensor.randn(mean.shape))
            if let trace { try report(x, pose, mean, logVariance, in: trace) }
            return answer
        }
        if trace != nil || draws.isEmpty {
            let warped = try transformer.warp(x, pose)
            trace?.warped(warped)
            let answer = try extractor.logits(warped, trace: trace)
            if draws.isEmpty { return answer }
        }
        let answers = try Tensor.stack(draws.map { try logits($0).logSoftmax(dim: -1) })
        let largest = try answers.amax(dim: [0])
        return try (answers - largest).exp().mean(dim: [0]).log() + largest
    }

    private func report(_ x: Tensor, _ pose: Tensor, _ mean: Tensor, _ logVariance: Tensor, in trace: Trace) throws {
        let share = 1 / (prior * prior)
        let terms = try (logVariance.exp() + mean * mean) * share - logVariance + (2 * log(prior) - 1)
        trace.loss("kl", try terms.sum(dim: [1]).mean() * 0.5)
        guard spread > 0 else { return }
        let offset = try Tensor.randn(mean.shape).to(device: x.device, dtype: x.dtype) * spread
        let shift = try transformer.transformation(offset: offset)
        let moved = try transformer.warp(x, shift, height: x.size(-2), width: x.size(-1))
        let found = try transformer.compose(shift, transformer.transformation(offset: posterior(moved).mean))
        let difference = try found - pose
        trace.loss("alignment", try (difference * difference).mean())
    }
}

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: ProbabilisticSTN
    version: 1.0.0
    licence: Apache-2.0
    summary: Spatial transformers with a Gaussian over transformations
    authors: The STN Zoo authors
    papers: arXiv:2509.11218; arXiv:2004.03637
    """, [ProbabilisticSTN.self, RotationScaleShear.self])

@c(libProbabilisticSTN_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
