/// `N×C×H×W` to `N×(C·H·W)`, as `torch.nn.Flatten`.
public struct Flatten: Layer {
    /// Makes the layer.
    public init() {}

    /// A vector has the shape `(C·H·W)×1×1`.
    public func outputShape(of input: ImageShape) throws(ZooError) -> ImageShape { ImageShape(input.count, 1, 1) }

    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try x.flatten() }
}
