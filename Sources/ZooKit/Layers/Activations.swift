/// max(x, 0), as `torch.nn.ReLU`.
public struct ReLU: Layer {
    /// Makes the layer.
    public init() {}
    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try x.relu() }
}

/// x where it is positive, negativeSlope · x elsewhere, as `torch.nn.LeakyReLU`.
public struct LeakyReLU: Layer {
    /// The slope below zero.
    public let negativeSlope: Double
    /// Makes the layer.
    public init(negativeSlope: Double = 0.01) { self.negativeSlope = negativeSlope }
    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try x.leakyReLU(negativeSlope: negativeSlope) }
}
