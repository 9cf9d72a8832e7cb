import CEngine
import CZooPlugin
import Glibc
import Synchronization

/// One call of an operator of the engine, wherever it was called from.
public struct OperatorCall: Sendable {
    /// "aten::conv2d".
    public let name: String
    /// How many operators of its thread it was called within.
    public let depth: Int
    /// Shapes of tensor arguments, by position; nil for anything else.
    public let inputs: [[Int]?]
    /// Integer arguments and truth values, by position; nil for anything else.
    public let integers: [Int?]
    /// Shape of the first result, if that is a tensor.
    public let output: [Int]?
    /// Which tensors the arguments and the first result are: the same number for the same tensor, as long as that lives.
    public let arguments: [UInt?]
    public let result: UInt?
    /// The thread it ran on.
    public let thread: UInt
}

/// Watches which operators run.
public enum OperatorMeter {
    /// Every operator that runs while `body` does, in the order in which they end, on whatever thread: those that the host and plugins
    /// call, those that operators call within themselves, and those of TorchScript. A compiled package, whose arithmetic is no
    /// operator's, shows as one call of "zoo::aotinductor". One at a time in a process.
    public static func record(_ body: () throws -> Void) rethrows -> [OperatorCall] {
        let calls = Calls()
        EngineLibrary.table.observe(
            { context, name, depth, inputs, inputCount, outputs, outputCount in
                guard let context, let name else { return }
                let inputs = UnsafeBufferPointer(start: inputs, count: Int(inputCount))
                let output = UnsafeBufferPointer(start: outputs, count: Int(outputCount)).first
                let call = OperatorCall(
                    name: String(cString: name), depth: Int(depth), inputs: inputs.map(OperatorMeter.shape),
                    integers: inputs.map { $0.is_number != 0 ? Int($0.number) : nil }, output: output.flatMap(OperatorMeter.shape),
                    arguments: inputs.map(OperatorMeter.identity), result: output.flatMap(OperatorMeter.identity), thread: pthread_self())
                Unmanaged<Calls>.fromOpaque(context).takeUnretainedValue().list.withLock { $0.append(call) }
            }, Unmanaged.passUnretained(calls).toOpaque())
        try withExtendedLifetime(calls) {
            defer { EngineLibrary.table.observe(nil, nil) }
            try body()
        }
        return calls.list.withLock { $0 }
    }

    private final class Calls: Sendable { let list = Mutex<[OperatorCall]>([]) }

    private static func shape(_ value: zoo_observed) -> [Int]? {
        value.ndim < 0 ? nil : (0..<Int(value.ndim)).map { Int(value.sizes[$0]) }
    }

    private static func identity(_ value: zoo_observed) -> UInt? { value.identity.map { UInt(bitPattern: $0) } }
}
