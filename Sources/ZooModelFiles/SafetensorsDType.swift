/// The element types of the safetensors format, by the names its headers use.
public enum SafetensorsDType: String, Sendable, Hashable, CaseIterable {
    case f64 = "F64", f32 = "F32", f16 = "F16", bf16 = "BF16"
    case i64 = "I64", i32 = "I32", i16 = "I16", i8 = "I8"
    case u64 = "U64", u32 = "U32", u16 = "U16", u8 = "U8"
    case bool = "BOOL"
    case c64 = "C64"
    case f8E5M2 = "F8_E5M2", f8E4M3 = "F8_E4M3", f8E8M0 = "F8_E8M0"
    case f6E2M3 = "F6_E2M3", f6E3M2 = "F6_E3M2", f4 = "F4"

    /// The size of one element in bits; several of 4 or 6 bits share their bytes.
    public var bits: Int {
        switch self {
        case .f64, .i64, .u64, .c64: 64
        case .f32, .i32, .u32: 32
        case .f16, .bf16, .i16, .u16: 16
        case .i8, .u8, .bool, .f8E5M2, .f8E4M3, .f8E8M0: 8
        case .f6E2M3, .f6E3M2: 6
        case .f4: 4
        }
    }

    /// The bytes that a tensor of this type and shape takes, or `nil` if that is no whole, representable number.
    public func byteCount(of shape: [Int]) -> Int? {
        var total = bits
        for size in shape {
            let (product, overflow) = total.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { return nil }
            total = product
        }
        return total % 8 == 0 ? total / 8 : nil
    }
}
