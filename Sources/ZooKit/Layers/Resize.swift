/// Bilinear resizing of `N×C×H×W` by a factor with `align_corners = false`, as `torch.nn.functional.interpolate` with
/// `recompute_scale_factor=True`.
public struct Resize: Layer {
    /// What both sides are multiplied by.
    public let scaleFactor: Double

    /// Makes the layer.
    public init(scaleFactor: Double) { self.scaleFactor = scaleFactor }

    /// The length in pixels that a side of `side` pixels becomes: rounded down, at least 1.
    public func side(_ side: Int) -> Int { max(1, Int(Double(side) * scaleFactor)) }

    public func outputShape(of input: ImageShape) throws(ZooError) -> ImageShape {
        ImageShape(input.channels, side(input.height), side(input.width))
    }

    /// The nearest whole number of pixels, at least 1.
    public var stride: Int { max(1, Int((1 / scaleFactor).rounded())) }

    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        try x.interpolate(height: side(x.size(-2)), width: side(x.size(-1)))
    }
}
