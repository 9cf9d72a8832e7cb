/// One step of a network: a tensor in, a tensor out.
///
/// A layer that changes the size of maps also says how, so that ``StageChain`` and the author of a network need not
/// work sizes out by hand; by default a layer changes none.
public protocol Layer {
    /// Applies the layer.
    ///
    /// - Throws: `ZooError` if `x` has a shape or type that the layer does not take.
    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor

    /// The shape `C×H×W` of what the layer makes of one input of shape `input`.
    ///
    /// - Throws: `badArgument` if the layer does not take such an input.
    func outputShape(of input: ImageShape) throws(ZooError) -> ImageShape

    /// Pixels of the input per pixel of the output, along each side.
    var stride: Int { get }
}

extension Layer {
    public func outputShape(of input: ImageShape) throws(ZooError) -> ImageShape { input }
    public var stride: Int { 1 }
}

extension ImageShape {
    /// The shape that square windows give which slide over it.
    ///
    /// - Parameter what: "a 3×3 convolution", for the message.
    /// - Throws: `badArgument` if not one window fits.
    func slid(
        _ kernelSize: Int, stride: Int, padding: Int, channels: Int, _ what: @autoclosure () -> String
    ) throws(ZooError) -> ImageShape {
        guard min(height, width) + 2 * padding >= kernelSize else {
            throw ZooError("\(height)×\(width) is too small for \(what())", .badArgument)
        }
        func side(_ side: Int) -> Int { (side + 2 * padding - kernelSize) / stride + 1 }
        return ImageShape(channels, side(height), side(width))
    }
}
