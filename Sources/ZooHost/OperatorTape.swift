import CZooPlugin
import Glibc
public import ZooKit

/// What a computation did, operator by operator, whatever plugins it ran through: they all compute through one door.
///
///     let tape = try OperatorTape { try network.architecture.forward(images) }
public final class OperatorTape {
    /// What went into an operator or came out.
    public enum Value: Equatable, Sendable {
        case none
        /// In only: left to the operator's schema.
        case schemaDefault
        case bool(Bool)
        case int(Int)
        case double(Double)
        case string(String)
        /// Index into `tensors`.
        case tensor(Int)
        case ints([Int])
        case doubles([Double])
        case bools([Bool])
        /// nil entries are absent tensors.
        case tensors([Int?])
        case dtype(DType)
        case device
        case memoryFormat(MemoryFormat)
        case layout
        /// A random generator.
        case generator
    }

    public struct Call: Sendable {
        /// The engine's own words for name, arguments and results.
        public let schema: String
        public let inputs, outputs: [Value]
    }

    public private(set) var calls: [Call] = []
    /// Every tensor that was seen, kept alive so that none takes the place of another.
    public private(set) var tensors: [Tensor] = []
    public let result: Tensor
    private var indices: [OpaquePointer: Int] = [:]

    /// Runs `body` on this thread and listens.
    ///
    /// - Throws: what `body` throws.
    public init(_ body: () throws -> Tensor) throws {
        let notes = Notes()
        result = try OperatorListener.listen({ notes.note($0, $1, $2) }, while: body)
        (calls, tensors, indices) = (notes.calls, notes.tensors, notes.indices)
    }

    /// Where a tensor stands in `tensors`; nil if no operator has seen it.
    public func index(of tensor: Tensor) -> Int? { indices[tensor.identity] }

    /// Touched by the thread that made it, and by no other: of what others do meanwhile it takes no note.
    private final class Notes: @unchecked Sendable {
        private let thread = pthread_self()
        var calls: [Call] = []
        var tensors: [Tensor] = []
        var indices: [OpaquePointer: Int] = [:]

        func index(_ pointer: OpaquePointer) -> Int {
            if let known = indices[pointer] { return known }
            indices[pointer] = tensors.count
            tensors.append(.shared(pointer))
            return tensors.count - 1
        }

        func note(_ schema: String, _ inputs: OperatorListener.Values, _ outputs: OperatorListener.Values) {
            guard pthread_equal(thread, pthread_self()) != 0 else { return }
            calls.append(Call(schema: schema, inputs: inputs.map(value), outputs: outputs.map(value)))
        }

        private func value(_ value: zoo_value) -> Value {
            let count = Int(value.count)
            switch value.tag {
            case ZOO_DEFAULT: return .schemaDefault
            case ZOO_BOOL: return .bool(value.as.i != 0)
            case ZOO_INT: return .int(Int(value.as.i))
            case ZOO_DOUBLE: return .double(value.as.d)
            case ZOO_STRING:
                return .string(String(decoding: UnsafeRawBufferPointer(start: value.as.string, count: count), as: UTF8.self))
            case ZOO_TENSOR: return value.as.tensor.map { .tensor(index($0)) } ?? .none
            case ZOO_INTS: return .ints(UnsafeBufferPointer(start: value.as.ints, count: count).map { Int($0) })
            case ZOO_DOUBLES: return .doubles(Array(UnsafeBufferPointer(start: value.as.doubles, count: count)))
            case ZOO_BOOLS: return .bools(UnsafeBufferPointer(start: value.as.bools, count: count).map { $0 != 0 })
            case ZOO_TENSORS: return .tensors(UnsafeBufferPointer(start: value.as.tensors, count: count).map { $0.map(index) })
            case ZOO_SCALAR_TYPE: return DType(rawValue: UInt32(truncatingIfNeeded: value.as.i)).map { .dtype($0) } ?? .none
            case ZOO_DEVICE: return .device
            case ZOO_MEMORY_FORMAT: return MemoryFormat(rawValue: UInt32(truncatingIfNeeded: value.as.i)).map { .memoryFormat($0) } ?? .none
            case ZOO_LAYOUT: return .layout
            case ZOO_GENERATOR: return .generator
            default: return .none
            }
        }
    }
}
