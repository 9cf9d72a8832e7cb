/// A convolution that ``Sequential`` may run as one operator with the layers behind it: batch normalisation, pooling,
/// activation.
public protocol ConvolutionLayer: Layer {
    /// The weights `O×C×k×k` and biases `O`, as they are now.
    func filters() throws(ZooError) -> (weight: Tensor, bias: Tensor?)
    /// Zeros added at each edge of what ``operand(_:)`` returns, in pixels.
    var padding: Int { get }
    /// What the filters slide over: the input, unless a layer pads it in a way of its own.
    func operand(_ x: Tensor) throws(ZooError) -> Tensor
}

extension ConvolutionLayer {
    public func operand(_ x: Tensor) throws(ZooError) -> Tensor { x }
}
