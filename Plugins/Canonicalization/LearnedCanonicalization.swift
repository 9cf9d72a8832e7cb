import ZooKit

/// Learned canonicalization [Kaba et al. 2023, arXiv:2211.06489]: a small network gives each pose of C_N a score, and the
/// classifier sees the image with the best pose undone.
///
/// The score of pose g is u(T_g⁻¹ x), the same network u on every copy of the image: turning the image exchanges the
/// scores, so the choice is equivariant whatever u is (section 3.2 of the paper). In evaluation the copy of the largest
/// score is taken. In training the forward pass is the same, and the backward pass is that of the copies' mean with
/// weights softmax(scores): straight through.
///
/// The loss "prior" [Mondal et al. 2023, arXiv:2305.01751] is −log softmax(scores) of pose 0, the mean over the batch:
/// it teaches the network to leave training images as they are, where these are upright. Its weight is 0 unless the
/// recipe says otherwise. Copy 0 is the only one that is not interpolated, and a scorer can learn to see that. With
/// `turned`, every training image is first turned by a random angle, and the prior asks for the pose nearest to it.
final class LearnedCanonicalization: Architecture, Component {
    static let id = "canonicalization"
    static let summary = "Learned canonicalization: a network scores N poses, and the classifier sees the image with the best one undone"
    static let paper = "arXiv:2211.06489"
    static let slots = [
        Slot("extractor", .extractor, "the classification network, on the canonical image"),
        Slot(
            "scorer", .extractor, required: false,
            "scores one copy, as a classifier of one class; empty: conv 5×5 of 'width' and 2·'width' channels, stride 2; linear"),
    ]
    static let options = [
        Orbit.rotations, Option.int("width", default: 12, in: 1...1024, "channels of the scorer's first convolution, if the slot is empty"),
        Option.double("temperature", default: 1, in: 0.001...1000, "what scores are divided by before the softmax of the backward pass"),
        PaddingMode.option(default: .border),
        Option.bool("turned", default: false, "training turns every image by a random angle, and the prior asks for that pose"),
    ]
    static let losses = [Loss("prior", weight: 0, "−log softmax(scores) of the pose in which training images are upright")]
    static let wiring: Wiring? = Wiring(
        .input,
        """
        x ─┬─→ x turned back by each of {rotations} poses ─→ {scorer}, each ─→ best pose ─┐
           └──────────────────────────→ x with that pose undone ──→ {extractor} ──→ logits
        """)

    private static let pick = Operator("aten::scatter", "value")

    let parameters = Parameters()
    var traits: Traits { Traits(isPosedAtFirst: true, invariance: orbit.invariance) }
    private let orbit: Orbit
    private let temperature: Double
    private let turned: Bool
    private let extractor: any FeatureExtractor
    private let score: (Tensor) throws -> Tensor

    init(_ build: Build) throws {
        orbit = try Orbit(build)
        temperature = try build.double("temperature")
        turned = try build.bool("turned")
        extractor = try build.extractor("extractor", input: build.input, classes: build.outputs)
        try parameters["extractor"].adopt(extractor)
        do {
            let scorer = try build.extractor("scorer", input: build.input, classes: 1)
            try parameters["scorer"].adopt(scorer)
            score = { try scorer.logits($0) }
        } catch let error as ZooError where error.kind == .notFound {
            let scorer = try Self.scorer(build, in: parameters["scorer"])
            score = { try scorer($0) }
        }
    }

    private static func scorer(_ build: Build, in scope: Scope) throws -> Sequential {
        let width = try build.int("width")
        let features = Sequential([
            try Conv2d(
                inChannels: build.input.channels, outChannels: width, kernelSize: 5, stride: 2, padding: 2, in: scope["conv1"]), ReLU(),
            try Conv2d(inChannels: width, outChannels: 2 * width, kernelSize: 5, stride: 2, padding: 2, in: scope["conv2"]), ReLU(),
            Flatten(),
        ])
        let count = try features.outputShape(of: build.input).count
        return Sequential(features.layers + [try Linear(inFeatures: count, outFeatures: 1, in: scope["score"])])
    }

    /// The images, in training with `turned` each by a random angle, and the pose in which each is upright, `N`.
    private func presented(_ x: Tensor) throws -> (images: Tensor, poses: Tensor) {
        let count = try x.size(0)
        guard parameters.isTraining && turned else {
            return (x, try Tensor(Array(repeating: Int64(0), count: count), [count]).to(device: x.device))
        }
        let angles = try Tensor.rand([count]).doubles().map { $0 * 360 }
        let poses = angles.map { Int64(($0 / orbit.step).rounded()) % Int64(orbit.count) }
        let (height, width) = (try x.size(-2), try x.size(-1))
        let theta = try Orbit.theta(undoing: Tensor(angles.map(-), [count]), height: height, width: width)
        let images = try x.warp(theta.to(device: x.device, dtype: x.dtype), height: height, width: width, paddingMode: orbit.padding)
        return (images, try Tensor(poses, [count]).to(device: x.device))
    }

    func forward(_ images: Tensor, trace: Trace?) throws -> Tensor {
        let (x, poses) = try presented(images)
        let count = try x.size(0)
        let (height, width) = (try x.size(-2), try x.size(-1))
        let copies = try Tensor.cat((0..<orbit.count).map { k throws(ZooError) in try orbit.copy(k, of: x) })
        let scores = try score(copies).reshape([orbit.count, count])
        let best = try scores.argmax(dim: 0)
        let aligned: Tensor
        if parameters.isTraining {
            let shares = try (scores * (1 / temperature)).softmax(dim: 0)
            let choice = try Self.pick(Tensor.zeros(scores.shape).to(device: x.device, dtype: x.dtype), 0, best.unsqueeze(dim: 0), 1)
            let weights = try choice + (shares - shares.detach())
            let stacked = try copies.reshape([orbit.count] + x.shape)
            aligned = try (stacked * weights.reshape([orbit.count, count, 1, 1, 1])).sum(dim: [0])
            trace?.loss("prior", try scores.transpose().crossEntropy(poses))
        } else {
            let first = try Tensor((0..<count).map(Int64.init), [count]).to(device: x.device)
            let rows = try Tensor([Int64(count)], [1]).to(device: x.device)
            aligned = try copies.indexSelect(dim: 0, index: best * rows + first)
        }
        if let trace {
            let angles = try best.to(dtype: x.dtype) * orbit.step
            trace.theta(1, try Orbit.theta(undoing: angles, height: height, width: width))
            trace.record("scores", try scores.transpose())
            trace.record("poses", poses)
            trace.warped(aligned)
        }
        return try extractor.logits(aligned, trace: parameters.isTraining ? nil : trace)
    }
}
