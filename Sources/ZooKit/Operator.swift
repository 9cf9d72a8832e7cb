public import CZooPlugin

/// Something an operator takes.
///
/// Lists and strings are copied into scratch memory on the stack, so that encoding needs no nesting of closures.
public protocol Argument {
    /// Scratch needed, in 8-byte words.
    var scratch: Int { get }
    func encode(_ value: inout zoo_value, _ scratch: inout UnsafeMutablePointer<Int64>)
}
extension Argument { public var scratch: Int { 0 } }

extension Tensor: Argument {
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) {
        value.tag = ZOO_TENSOR
        value.as.tensor = handle.pointer
    }
}
extension Int: Argument {
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) {
        value.tag = ZOO_INT
        value.as.i = Int64(self)
    }
}
extension Double: Argument {
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) {
        value.tag = ZOO_DOUBLE
        value.as.d = self
    }
}
extension Bool: Argument {
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) {
        value.tag = ZOO_BOOL
        value.as.i = self ? 1 : 0
    }
}
extension DType: Argument {
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) {
        value.tag = ZOO_SCALAR_TYPE
        value.as.i = Int64(rawValue)
    }
}
extension MemoryFormat: Argument {
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) {
        value.tag = ZOO_MEMORY_FORMAT
        value.as.i = Int64(rawValue)
    }
}
extension Device: Argument {
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) {
        value.tag = ZOO_DEVICE
        switch self {
        case .cpu:
            value.count = ZOO_CPU.rawValue
            value.as.i = -1
        case .cuda(let index):
            value.count = ZOO_CUDA.rawValue
            value.as.i = Int64(index)
        }
    }
}
extension String: Argument {
    public var scratch: Int { utf8.count / 8 + 1 }
    public func encode(_ value: inout zoo_value, _ scratch: inout UnsafeMutablePointer<Int64>) {
        let bytes = UnsafeMutableRawPointer(scratch)
        var count = 0
        for byte in utf8 {
            bytes.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
            count += 1
        }
        value.tag = ZOO_STRING
        value.count = UInt32(count)
        value.as.string = UnsafePointer(bytes.assumingMemoryBound(to: CChar.self))
        scratch += self.scratch
    }
}
/// nil is None, or an undefined tensor.
extension Optional: Argument where Wrapped: Argument {
    public var scratch: Int { self?.scratch ?? 0 }
    public func encode(_ value: inout zoo_value, _ scratch: inout UnsafeMutablePointer<Int64>) {
        self?.encode(&value, &scratch)
    }
}

/// Elements of the lists that operators take.
public protocol ListElement {
    static var listTag: zoo_tag { get }
    var word: Int64 { get }
}
extension Int: ListElement {
    public static var listTag: zoo_tag { ZOO_INTS }
    public var word: Int64 { Int64(self) }
}
extension Double: ListElement {
    public static var listTag: zoo_tag { ZOO_DOUBLES }
    public var word: Int64 { Int64(bitPattern: bitPattern) }
}
extension Tensor: ListElement {
    public static var listTag: zoo_tag { ZOO_TENSORS }
    public var word: Int64 { Int64(Int(bitPattern: handle.pointer)) }
}
extension Array: Argument where Element: ListElement {
    public var scratch: Int { count }
    public func encode(_ value: inout zoo_value, _ scratch: inout UnsafeMutablePointer<Int64>) {
        value.tag = Element.listTag
        value.count = UInt32(count)
        value.as.object = UnsafeMutableRawPointer(scratch)
        for element in self {
            scratch.pointee = element.word
            scratch += 1
        }
    }
}

/// The schema's default, for an argument in the middle; trailing ones are simply left out.
public struct DefaultArgument: Argument, Sendable {
    public init() {}
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) { value.tag = ZOO_DEFAULT }
}

/// A random generator of its own, apart from the engine's default one.
public final class Generator: Argument {
    private var value = zoo_value()

    /// - Throws: `notFound` under a host without random generators.
    public init(seed: UInt64) throws(ZooError) {
        guard let random = Engine.extension(ZOO_EXT_RANDOM, as: zoo_random_v1.self) else {
            throw ZooError("this host has no \(ZOO_EXT_RANDOM)", .notFound)
        }
        try check(random.pointee.generator(ZOO_CPU, -1, seed, &value))
    }
    deinit { Engine.host.pointee.clear(&value, 1) }
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) { value = self.value }
}

/// An operator of the engine, by name, looked up when first touched.
///
///     static let relu = Operator("aten::relu")
///     let y = try relu(x)
///
/// One that this engine lacks throws when called, not before. A call costs about a microsecond.
public struct Operator: @unchecked Sendable {  // a zoo_op is immutable and lives for ever
    private let op: OpaquePointer?
    private let failure: ZooError

    public init(_ name: String, _ overload: String = "") {
        var found: OpaquePointer?
        let status = Engine.host.pointee.find_op(name, overload, &found)
        op = status == ZOO_OK ? found : nil
        failure = op == nil ? ZooError.last(status) : ZooError("")
    }

    /// Whether this engine has it.
    public var exists: Bool { op != nil }

    /// The engine's own words for the arguments and results.
    public var schema: String? {
        op.flatMap { Engine.host.pointee.schema($0) }.map { String(cString: $0) }
    }

    /// Calls, leaving all results in `out`.
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

    /// The usual shape: one tensor comes out.
    public func callAsFunction<each A: Argument>(_ arguments: repeat each A) throws(ZooError) -> Tensor {
        var out = zoo_value()
        _ = try call(&out, 1, repeat each arguments)
        guard out.tag == ZOO_TENSOR, let pointer = out.as.tensor else {
            Engine.host.pointee.clear(&out, 1)
            throw ZooError("\(schema ?? "the operator"): the result is not a tensor", .badArgument)
        }
        return Tensor(owning: pointer)
    }

    /// Any results: several tensors, or a list of them. Results that are no tensors are left out.
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

    /// For what it does, not for what it gives.
    public func run<each A: Argument>(_ arguments: repeat each A) throws(ZooError) {
        var out = InlineArray<8, zoo_value>(repeating: zoo_value())
        var span = out.mutableSpan
        try span.withUnsafeMutableBufferPointer { buffer throws(ZooError) in
            guard let base = buffer.baseAddress else { return }
            Engine.host.pointee.clear(base, UInt32(try call(base, buffer.count, repeat each arguments)))
        }
    }
}
