import CZooPlugin

/// A reference to a tensor of the engine.
///
///     let x = try Tensor([1, 2, 3, 4] as [Float], [1, 4])
///     let y = try x.matmul(weight).relu().sum(dim: [1], keepdim: true)
///
/// Methods are named as PyTorch's and compute the same, bit for bit. They give new tensors and leave their arguments
/// alone; those whose name ends in `_` write in place, into memory that every reference shares. Shapes are row-major,
/// images `N×C×H×W`. A dimension may be counted from the end: -1 is the last.
///
/// Every method that computes throws ``ZooError`` with the engine's message: of kind `badArgument`, or `error` where
/// shapes or types do not fit; `outOfMemory` where there is no memory for the result.
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

    /// Makes a CPU tensor of `shape` with a copy of `values`, row-major.
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

    /// Makes a CPU tensor with a copy of raw bytes, row-major, in the machine's byte order.
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

    /// The size along every dimension.
    public var shape: [Int] { withInfo { info in (0..<Int(info.ndim)).map { Int(info.sizes[$0]) } } }
    /// The number of dimensions.
    public var ndim: Int { withInfo { Int($0.ndim) } }
    /// The number of elements, PyTorch's `numel()`.
    public var count: Int { shape.reduce(1, *) }
    /// The type of the elements; nil for one that the contract does not name (complex and quantised types).
    public var dtype: DType? { withInfo { DType(rawValue: $0.dtype.rawValue) } }
    /// Where the memory is.
    public var device: Device { withInfo { $0.device == ZOO_CUDA ? .cuda(Int($0.device_index)) : .cpu } }

    /// The size along a dimension.
    ///
    /// - Throws: `badArgument` if there is no such dimension.
    public func size(_ dim: Int) throws(ZooError) -> Int {
        let shape = shape
        let index = dim < 0 ? shape.count + dim : dim
        guard shape.indices.contains(index) else { throw ZooError("no dimension \(dim) in shape \(shape)", .badArgument) }
        return shape[index]
    }

    // MARK: Gradients

    /// Whether operators on this tensor record gradients.
    public var requiresGrad: Bool { withInfo { $0.requires_grad != 0 } }

    /// Makes a leaf record gradients, or stop recording them, and returns this tensor.
    ///
    /// - Throws: What the engine reports: only leaves of a floating-point type can record gradients.
    @discardableResult
    public func requiresGrad_(_ on: Bool = true) throws(ZooError) -> Tensor {
        try with { p throws(ZooError) in try check(Engine.host.pointee.require_grad(p, on ? 1 : 0)) }
        return self
    }

    /// The gradient that ``backward()`` has accumulated in this leaf, or nil.
    public var grad: Tensor? {
        get throws(ZooError) {
            var out: OpaquePointer?
            try with { p throws(ZooError) in try check(Engine.host.pointee.grad(p, &out)) }
            return out.map(Tensor.init(owning:))
        }
    }

    /// Sets ``grad`` to nil, so that the next ``backward()`` starts from zero.
    public func clearGrad() throws(ZooError) {
        try with { p throws(ZooError) in try check(Engine.host.pointee.set_grad(p, nil)) }
    }

    // MARK: Reading

    /// The elements in row-major order, converted to `S`.
    public func array<S: TensorScalar>(of type: S.Type = S.self) throws(ZooError) -> [S] {
        let source = try noGrad { () throws(ZooError) in
            try to(device: .cpu, dtype: S.dtype).contiguous()
        }
        return source.withInfo { info in
            Array(UnsafeBufferPointer(start: info.data?.assumingMemoryBound(to: S.self), count: source.count))
        }
    }
    /// The elements in row-major order as `Float`.
    public func floats() throws(ZooError) -> [Float] { try array() }
    /// The elements in row-major order as `Double`.
    public func doubles() throws(ZooError) -> [Double] { try array() }
    /// The elements in row-major order as `Int64`.
    public func integers() throws(ZooError) -> [Int64] { try array() }

    /// The only element of a tensor.
    ///
    /// - Throws: `badArgument` if the tensor has no element or several.
    public func item() throws(ZooError) -> Double {
        let values = try doubles()
        guard let value = values.first, values.count == 1 else {
            throw ZooError("item() needs a tensor of one element; the shape is \(shape)", .badArgument)
        }
        return value
    }

    /// Calls `body` with the bytes of a contiguous copy on the CPU.
    ///
    /// - Throws: What `body` throws.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        let source = try noGrad { () throws(ZooError) in try to(device: .cpu, dtype: nil).contiguous() }
        let bytes = source.count * (source.dtype?.size ?? 0)
        return try source.withInfo { info in Result { try body(UnsafeRawBufferPointer(start: info.data, count: bytes)) } }.get()
    }
}

extension Tensor: CustomStringConvertible {
    public var description: String {
        "Tensor\(shape) \(dtype.map { "\($0)" } ?? "of another type")\(device == .cpu ? "" : " on \(device)")"
    }
}
