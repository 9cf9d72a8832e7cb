/// A Swift type that tensors can be made from and read as.
public protocol TensorScalar: BitwiseCopyable, Sendable {
    /// The element type of a tensor of such values.
    static var dtype: DType { get }
}
extension UInt8: TensorScalar { public static var dtype: DType { .uint8 } }
extension Int32: TensorScalar { public static var dtype: DType { .int32 } }
extension Int64: TensorScalar { public static var dtype: DType { .int64 } }
extension Float: TensorScalar { public static var dtype: DType { .float32 } }
extension Double: TensorScalar { public static var dtype: DType { .float64 } }
