/// What ``BatchNorm1d`` and ``BatchNorm2d`` share: batch normalisation over all dimensions but the second [Ioffe and
/// Szegedy 2015, arXiv:1502.03167].
///
/// Its parameters are `weight` and `bias`, its buffers `running_mean`, `running_var` and `num_batches_tracked`, as
/// PyTorch names them. In training the statistics are the batch's, in evaluation the running ones.
public class BatchNorm: Layer {
    let weight, bias, runningMean, runningVariance, batches: Tensor
    let momentum, eps: Double
    let parameters: Parameters
    let ndim, groupSize: Int

    init(numFeatures: Int, ndim: Int, groupSize: Int, momentum: Double, eps: Double, in scope: Scope) throws(ZooError) {
        weight = try scope.parameter("weight", Tensor.ones([numFeatures]))
        bias = try scope.parameter("bias", Tensor.zeros([numFeatures]))
        runningMean = try scope.buffer("running_mean", Tensor.zeros([numFeatures]))
        runningVariance = try scope.buffer("running_var", Tensor.ones([numFeatures]))
        batches = try scope.buffer("num_batches_tracked", Tensor.zeros([], dtype: .int64))
        self.ndim = ndim
        self.groupSize = groupSize
        self.momentum = momentum
        self.eps = eps
        parameters = scope.parameters
    }

    var isTraining: Bool { parameters.isTraining }

    /// Normalises `x`, of the same shape.
    ///
    /// - Throws: `badArgument` if `x` has another number of dimensions or channels.
    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        let shape = x.shape
        guard shape.count == ndim, shape[1] == weight.count * groupSize else {
            throw ZooError("batch norm wants \(ndim) dimensions and \(weight.count * groupSize) channels, got shape \(shape)", .badArgument)
        }
        if ndim == 4, Op.normPoolAct.exists { return try self(x, pool: 1, slope: 1, dropout: 0) }
        if isTraining { try batches.add_(1) }
        let grouped = groupSize == 1 ? x : try x.reshape([shape[0], weight.count, groupSize * shape[2], shape[3]])
        let y: Tensor = try Op.batchNorm(grouped, weight, bias, runningMean, runningVariance, isTraining, momentum, eps, false)
        return groupSize == 1 ? y : try y.reshape(shape)
    }

    /// Followed by the maximum over 2×2 windows (`pool` 2), leaky ReLU (`slope` 0: ReLU, 1: none) and dropout, for
    /// `N×C×H×W`.
    func callAsFunction(_ x: Tensor, pool: Int, slope: Double, dropout: Double) throws(ZooError) -> Tensor {
        if isTraining { try batches.add_(1) }
        return try Op.normPoolAct(
            x, weight, bias, runningMean, runningVariance, isTraining, momentum, eps, groupSize, pool, slope, dropout)
    }

    /// The weights `O×C×k×k` and biases `O` of a convolution that does what the given one and then this layer do in
    /// evaluation.
    func folded(into kernels: Tensor, _ bias: Tensor?) throws(ZooError) -> (weight: Tensor, bias: Tensor?) {
        func each(_ values: Tensor) throws(ZooError) -> Tensor {
            groupSize == 1 ? values : try values.unsqueeze(dim: 1).expand([values.count, groupSize]).reshape([values.count * groupSize])
        }
        let factor = try weight / (runningVariance + eps).sqrt()
        let factors = try each(factor)
        let shift = try each(self.bias - runningMean * factor)
        let scaled =
            Op.foldNorm.exists ? try Op.foldNorm(kernels, factors) : try kernels * factors.reshape([factors.count, 1, 1, 1])
        guard let bias else { return (scaled, shift) }
        return try (scaled, bias * factors + shift)
    }
}

/// Batch normalisation of `N×C`, as `torch.nn.BatchNorm1d`.
public final class BatchNorm1d: BatchNorm {
    /// Makes the layer and registers its parameters and buffers.
    ///
    /// - Parameters:
    ///   - numFeatures: The number of channels, C.
    ///   - momentum: The share of a batch in the running statistics.
    ///   - eps: What is added to the variance.
    ///   - scope: Where parameters and buffers are registered.
    /// - Throws: `badArgument` if a name is taken.
    public init(numFeatures: Int, momentum: Double = 0.1, eps: Double = 1e-5, in scope: Scope) throws(ZooError) {
        try super.init(numFeatures: numFeatures, ndim: 2, groupSize: 1, momentum: momentum, eps: eps, in: scope)
    }
}

/// Batch normalisation of `N×C×H×W`, as `torch.nn.BatchNorm2d`.
///
/// With a `groupSize`, neighbouring channels, that many at a time, share one mean, variance, weight and bias, as those
/// of a group convolution must: if every element of the group had statistics of its own, they would tell the elements
/// apart, and the map would not be equivariant.
public final class BatchNorm2d: BatchNorm {
    /// Makes the layer and registers its parameters and buffers.
    ///
    /// - Parameters:
    ///   - numFeatures: The number of means; the input has numFeatures · groupSize channels.
    ///   - groupSize: The number of neighbouring channels that share statistics.
    ///   - momentum: The share of a batch in the running statistics.
    ///   - eps: What is added to the variance.
    ///   - scope: Where parameters and buffers are registered.
    /// - Throws: `badArgument` if a name is taken.
    public init(numFeatures: Int, groupSize: Int = 1, momentum: Double = 0.1, eps: Double = 1e-5, in scope: Scope) throws(ZooError) {
        try super.init(numFeatures: numFeatures, ndim: 4, groupSize: groupSize, momentum: momentum, eps: eps, in: scope)
    }
}
