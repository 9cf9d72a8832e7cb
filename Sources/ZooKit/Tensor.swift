import CZooPlugin

/// Element types of a tensor.
public enum DType: UInt32, Sendable, CaseIterable {
    case uint8 = 0
    case int8, int16, int32, int64, float16, float32, float64
    case bool = 11
    case bfloat16 = 15

    /// Bytes per element.
    public var size: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .int16, .float16, .bfloat16: 2
        case .int32, .float32: 4
        case .int64, .float64: 8
        }
    }
}

/// Where a tensor's memory is.
public enum Device: Hashable, Sendable, CustomStringConvertible {
    case cpu
    case cuda(Int)
    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        }
    }
}

/// Order of a batch of images in memory; the shape is N×C×H×W in both.
public enum MemoryFormat: UInt32, Sendable { case contiguous = 0, preserve, channelsLast }

/// Swift types that a tensor can be made from and read as.
public protocol TensorScalar: BitwiseCopyable, Sendable { static var dtype: DType { get } }
extension UInt8: TensorScalar { public static var dtype: DType { .uint8 } }
extension Int32: TensorScalar { public static var dtype: DType { .int32 } }
extension Int64: TensorScalar { public static var dtype: DType { .int64 } }
extension Float: TensorScalar { public static var dtype: DType { .float32 } }
extension Double: TensorScalar { public static var dtype: DType { .float64 } }

/// One reference to a tensor of the engine.
///
/// Operators give new tensors and leave their arguments alone; those whose name ends in `_` write in place, into every
/// reference's view of the memory. Shapes are row-major, images N×C×H×W.
///
/// `Tensor` is not `Sendable`: its reference count is atomic, its contents and gradient are not. Between tasks a tensor
/// moves as a `sending` value, which the compiler checks.
public struct Tensor {
    final class Handle {
        let pointer: OpaquePointer
        init(_ pointer: OpaquePointer) { self.pointer = pointer }
        deinit { Engine.host.pointee.release(pointer) }
    }
    let handle: Handle

    /// Takes over one reference.
    init(owning pointer: OpaquePointer) { handle = Handle(pointer) }

    /// Adds a reference to a borrowed pointer.
    init(sharing pointer: OpaquePointer) {
        Engine.host.pointee.retain(pointer)
        handle = Handle(pointer)
    }

    /// A result that the contract says is a tensor.
    init(result pointer: OpaquePointer?) throws(ZooError) {
        guard let pointer else { throw ZooError("an undefined tensor came back where a tensor was expected") }
        self.init(owning: pointer)
    }

    /// One more reference, for the other side to own.
    func given() -> OpaquePointer {
        Engine.host.pointee.retain(handle.pointer)
        return handle.pointer
    }

    /// The handle for the time of one call: a temporary could otherwise be released before the call ends.
    @inline(__always) func with<R>(_ body: (OpaquePointer) throws(ZooError) -> R) throws(ZooError) -> R {
        defer { withExtendedLifetime(handle) {} }
        return try body(handle.pointer)
    }

    private func withInfo<R>(_ body: (borrowing zoo_tensor_info) -> R) -> R {
        var info = zoo_tensor_info()
        Engine.host.pointee.describe(handle.pointer, &info)
        defer { withExtendedLifetime(handle) {} }
        return body(info)
    }

    // MARK: Making

    /// A CPU tensor with a copy of `values`, row-major.
    ///
    /// - Throws: `badArgument` if the count of values is not the product of `shape`.
    public init<S: TensorScalar>(_ values: [S], _ shape: [Int]) throws(ZooError) {
        guard shape.allSatisfy({ $0 >= 0 }), values.count == shape.reduce(1, *) else {
            throw ZooError("\(values.count) values do not make a tensor of shape \(shape)", .badArgument)
        }
        var out: OpaquePointer?
        try check(
            Engine.host.pointee.from_data(
                values, zoo_dtype(S.dtype.rawValue), shape.map(Int64.init), Int32(shape.count), nil, nil, &out))
        try self.init(result: out)
    }

