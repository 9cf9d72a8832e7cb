/// One step of a network: tensor in, tensor out.
public protocol Layer {
    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor
}

/// Initial weights as PyTorch's layers draw them, bit for bit from the same seed and order.
private func kaimingUniform(_ shape: [Int], fanIn: Int) throws(ZooError) -> Tensor {
    // torch.nn.init.kaiming_uniform_(a = √5): gain √(2 / (1 + a²)), bound √3 · gain / √fan_in, in that order of rounding.
    let gain = (2.0 / (1 + 5.0.squareRoot() * 5.0.squareRoot())).squareRoot()
    let bound = 3.0.squareRoot() * (gain / Double(fanIn).squareRoot())
    let tensor = try Tensor.zeros(shape)
    try tensor.uniform_(-bound, bound)
    return tensor
}

private func biasUniform(_ count: Int, fanIn: Int) throws(ZooError) -> Tensor {
    let bound = 1 / Double(fanIn).squareRoot()
    let tensor = try Tensor.zeros([count])
    try tensor.uniform_(-bound, bound)
    return tensor
}

/// Convolution of N×C×H×W with square kernels; `weight` O×C×k×k, `bias` O.
public final class Conv2d: ConvolutionLayer {
    public let weight: Tensor
    public let bias: Tensor?
    public let stride: Int
    public let padding: Int

    public init(_ channels: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, bias: Bool = true, in scope: Scope)
        throws(ZooError)
    {
        let fanIn = channels * kernel * kernel
        weight = try scope.parameter("weight", kaimingUniform([outputs, channels, kernel, kernel], fanIn: fanIn))
        self.bias = bias ? try scope.parameter("bias", biasUniform(outputs, fanIn: fanIn)) : nil
        self.stride = stride
        self.padding = padding
    }

    public func filters() -> (weight: Tensor, bias: Tensor?) { (weight, bias) }
    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try x.conv2d(weight, bias, stride: stride, padding: padding) }
}

/// x · weightᵀ + bias for x N×i; `weight` o×i, `bias` o.
public final class Linear: Layer {
    public let weight: Tensor
    public let bias: Tensor

    /// - Parameter zero: start with weight and bias at zero instead of random, as the last layer of a localization net must.
    public init(_ inputs: Int, _ outputs: Int, zero: Bool = false, in scope: Scope) throws(ZooError) {
        weight = try scope.parameter("weight", zero ? Tensor.zeros([outputs, inputs]) : kaimingUniform([outputs, inputs], fanIn: inputs))
        bias = try scope.parameter("bias", zero ? Tensor.zeros([outputs]) : biasUniform(outputs, fanIn: inputs))
    }

    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try x.linear(weight, bias) }
}

/// Batch normalisation over all dimensions but the second: N×C (1d) or N×C×H×W (2d).
///
/// With a `group`, so many neighbouring channels share one mean, variance, weight and bias, as those of a group convolution must:
/// statistics of its own for every element of the group would tell the elements apart, and the map would not be equivariant.
public final class BatchNorm: Layer {
    let weight, bias, runningMean, runningVariance, batches: Tensor
    let momentum, epsilon: Double
    let parameters: Parameters
    let rank, group: Int

    init(_ channels: Int, rank: Int, group: Int, momentum: Double, epsilon: Double, in scope: Scope) throws(ZooError) {
        weight = try scope.parameter("weight", Tensor.ones([channels]))
        bias = try scope.parameter("bias", Tensor.zeros([channels]))
        runningMean = try scope.buffer("running_mean", Tensor.zeros([channels]))
        runningVariance = try scope.buffer("running_var", Tensor.ones([channels]))
        batches = try scope.buffer("num_batches_tracked", Tensor.zeros([], dtype: .int64))
        self.rank = rank
        self.group = group
        self.momentum = momentum
        self.epsilon = epsilon
        parameters = scope.parameters
    }

