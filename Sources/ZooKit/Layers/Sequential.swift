/// Layers one after the other, as `torch.nn.Sequential`.
///
/// A convolution or batch normalisation runs as one operator with the pooling, activation and dropout behind it where
/// the engine has it; the results are those of the single layers up to rounding.
public struct Sequential: Layer {
    /// The layers, in order.
    public let layers: [any Layer]
    private let steps: [any Layer]

    /// Makes a layer of layers; no layers give the input back.
    public init(_ layers: [any Layer]) {
        self.layers = layers
        steps = FusedLayers.fuse(layers)
    }
    public func outputShape(of input: ImageShape) throws(ZooError) -> ImageShape {
        var shape = input
        for layer in layers { shape = try layer.outputShape(of: shape) }
        return shape
    }

    /// The product of the layers' strides.
    public var stride: Int { layers.reduce(1) { $0 * $1.stride } }

    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        var y = x
        for step in steps { y = try step(y) }
        return y
    }
}
