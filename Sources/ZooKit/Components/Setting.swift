/// The value of an ``Option``.
public enum Setting: Equatable, Sendable, CustomStringConvertible {
    /// True or false.
    case bool(Bool)
    /// An integer.
    case int(Int)
    /// A number.
    case double(Double)
    /// A text, or the path of a file.
    case string(String)
    /// A list of integers.
    case ints([Int])
    /// A list of numbers.
    case doubles([Double])

    public var description: String {
        switch self {
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let value): value
        case .ints(let value): "\(value)"
        case .doubles(let value): "\(value)"
        }
    }
}
