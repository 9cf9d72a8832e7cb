/// Where a tensor's memory is, as `torch.device`.
public enum Device: Hashable, Sendable, CustomStringConvertible {
    /// The machine's own memory.
    case cpu
    /// A GPU by its index, from 0.
    case cuda(Int)
    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        }
    }
}
