import TestSupport
import Testing
import ZooCore
import ZooKit

/// A shape of `zoo::norm_pool_act` with its numbers, drawn from a seed.
struct NormCase: CustomStringConvertible {
    var images, channels, group, height, width, pool: Int
    var slope: Double
    var training, last: Bool
    let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
        var draw = SplitMix(seed: seed)
        // Two at least: one value alone has no variance.
        images = draw.one([2, 2, 7, 33])
        channels = draw.one([1, 2, 3, 5, 8, 10, 16, 20, 33])
        group = draw.one([1, 1, 4, 8])
        pool = draw.one([1, 2])
        height = Swift.max(pool, 2) + Int(draw.next() % 10)
        width = pool + Int(draw.next() % 11)
        slope = draw.one([0, 0, 0.2, 1])
        training = draw.one([true, true, false])
        last = draw.one([true, false])
    }

    /// The same with as many images as two threads share, of a size that no vector divides.
    var shared: Self {
        var copy = self
        (copy.height, copy.width) = (17, 15)
        copy.images = Sharing.images(channels * group * copy.height * copy.width, inAll: 200_000)
        return copy
    }

    var description: String {
        "\(images)×\(channels)·\(group)×\(height)×\(width), pool \(pool), slope \(slope), \(training ? "training" : "evaluation"), "
            + "\(last ? "channels last" : "contiguous")"
    }

    static let names = [
        "output", "gradient of the input", "gradient of the weight", "gradient of the bias", "running mean", "running variance",
    ]

    /// Input, weight, bias, running mean and variance; means are several standard deviations from zero.
    func tensors(_ dtype: DType) throws -> [Tensor] {
        let random = try Generator(seed: seed)
        let x = try Tensor.randn([images, channels * group, height, width], generator: random)
        let list = [
            try (x * 2 + Tensor.randn([1, channels * group, 1, 1], generator: random) * 5).contiguous(last ? .channelsLast : .contiguous),
            try Tensor.randn([channels], generator: random), try Tensor.randn([channels], generator: random),
            try Tensor.randn([channels], generator: random),
            try Tensor.rand([channels], generator: random) + 0.5,
        ]
        return try list.enumerated().map { index, tensor in
            let leaf = try tensor.to(dtype: dtype).detach()
            return try index < 3 ? leaf.requiresGrad_() : leaf
        }
    }

    private static let epsilon = 1e-5
    private static let momentum = 0.1

    func fused(_ leaves: [Tensor], _ set: String, dropout: Double = 0) throws -> Tensor {
        try FusedNormTests.fused(
            leaves[0], leaves[1], leaves[2], leaves[3], leaves[4], training, Self.momentum, Self.epsilon, group, pool, slope, dropout, set)
    }

    /// The values of a channel's group share its statistics: as one image of `group` times the height.
    private func grouped(_ x: Tensor) throws -> Tensor { try x.contiguous().reshape([images, channels, group * height, width]) }
    private func ungrouped(_ x: Tensor) throws -> Tensor { try x.reshape([images, channels * group, height, width]) }
    /// One number for each channel, beside a grouped tensor.
    private func perChannel(_ x: Tensor) throws -> Tensor { try x.reshape([1, channels, 1, 1]) }

    private func activated(_ normal: Tensor) throws -> Tensor {
        let y = try slope == 1 ? normal : normal.leakyReLU(negativeSlope: slope)
        return pool == 1 ? y : try y.maxPool2d(kernelSize: pool)
    }

    /// By single layers, activation before pooling.
    func plain(_ leaves: [Tensor]) throws -> Tensor {
        let x = try leaves[0].reshape([images, channels, group * height, width])
        let normal: Tensor = try FusedNormTests.plain(
            x, leaves[1], leaves[2], leaves[3], leaves[4], training, Self.momentum, Self.epsilon, false)
        return try activated(ungrouped(normal))
    }

    /// The output, every gradient of Σ output · cotangent, and the running statistics afterwards.
    func run(_ leaves: [Tensor], _ cotangent: Tensor? = nil, _ body: ([Tensor]) throws -> Tensor) throws -> [Tensor] {
        let output = try body(leaves)
        let cotangent = try (cotangent ?? wave(output.shape)).to(dtype: leaves[0].dtype)
        try (output * cotangent).sum().backward()
        let gradients = try leaves.prefix(3).map { try #require(try $0.grad) }
        return [try output.detach()] + gradients + leaves.suffix(2)
    }

    /// A wave in the output's shape, zero where rounding may choose, and what each of `names` may then be off.
    ///
    /// With x̂ = (x − μ)/σ, z = w x̂ + b and g = ∂/∂z, the terms are those of z, of Σ g, of Σ g x̂ and, in training, of
    /// ∂/∂x = w/σ (g − mean g − x̂ · mean(g x̂)). Since μ is a rounded number of the size of x, an x̂ is off as a sum with the terms x/σ
    /// and μ/σ is, `wide` below, however small it is itself; a product of two such sums is off by each times the other.
    func comparison(_ leaves: [Tensor]) throws -> (cotangent: Tensor, tolerances: [Tensor]) {
        let x = try grouped(leaves[0].detach())
        let (w, b) = (try perChannel(leaves[1].detach()), try perChannel(leaves[2].detach()))
        let count = images * group * height * width
        func mean(_ x: Tensor) throws -> Tensor { try x.mean(dim: [0, 2, 3], keepdim: true) }
        func sum(_ x: Tensor) throws -> Tensor { try x.sum(dim: [0, 2, 3]) }
        let batchMean = try mean(x)
        let batchVariance = try mean((x - batchMean) * (x - batchMean))
        let mu = training ? batchMean : try perChannel(leaves[3].detach())
        let sigma = try ((training ? batchVariance : perChannel(leaves[4].detach())) + Self.epsilon).sqrt()

        let normal = try (x - mu) / sigma
        let wide = try (x.abs() + mu.abs()) / sigma
        let z = try normal * w + b
        let rounding = Rounding.tolerance(terms: count + 4)
        let ofZ = try ungrouped((wide * w.abs() + b.abs()) * rounding)
        let decided = try Kinks.decided(ungrouped(z), tolerated: ofZ, pool: pool, slope: slope)
        let cotangent = try wave(decided.shape) * decided

        let leaf = try ungrouped(z).detach().requiresGrad_()
        try (activated(leaf) * cotangent).sum().backward()
        let g = try grouped(#require(try leaf.grad)).abs()
        var ofX = g
        if training { ofX = try g + mean(g) + normal.abs() * mean(g * wide) + wide * mean(g * normal.abs()) }
        // The running statistics: old ones and the batch's, in the shares that momentum gives them. The squares are of differences that
        // are off by a rounded μ.
        let (old, new) = (1 - Self.momentum, Self.momentum)
        let (oldMean, oldVariance) = (try leaves[3].detach().abs(), try leaves[4].detach().abs())
        let squares = try mean((x - mu).abs() * (x.abs() + mu.abs())).reshape([channels]) * (Double(count) / Double(count - 1))
        return (
            cotangent,
            [
                pool == 1 ? ofZ : try ofZ.maxPool2d(kernelSize: pool), try ungrouped(ofX * w.abs() / sigma * rounding),
                try sum(g * wide) * rounding, try sum(g) * rounding,
                try (oldMean * old + mean(x.abs()).reshape([channels]) * new) * rounding,
                try (oldVariance * old + squares * new) * rounding,
            ]
        )
    }
}
