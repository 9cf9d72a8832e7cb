import TestSupport
import Testing
import ZooCore
import ZooKit

/// A shape of `zoo::conv_pool_act` with its numbers, drawn from a seed.
struct ConvolutionCase: CustomStringConvertible {
    var images, channels, height, width, outputs, kernel, stride, padding, pool: Int
    var slope: Double
    var bias: Bool
    let seed: UInt64

    /// Two of seven have so many channels and positions that the kernels mostly work by tiles (Winograd's way), and one so many positions and
    /// so large a kernel that they mostly do so by shifts.
    init(seed: UInt64) {
        self.seed = seed
        var draw = SplitMix(seed: seed)
        let kind = draw.next() % 7
        slope = draw.one([0, 0, 0.01, 0.2, 1])
        bias = draw.one([true, true, false])
        if kind < 2 {
            kernel = draw.one([2, 3, 3, 3, 4, 5, 5, 5, 6, 7, 8, 9, 10, 11])
            stride = 1
            padding = draw.one([0, 0, 1, 2])
            pool = draw.one([1, 1, 2])
            channels = draw.one([8, 16, 20, 24, 33, 70])
            outputs = draw.one([8, 17, 20, 24, 40, 64])
            images = draw.one([1, 3, 8, 20])
            height = Swift.max(1, kernel - 2 * padding) + draw.one([3, 6, 7, 10, 11, 16])
            width = Swift.max(1, kernel - 2 * padding) + draw.one([3, 5, 7, 11, 12])
        } else if kind == 2 {
            kernel = draw.one([5, 6, 7, 8, 9, 10, 11])
            stride = 1
            padding = draw.one([0, 0, 1, 3])
            pool = draw.one([1, 2])
            channels = draw.one([1, 1, 2, 3])
            outputs = draw.one([16, 20, 33, 64])
            images = draw.one([3, 8, 13])
            height = Swift.max(1, kernel - 2 * padding) + draw.one([7, 10, 15, 20])
            width = Swift.max(1, kernel - 2 * padding) + draw.one([6, 11, 16, 60])
        } else {
            kernel = draw.one([1, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 10, 11])
            stride = draw.one([1, 1, 2])
            padding = draw.one([0, 0, 1, 2, 5])
            pool = draw.one([1, 2, 2])
            channels = draw.one([1, 1, 2, 3, 4, 5, 8, 12, 16, 20])
            outputs = draw.one([1, 2, 3, 8, 10, 16, 17, 24, 33])
            images = draw.one([1, 2, 3, 7])
            let least = Swift.max(1, kernel - 2 * padding) + stride * (pool - 1)
            height = least + Int(draw.next() % 10)
            width = least + Int(draw.next() % 10)
        }
    }

    /// The same with as many images as two threads share.
    var shared: Self {
        var copy = self
        let (rows, columns) = (height + 2 * padding - kernel + 1, width + 2 * padding - kernel + 1)
        copy.images = Sharing.images(channels * outputs * kernel * kernel * rows * columns / (stride * stride), inAll: 4_000_000)
        return copy
    }

    var description: String {
        "\(images)×\(channels)×\(height)×\(width), \(outputs) outputs, kernel \(kernel), stride \(stride), padding \(padding), "
            + "pool \(pool), slope \(slope), \(bias ? "a" : "no") bias"
    }

    var names: [String] {
        ["output", "gradient of the input", "gradient of the weight"] + (bias ? ["gradient of the bias"] : [])
    }

    /// Input, weight and perhaps bias, drawn in float32, so that both types see the same numbers. Every other weight lies channels last,
    /// as those of networks do.
    func tensors(_ dtype: DType) throws -> [Tensor] {
        let random = try Generator(seed: seed)
        let scale = 1 / Double(channels * kernel * kernel).squareRoot()
        var list = [
            try Tensor.randn([images, channels, height, width], generator: random),
            try Tensor.randn([outputs, channels, kernel, kernel], generator: random) * scale,
        ]
        if seed % 2 == 1 { list[1] = try list[1].contiguous(.channelsLast) }
        if bias { list.append(try Tensor.randn([outputs], generator: random)) }
        return try list.map { try $0.to(dtype: dtype).detach().requiresGrad_() }
    }

    private func convolved(_ leaves: [Tensor]) throws -> Tensor {
        try leaves[0].conv2d(leaves[1], bias ? leaves[2] : nil, stride: stride, padding: padding)
    }

    private func activated(_ convolved: Tensor) throws -> Tensor {
        let y = try slope == 1 ? convolved : convolved.leakyReLU(negativeSlope: slope)
        return pool == 1 ? y : try y.maxPool2d(kernelSize: pool)
    }

    /// What each number of `convolved` may be off. Winograd's tiles mix the numbers of a tensor, so the largest sum counts for all.
    private func tolerance(_ leaves: [Tensor]) throws -> Tensor {
        let magnitudes = try convolved(leaves.map { try $0.detach().abs() })
        return try magnitudes.amax() * Rounding.tolerance(terms: channels * kernel * kernel + 1)
    }

    /// A wave in the output's shape, zero where rounding may choose.
    func cotangent(_ leaves: [Tensor]) throws -> Tensor {
        let y = try convolved(leaves).detach()
        let decided = try Kinks.decided(y, tolerated: tolerance(leaves), pool: pool, slope: slope)
        return try wave(decided.shape) * decided
    }

    /// What each of `names` may be off: the operator on magnitudes gives the sums of the terms' magnitudes.
    func tolerances(_ leaves: [Tensor], _ cotangent: Tensor) throws -> [Tensor] {
        let y = try convolved(leaves).detach().requiresGrad_()
        try (activated(y) * cotangent).sum().backward()
        let gradient = try #require(try y.grad).abs()
        let magnitudes = try leaves.map { try $0.detach().abs().requiresGrad_() }
        try (convolved(magnitudes) * gradient).sum().backward()
        let positions = images * y.shape[2] * y.shape[3]
        let gradients = try zip(magnitudes, [outputs * kernel * kernel, positions, positions]).map { magnitude, terms in
            try #require(try magnitude.grad).amax() * Rounding.tolerance(terms: terms + 1)
        }
        return [try tolerance(leaves)] + gradients
    }

    /// The output and every gradient of Σ output · cotangent.
    func run(_ leaves: [Tensor], _ cotangent: Tensor? = nil, _ body: ([Tensor]) throws -> Tensor) throws -> [Tensor] {
        let output = try body(leaves)
        let cotangent = try (cotangent ?? wave(output.shape)).to(dtype: leaves[0].dtype)
        try (output * cotangent).sum().backward()
        return try [output.detach()] + leaves.map { try #require(try $0.grad) }
    }

    func fused(_ leaves: [Tensor], _ instructions: String) throws -> Tensor {
        try FusedConvolutionTests.fused(
            leaves[0], leaves[1], bias ? leaves[2] : Tensor?.none, stride, padding, pool, slope, instructions)
    }

    /// By single operators, activation before pooling.
    func plain(_ leaves: [Tensor]) throws -> Tensor { try activated(convolved(leaves)) }

    /// The same with the values that `others` have, and the gradients of `leaves`.
    func plain(_ leaves: [Tensor], valuesOf others: [Tensor]) throws -> Tensor {
        let y = try convolved(leaves)
        return try activated(y + (convolved(others) - y).detach())
    }
}
