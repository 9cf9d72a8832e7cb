/// Sets values to zero with probability `p` in training and multiplies the others by 1 / (1 - p), as
/// `torch.nn.Dropout`; does nothing in evaluation.
public struct Dropout: Layer {
    /// The probability of a zero.
    public let p: Double
    let parameters: Parameters

    /// Makes the layer.
    ///
    /// - Parameters:
    ///   - p: The probability of a zero, in [0, 1].
    ///   - scope: A place in the module whose training mode the layer follows.
    public init(p: Double, in scope: Scope) {
        self.p = p
        parameters = scope.parameters
    }

    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try Op.dropout(x, p, parameters.isTraining) }
}
