// MARK: The functions of torch.nn.functional

extension Tensor {
    /// x · weightᵀ + bias: `N×I` to `N×O`.
    ///
    /// - Parameters:
    ///   - weight: `O×I`.
    ///   - bias: `O`.
    public func linear(_ weight: Tensor, _ bias: Tensor? = nil) throws(ZooError) -> Tensor { try Op.linear(self, weight, bias) }
    /// The convolution (cross-correlation) with square kernels: `N×C×H×W` to `N×O×H'×W'`, H' = (H + 2·padding - k) /
    /// stride + 1.
    ///
    /// - Parameters:
    ///   - weight: `O×C×k×k`.
    ///   - bias: `O`.
    ///   - stride: Pixels from one place of the kernel to the next.
    ///   - padding: Zeros added at each edge, in pixels.
    public func conv2d(_ weight: Tensor, _ bias: Tensor? = nil, stride: Int = 1, padding: Int = 0) throws(ZooError) -> Tensor {
        try Op.conv2d(self, weight, bias, stride, padding)
    }
    /// max(x, 0).
    public func relu() throws(ZooError) -> Tensor { try Op.relu(self) }
    /// x where it is positive, negativeSlope · x elsewhere.
    public func leakyReLU(negativeSlope: Double = 0.01) throws(ZooError) -> Tensor { try Op.leakyReLU(self, negativeSlope) }
    /// The hyperbolic tangent.
    public func tanh() throws(ZooError) -> Tensor { try Op.tanh(self) }
    /// 1 / (1 + e⁻ˣ).
    public func sigmoid() throws(ZooError) -> Tensor { try Op.sigmoid(self) }
    /// The maximum over square windows of `N×C×H×W`.
    ///
    /// - Parameters:
    ///   - kernelSize: The window's side in pixels.
    ///   - stride: Pixels from one window to the next; nil is `kernelSize`.
    ///   - padding: Pixels of -∞ added at each edge, at most half of `kernelSize`.
    public func maxPool2d(kernelSize: Int, stride: Int? = nil, padding: Int = 0) throws(ZooError) -> Tensor {
        try Op.maxPool2d(self, kernelSize, stride ?? kernelSize, padding)
    }
    /// The mean over square windows of `N×C×H×W`.
    ///
    /// - Parameters:
    ///   - kernelSize: The window's side in pixels.
    ///   - stride: Pixels from one window to the next; nil is `kernelSize`.
    public func avgPool2d(kernelSize: Int, stride: Int? = nil) throws(ZooError) -> Tensor {
        try Op.avgPool2d(self, kernelSize, stride ?? kernelSize)
    }
    /// Logits to probabilities, which sum to 1 along `dim`.
    public func softmax(dim: Int) throws(ZooError) -> Tensor { try Op.softmax(self, dim) }
    /// The logarithm of ``softmax(dim:)``, computed without leaving the range of the type.
    public func logSoftmax(dim: Int) throws(ZooError) -> Tensor { try Op.logSoftmax(self, dim) }

    /// Whether a loss is one number for a batch or one for each sample.
    public enum Reduction: Int, Sendable {
        /// One number for each sample.
        case none = 0
        /// The mean of all samples.
        case mean
    }

    /// The cross entropy of logits, `N×classes`, in nats.
    ///
    /// - Parameters:
    ///   - target: The right classes, `N`, int64.
    ///   - reduction: `mean` gives a scalar, `none` gives `N` values.
    public func crossEntropy(_ target: Tensor, reduction: Reduction = .mean) throws(ZooError) -> Tensor {
        try Op.crossEntropy(self, target, Tensor?.none, reduction.rawValue)
    }
    /// Bilinear resizing of `N×C×H×W` to `N×C×height×width` with `align_corners = false`, as
    /// `torch.nn.functional.interpolate`.
    public func interpolate(height: Int, width: Int) throws(ZooError) -> Tensor { try Op.bilinear(self, [height, width], false) }
}
