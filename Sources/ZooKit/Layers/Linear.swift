/// x · weightᵀ + bias for x `N×I`, as `torch.nn.Linear`.
///
/// Its parameters are `weight`, `outFeatures×inFeatures`, and `bias`, `outFeatures`; they start as PyTorch's do from
/// the same seed.
public final class Linear: Layer {
    /// `outFeatures×inFeatures`.
    public let weight: Tensor
    /// `outFeatures`.
    public let bias: Tensor

    /// Makes the layer and registers its parameters.
    ///
    /// - Parameters:
    ///   - inFeatures: The number of features of the input.
    ///   - outFeatures: The number of features of the output.
    ///   - zeroInit: Whether weight and bias start at zero instead of random, as the last layer of a localization net
    ///     must.
    ///   - scope: Where the parameters are registered.
    /// - Throws: `badArgument` if a name is taken.
    public init(inFeatures: Int, outFeatures: Int, zeroInit: Bool = false, in scope: Scope) throws(ZooError) {
        let shape = [outFeatures, inFeatures]
        weight = try scope.parameter(
            "weight", zeroInit ? Tensor.zeros(shape) : Initialisation.kaimingUniform(shape, fanIn: inFeatures))
        bias = try scope.parameter(
            "bias", zeroInit ? Tensor.zeros([outFeatures]) : Initialisation.bias(outFeatures, fanIn: inFeatures))
    }

    /// A vector has the shape `outFeatures×1×1`.
    public func outputShape(of input: ImageShape) throws(ZooError) -> ImageShape {
        let shape = weight.shape
        guard input == ImageShape(shape[1], 1, 1) else {
            throw ZooError("a linear layer of \(shape[1]) features gets \(input)", .badArgument)
        }
        return ImageShape(shape[0], 1, 1)
    }

    /// `N×inFeatures` to `N×outFeatures`.
    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try x.linear(weight, bias) }
}
