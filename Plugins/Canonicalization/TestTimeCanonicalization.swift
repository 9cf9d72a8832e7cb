import ZooKit

/// Test-time canonicalization: of all poses the one that the classifier likes best (arXiv:2405.03730; energy as in
/// arXiv:2507.10375). Nothing is trained for it; it is meant for a classifier trained upright.
///
/// In evaluation the image is turned back by each of N poses, and the copy whose logits have the smallest energy −log Σ
/// exp(logits), or the smallest entropy of their softmax, is classified. Each refinement then halves the step and tries
/// both neighbours of the best pose. In training the network sees the image as it is: its parameters are those of
/// architecture `cnn`, and weights fit both.
final class TestTimeCanonicalization: Architecture, Component {
    static let id = "test-time-canonicalization"
    static let summary = "Test-time canonicalization: of N poses the one whose undoing the classifier likes best, refined locally"
    static let paper = "arXiv:2405.03730"
    static let slots = [Slot("extractor", .extractor, "the classification network")]
    static let options = [
        Orbit.rotations,
        Option.string("criterion", default: Criterion.energy.rawValue, choices: Criterion.allCases.map(\.rawValue), "what is smallest"),
        Option.int("refinements", default: 2, in: 0...16, "times that the step is halved about the best pose"),
        PaddingMode.option(default: .border),
    ]
    static let wiring: Wiring? = Wiring(
        .input,
        """
        x ──→ x turned back by each of {rotations} poses ──→ {extractor}, each ──→ logits of smallest {criterion}
        {refinements} × : half the step to both sides of the best pose
        """)

    private enum Criterion: String, CaseIterable { case energy, entropy }
    private static let logSumExp = Operator("aten::logsumexp")
    private static let less = Operator("aten::lt", "Tensor")
    private static let choose = Operator("aten::where", "self")

    let parameters = Parameters()
    var traits: Traits { Traits(isPosedAtFirst: true, invariance: orbit.invariance) }
    private let orbit: Orbit
    private let criterion: Criterion
    private let refinements: Int
    private let extractor: any FeatureExtractor

    init(_ build: Build) throws {
        orbit = try Orbit(build)
        criterion = Criterion(rawValue: try build.string("criterion")) ?? .energy
        refinements = try build.int("refinements")
        extractor = try build.extractor("extractor", input: build.input, classes: build.outputs)
        try parameters["extractor"].adopt(extractor)
    }

    /// The best answer so far, for every image.
    private struct Answer {
        /// `N`, smaller is better.
        var cost: Tensor
        /// Degrees, `N`.
        var angle: Tensor
        /// `N×classes` or `N×heads×classes`.
        var logits: Tensor

        mutating func improve(with other: Answer) throws {
            let isBetter = try TestTimeCanonicalization.less(other.cost, cost)
            cost = try TestTimeCanonicalization.choose(isBetter, other.cost, cost)
            angle = try TestTimeCanonicalization.choose(isBetter, other.angle, angle)
            let rows = try isBetter.reshape([-1] + [Int](repeating: 1, count: logits.ndim - 1))
            logits = try TestTimeCanonicalization.choose(rows, other.logits, logits)
        }
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor {
        if parameters.isTraining { return try extractor.logits(x, trace: trace) }
        let (count, height, width) = (try x.size(0), try x.size(-2), try x.size(-1))
        func answer(_ image: Tensor, _ angle: Tensor) throws -> Answer {
            let logits = try extractor.logits(image)
            return Answer(cost: try cost(logits), angle: angle, logits: logits)
        }
        let zero = try Tensor.zeros([count]).to(device: x.device, dtype: x.dtype)
        var best = try answer(x, zero)
        for k in 1..<orbit.count { try best.improve(with: answer(orbit.copy(k, of: x), zero + orbit.angle(k))) }
        func undone(_ angle: Tensor) throws -> (image: Tensor, theta: Tensor) {
            let theta = try Orbit.theta(undoing: angle, height: height, width: width)
            return (try x.warp(theta, height: height, width: width, paddingMode: orbit.padding), theta)
        }
        var step = orbit.step
        for _ in 0..<refinements {
            step /= 2
            let middle = best.angle
            for angle in [try middle + step, try middle + -step] { try best.improve(with: answer(undone(angle).image, angle)) }
        }
        if let trace {
            let (image, theta) = try undone(best.angle)
            trace.theta(1, theta)
            trace.warped(image)
            _ = try extractor.logits(image, trace: trace)
        }
        return best.logits
    }

    /// The cost of every image, `N`, which is the mean over heads.
    private func cost(_ logits: Tensor) throws -> Tensor {
        let each: Tensor
        switch criterion {
        case .energy: each = try -Self.logSumExp(logits, [-1])
        case .entropy:
            let shares = try logits.logSoftmax(dim: -1)
            each = try -(shares.exp() * shares).sum(dim: [-1])
        }
        return each.ndim == 1 ? each : try each.mean(dim: [1])
    }
}
