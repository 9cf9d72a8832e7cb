/// The tensors of a ``Trace``, kept in memory.
public final class Recording {
    /// What has been reported, in order.
    public private(set) var tensors: [(name: String, tensor: Tensor)] = []
    /// Starts without a tensor.
    public init() {}
    /// The trace that fills it.
    public var trace: Trace { Trace { self.tensors.append(($0, $1)) } }
    /// The last tensor of that name.
    public subscript(name: String) -> Tensor? { tensors.last { $0.name == name }?.tensor }
    /// θ of all iterations or placements, in order.
    public var thetas: [Tensor] { tensors.filter { $0.name.hasPrefix("theta.") }.map(\.tensor) }
}
