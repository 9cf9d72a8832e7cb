/// A convolution of `N×C×H×W` with square kernels, as `torch.nn.Conv2d`.
///
///     let conv = try Conv2d(inChannels: 1, outChannels: 64, kernelSize: 9, in: parameters["conv1"])
///
/// Its parameters are `weight`, `outChannels×inChannels×kernelSize×kernelSize`, and `bias`, `outChannels`; they start
/// as PyTorch's do from the same seed.
public final class Conv2d: ConvolutionLayer {
    /// `outChannels×inChannels×kernelSize×kernelSize`.
    public let weight: Tensor
    /// `outChannels`, or nil.
    public let bias: Tensor?
    /// Pixels from one place of the kernel to the next.
    public let stride: Int
    /// Zeros added at each edge, in pixels.
    public let padding: Int

    /// Makes the layer and registers its parameters.
    ///
    /// - Parameters:
    ///   - inChannels: The number of channels of the input.
    ///   - outChannels: The number of channels of the output.
    ///   - kernelSize: The kernel's side in pixels.
    ///   - stride: Pixels from one place of the kernel to the next.
    ///   - padding: Zeros added at each edge, in pixels.
    ///   - bias: Whether a bias is added.
    ///   - scope: Where the parameters are registered.
    /// - Throws: `badArgument` if a name is taken.
    public init(
        inChannels: Int, outChannels: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0, bias: Bool = true, in scope: Scope
    ) throws(ZooError) {
        let fanIn = inChannels * kernelSize * kernelSize
        weight = try scope.parameter(
            "weight", Initialisation.kaimingUniform([outChannels, inChannels, kernelSize, kernelSize], fanIn: fanIn))
        self.bias = bias ? try scope.parameter("bias", Initialisation.bias(outChannels, fanIn: fanIn)) : nil
        self.stride = stride
        self.padding = padding
    }

    public func outputShape(of input: ImageShape) throws(ZooError) -> ImageShape {
        let shape = weight.shape
        guard input.channels == shape[1] else {
            throw ZooError("a convolution of \(shape[1]) channels gets \(input.channels)", .badArgument)
        }
        return try input.slid(
            shape[2], stride: stride, padding: padding, channels: shape[0], "a \(shape[2])×\(shape[2]) convolution")
    }

    public func filters() -> (weight: Tensor, bias: Tensor?) { (weight, bias) }

    /// `N×inChannels×H×W` to `N×outChannels×H'×W'`, H' = (H + 2·padding - kernelSize) / stride + 1, rounded down.
    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try x.conv2d(weight, bias, stride: stride, padding: padding) }
}