    /// A CPU tensor with a copy of raw bytes, row-major, in the machine's byte order.
    ///
    /// - Throws: `badArgument` if the count of bytes is not what `shape` and `dtype` need.
    public init(bytes: UnsafeRawBufferPointer, dtype: DType, shape: [Int]) throws(ZooError) {
        guard shape.allSatisfy({ $0 >= 0 }), bytes.count == shape.reduce(dtype.size, *) else {
            throw ZooError("\(bytes.count) bytes do not make a tensor of shape \(shape) and type \(dtype)", .badArgument)
        }
        var out: OpaquePointer?
        // An empty tensor has no bytes to point at, and the contract wants an address.
        var nothing: UInt64 = 0
        let status = withUnsafeBytes(of: &nothing) { spare in
            Engine.host.pointee.from_data(
                bytes.baseAddress ?? spare.baseAddress, zoo_dtype(dtype.rawValue), shape.map(Int64.init), Int32(shape.count), nil, nil,
                &out)
        }
        try check(status)
        try self.init(result: out)
    }

    // MARK: What it is

    public var shape: [Int] { withInfo { info in (0..<Int(info.ndim)).map { Int(info.sizes[$0]) } } }
    public var rank: Int { withInfo { Int($0.ndim) } }
    /// Number of elements.
    public var count: Int { shape.reduce(1, *) }
    /// nil for a type that the contract does not name (complex and quantised ones).
    public var dtype: DType? { withInfo { DType(rawValue: $0.dtype.rawValue) } }
    public var device: Device { withInfo { $0.device == ZOO_CUDA ? .cuda(Int($0.device_index)) : .cpu } }
    public var isContiguous: Bool { withInfo { $0.contiguous != 0 } }

    /// The size along a dimension; negative ones count from the end.
    ///
    /// - Throws: `badArgument` if there is no such dimension.
    public func size(_ dimension: Int) throws(ZooError) -> Int {
        let shape = shape
        let index = dimension < 0 ? shape.count + dimension : dimension
        guard shape.indices.contains(index) else { throw ZooError("no dimension \(dimension) in shape \(shape)", .badArgument) }
        return shape[index]
    }

    // MARK: Gradients

    public var requiresGradient: Bool { withInfo { $0.requires_grad != 0 } }

    /// Makes a leaf record gradients, or stop. Gives itself back.
    @discardableResult
    public func requiringGradient(_ on: Bool = true) throws(ZooError) -> Tensor {
        try with { p throws(ZooError) in try check(Engine.host.pointee.require_grad(p, on ? 1 : 0)) }
        return self
    }

    /// What `backward()` has accumulated in this leaf, or nil.
    public var gradient: Tensor? {
        get throws(ZooError) {
            var out: OpaquePointer?
            try with { p throws(ZooError) in try check(Engine.host.pointee.grad(p, &out)) }
            return out.map(Tensor.init(owning:))
        }
    }

    /// Forgets the accumulated gradient, so that the next `backward()` starts anew.
    public func clearGradient() throws(ZooError) {
        try with { p throws(ZooError) in try check(Engine.host.pointee.set_grad(p, nil)) }
    }

    // MARK: Reading

    /// The elements in row-major order, converted to `S`.
    public func array<S: TensorScalar>(of type: S.Type = S.self) throws(ZooError) -> [S] {
        let source = try withoutGradients { () throws(ZooError) in
            try to(device: .cpu, dtype: S.dtype).contiguous()
        }
        return source.withInfo { info in
            Array(UnsafeBufferPointer(start: info.data?.assumingMemoryBound(to: S.self), count: source.count))
        }
    }
    public func floats() throws(ZooError) -> [Float] { try array() }
    public func doubles() throws(ZooError) -> [Double] { try array() }
    public func integers() throws(ZooError) -> [Int64] { try array() }

    /// The one element of a tensor that has one.
    ///
    /// - Throws: `badArgument` if it has none or several.
    public func item() throws(ZooError) -> Double {
        let values = try doubles()
        guard let value = values.first, values.count == 1 else {
            throw ZooError("item() needs a tensor of one element; the shape is \(shape)", .badArgument)
        }
        return value
    }

    /// The bytes of a contiguous CPU copy, for writing to a file.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        let source = try withoutGradients { () throws(ZooError) in try to(device: .cpu, dtype: nil).contiguous() }
        let bytes = source.count * (source.dtype?.size ?? 0)
        return try source.withInfo { info in Result { try body(UnsafeRawBufferPointer(start: info.data, count: bytes)) } }.get()
    }
}

extension Tensor: CustomStringConvertible {
    public var description: String {
        "Tensor\(shape) \(dtype.map { "\($0)" } ?? "of another type")\(device == .cpu ? "" : " on \(device)")"
    }
}
