import CZooPlugin

/// An operator of the engine, looked up by name.
///
///     static let relu = Operator("aten::relu")
///     let y = try relu(x)
///
/// Every ATen operator can be called, and the zoo's own (`zoo::warp`). Arguments are those of the operator's schema, in
/// its order; trailing ones that have defaults can be left out. An operator that this engine lacks throws when it is
/// called, not before. A call costs about a microsecond.
public struct Operator: @unchecked Sendable {  // a zoo_op is immutable and lives for ever
    private let op: OpaquePointer?
    private let failure: ZooError

    /// Looks the operator up.
    ///
    /// - Parameters:
    ///   - name: Namespace and name: "aten::add".
    ///   - overload: "Tensor" of "aten::add.Tensor".
    public init(_ name: String, _ overload: String = "") {
        var found: OpaquePointer?
        let status = Engine.host.pointee.find_op(name, overload, &found)
        op = status == ZOO_OK ? found : nil
        failure = op == nil ? ZooError.last(status) : ZooError("")
    }

    /// Whether this engine has the operator.
    public var exists: Bool { op != nil }

    /// The engine's text for the arguments and results, or nil if it lacks the operator.
    public var schema: String? {
        op.flatMap { Engine.host.pointee.schema($0) }.map { String(cString: $0) }
    }

    /// Calls the operator and leaves all results in `out`.
    @inline(__always)
    func call<each A: Argument>(_ out: UnsafeMutablePointer<zoo_value>, _ room: Int, _ arguments: repeat each A) throws(ZooError) -> Int {
        guard let op else { throw failure }
        var count = 0
        var words = 0
        for argument in repeat each arguments {
            count += 1
            words += argument.scratch
        }
        var produced: UInt32 = 0
        let bytes = count * MemoryLayout<zoo_value>.stride
        let status = withUnsafeTemporaryAllocation(byteCount: bytes + (words + 1) * 8, alignment: 8) { raw in
            guard let base = raw.baseAddress else { return ZOO_OUT_OF_MEMORY }
            let values = base.bindMemory(to: zoo_value.self, capacity: count)
            var scratch = (base + bytes).bindMemory(to: Int64.self, capacity: words + 1)
            var index = 0
            for argument in repeat each arguments {
                values[index] = zoo_value()
                argument.encode(&values[index], &scratch)
                index += 1
            }
            return Engine.host.pointee.call_op(op, values, UInt32(count), out, UInt32(room), &produced)
        }
        withExtendedLifetime((repeat each arguments)) {}
        try check(status)
        return Int(produced)
    }

    /// Calls the operator, of which one tensor comes out.
    ///
    /// - Throws: What the engine reports; `notFound` if it lacks the operator; `badArgument` if the result is no
    ///   tensor.
    public func callAsFunction<each A: Argument>(_ arguments: repeat each A) throws(ZooError) -> Tensor {
        var out = zoo_value()
        _ = try call(&out, 1, repeat each arguments)
        guard out.tag == ZOO_TENSOR, let pointer = out.as.tensor else {
            Engine.host.pointee.clear(&out, 1)
            throw ZooError("\(schema ?? "the operator"): the result is not a tensor", .badArgument)
        }
        return Tensor(owning: pointer)
    }

    /// Calls the operator, of which several tensors come out, or a list of them. Results that are no tensors are left
    /// out.
    ///
    /// - Throws: What the engine reports; `notFound` if it lacks the operator.
    public func tensors<each A: Argument>(_ arguments: repeat each A) throws(ZooError) -> [Tensor] {
        var out = InlineArray<8, zoo_value>(repeating: zoo_value())
        var span = out.mutableSpan
        return try span.withUnsafeMutableBufferPointer { buffer throws(ZooError) in
            guard let base = buffer.baseAddress else { return [] }
            let count = try call(base, buffer.count, repeat each arguments)
            defer { Engine.host.pointee.clear(base, UInt32(count)) }
            var result: [Tensor] = []
            for value in buffer.prefix(count) {
                if value.tag == ZOO_TENSOR, let pointer = value.as.tensor {
                    result.append(Tensor(sharing: pointer))
                } else if value.tag == ZOO_TENSORS, let list = value.as.tensors {
                    for index in 0..<Int(value.count) {
                        if let pointer = list[index] { result.append(Tensor(sharing: pointer)) }
                    }
                }
            }
            return result
        }
    }

    /// Calls the operator for its effect and drops its results.
    ///
    /// - Throws: What the engine reports; `notFound` if it lacks the operator.
    public func run<each A: Argument>(_ arguments: repeat each A) throws(ZooError) {
        var out = InlineArray<8, zoo_value>(repeating: zoo_value())
        var span = out.mutableSpan
        try span.withUnsafeMutableBufferPointer { buffer throws(ZooError) in
            guard let base = buffer.baseAddress else { return }
            Engine.host.pointee.clear(base, UInt32(try call(base, buffer.count, repeat each arguments)))
        }
    }
}
