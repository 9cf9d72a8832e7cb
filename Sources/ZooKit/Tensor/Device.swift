/// Where a tensor's memory is, as `torch.device`.
public enum Device: Hashable, Sendable, LosslessStringConvertible {
    /// The machine's own memory.
    case cpu
    /// A GPU by its index, from 0.
    case cuda(Int)

    /// Reads "cpu", "cuda", which is the first GPU, or "cuda:1"; nil for anything else.
    public init?(_ description: String) {
        switch description {
        case "cpu": self = .cpu
        case "cuda": self = .cuda(0)
        default:
            let digits = description.dropFirst("cuda:".count)
            guard description.hasPrefix("cuda:"), digits.allSatisfy({ "0"..."9" ~= $0 }), let index = Int(digits), index < 128 else {
                return nil
            }
            self = .cuda(index)
        }
    }

    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        }
    }
}
