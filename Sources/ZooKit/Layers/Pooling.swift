/// The maximum over square windows of `N×C×H×W`, as `torch.nn.MaxPool2d`.
public struct MaxPool2d: Layer {
    /// The window's side in pixels.
    public let kernelSize: Int
    /// Pixels from one window to the next.
    public let stride: Int
    /// Pixels of -∞ added at each edge.
    public let padding: Int

    /// Makes the layer; without a `stride` the windows lie side by side.
    public init(kernelSize: Int, stride: Int? = nil, padding: Int = 0) {
        self.kernelSize = kernelSize
        self.stride = stride ?? kernelSize
        self.padding = padding
    }

    public func outputShape(of input: ImageShape) throws(ZooError) -> ImageShape {
        try input.slid(
            kernelSize, stride: stride, padding: padding, channels: input.channels, "pooling over \(kernelSize)×\(kernelSize)")
    }

    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        try x.maxPool2d(kernelSize: kernelSize, stride: stride, padding: padding)
    }
}

/// The mean over square windows of `N×C×H×W`, as `torch.nn.AvgPool2d`.
public struct AvgPool2d: Layer {
    /// The window's side in pixels.
    public let kernelSize: Int
    /// Pixels from one window to the next.
    public let stride: Int

    /// Makes the layer; without a `stride` the windows lie side by side.
    public init(kernelSize: Int, stride: Int? = nil) {
        self.kernelSize = kernelSize
        self.stride = stride ?? kernelSize
    }

    public func outputShape(of input: ImageShape) throws(ZooError) -> ImageShape {
        try input.slid(kernelSize, stride: stride, padding: 0, channels: input.channels, "pooling over \(kernelSize)×\(kernelSize)")
    }

    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try x.avgPool2d(kernelSize: kernelSize, stride: stride) }
}