    var isTraining: Bool { parameters.isTraining }

    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        let shape = x.shape
        guard shape.count == rank, shape[1] == weight.count * group else {
            throw ZooError("batch norm wants \(rank) dimensions and \(weight.count * group) channels, got shape \(shape)", .badArgument)
        }
        if rank == 4, Op.normPoolAct.exists { return try self(x, pool: 1, slope: 1, dropout: 0) }
        if isTraining { try batches.add_(1) }
        let grouped = group == 1 ? x : try x.reshaped([shape[0], weight.count, group * shape[2], shape[3]])
        let y: Tensor = try Op.batchNorm(grouped, weight, bias, runningMean, runningVariance, isTraining, momentum, epsilon, false)
        return group == 1 ? y : try y.reshaped(shape)
    }

    /// With maximum over 2×2 windows (`pool` 2), leaky ReLU (`slope` 0: ReLU, 1: none) and dropout behind it, of N×C×H×W.
    func callAsFunction(_ x: Tensor, pool: Int, slope: Double, dropout: Double) throws(ZooError) -> Tensor {
        if isTraining { try batches.add_(1) }
        return try Op.normPoolAct(
            x, weight, bias, runningMean, runningVariance, isTraining, momentum, epsilon, group, pool, slope, dropout)
    }

    /// The weights O×C×k×k and biases O of a convolution that does what the given one and then this layer do in evaluation.
    func folded(into kernels: Tensor, _ bias: Tensor?) throws(ZooError) -> (weight: Tensor, bias: Tensor?) {
        func each(_ values: Tensor) throws(ZooError) -> Tensor {
            group == 1 ? values : try values.unsqueezed(1).expanded([values.count, group]).reshaped([values.count * group])
        }
        let factor = try weight / (runningVariance + epsilon).sqrt()
        let factors = try each(factor)
        let shift = try each(self.bias - runningMean * factor)
        let scaled =
            Op.foldNorm.exists ? try Op.foldNorm(kernels, factors) : try kernels * factors.reshaped([factors.count, 1, 1, 1])
        guard let bias else { return (scaled, shift) }
        return try (scaled, bias * factors + shift)
    }
}

/// Batch normalisation of N×C.
public func BatchNorm1d(_ channels: Int, momentum: Double = 0.1, epsilon: Double = 1e-5, in scope: Scope) throws(ZooError) -> BatchNorm {
    try BatchNorm(channels, rank: 2, group: 1, momentum: momentum, epsilon: epsilon, in: scope)
}

/// Batch normalisation of N×(C·group)×H×W, with one mean and one variance for every `group` neighbouring channels.
public func BatchNorm2d(_ channels: Int, group: Int = 1, momentum: Double = 0.1, epsilon: Double = 1e-5, in scope: Scope) throws(ZooError)
    -> BatchNorm
{
    try BatchNorm(channels, rank: 4, group: group, momentum: momentum, epsilon: epsilon, in: scope)
}

/// Max over size×size windows of N×C×H×W.
public struct MaxPool2d: Layer {
    public let size, stride, padding: Int
    public init(_ size: Int, stride: Int? = nil, padding: Int = 0) {
        self.size = size
        self.stride = stride ?? size
        self.padding = padding
    }
    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try x.maxPool(size, stride: stride, padding: padding) }
}

/// Mean over size×size windows of N×C×H×W.
public struct AvgPool2d: Layer {
    public let size, stride: Int
    public init(_ size: Int, stride: Int? = nil) {
        self.size = size
        self.stride = stride ?? size
    }
    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try x.averagePool(size, stride: stride) }
}

/// Zeroes values with probability `p` in training and scales the rest by 1 / (1 - p); nothing in evaluation.
public struct Dropout: Layer {
    public let probability: Double
    let parameters: Parameters
    public init(_ probability: Double, in scope: Scope) {
        self.probability = probability
        parameters = scope.parameters
    }
    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try Op.dropout(x, probability, parameters.isTraining) }
}

public struct ReLU: Layer {
    public init() {}
    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try x.relu() }
}

public struct LeakyReLU: Layer {
    public let slope: Double
    public init(_ slope: Double = 0.01) { self.slope = slope }
    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try x.leakyRelu(slope) }
}

/// N×C×H×W to N×(C·H·W).
public struct Flatten: Layer {
    public init() {}
    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try x.flattened() }
}

/// Bilinear resizing of N×C×H×W by a factor, with align_corners = false.
public struct Resize: Layer {
    public let scale: Double
    public init(scale: Double) { self.scale = scale }
    /// The side that `side` becomes.
    public func side(_ side: Int) -> Int { Swift.max(1, Int(Double(side) * scale)) }
    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        try x.resized(height: side(x.size(-2)), width: side(x.size(-1)))
    }
}

/// One layer after another; convolution and batch norm run as one operator with the pooling, activation and dropout behind
/// them where the engine has it.
public struct Sequential: Layer {
    public let layers: [any Layer]
    private let steps: [any Layer]
    public init(_ layers: [any Layer]) {
        self.layers = layers
        steps = FusedLayers.fuse(layers)
    }
    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        var y = x
        for step in steps { y = try step(y) }
        return y
    }
}
