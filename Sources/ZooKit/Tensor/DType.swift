/// The type of a tensor's elements, as `torch.dtype`.
public enum DType: UInt32, Sendable, CaseIterable {
    /// Integers without a sign, of 8 bits: the bytes of images.
    case uint8 = 0
    /// Integers of 8 bits.
    case int8
    /// Integers of 16 bits.
    case int16
    /// Integers of 32 bits.
    case int32
    /// Integers of 64 bits: indices and classes.
    case int64
    /// Floating-point numbers of 16 bits, IEEE 754.
    case float16
    /// Floating-point numbers of 32 bits.
    case float32
    /// Floating-point numbers of 64 bits.
    case float64
    /// Truth values, a byte each.
    case bool = 11
    /// Floating-point numbers of 16 bits with the exponent of float32.
    case bfloat16 = 15

    /// The size of an element in bytes.
    public var size: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .int16, .float16, .bfloat16: 2
        case .int32, .float32: 4
        case .int64, .float64: 8
        }
    }
}
