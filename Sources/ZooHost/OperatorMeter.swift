import CEngine
import CZooPlugin
import Synchronization

/// One call of an operator of the engine, seen from outside: by the host or any plugin.
public struct OperatorCall: Sendable {
    /// "aten::conv2d".
    public let name: String
    /// Shapes of tensor arguments, by position; nil for anything else.
    public let inputs: [[Int]?]
    /// Integer arguments, by position; nil for anything else.
    public let integers: [Int?]
    /// Shape of the first result, if that is a tensor.
    public let output: [Int]?
}

/// Watches which operators run.
public enum OperatorMeter {
    /// Everything that is called while `body` runs, in order, on whatever thread. What operators call within themselves is not seen.
    public static func record(_ body: () throws -> Void) rethrows -> [OperatorCall] {
        let calls = Calls()
        try OperatorListener.listen(
            { schema, inputs, outputs in
                let call = OperatorCall(
                    name: String(schema.prefix { $0 != "." && $0 != "(" }), inputs: inputs.map(shape),
                    integers: inputs.map { $0.tag == ZOO_INT ? Int($0.as.i) : nil }, output: outputs.first.flatMap(shape))
                calls.list.withLock { $0.append(call) }
            }, while: body)
        return calls.list.withLock { $0 }
    }

    private final class Calls: Sendable { let list = Mutex<[OperatorCall]>([]) }

    private static func shape(_ value: zoo_value) -> [Int]? {
        guard value.tag == ZOO_TENSOR, let tensor = value.as.tensor else { return nil }
        var info = zoo_tensor_info()
        EngineLibrary.table.host.pointee.describe(tensor, &info)
        return (0..<Int(info.ndim)).map { Int(info.sizes[$0]) }
    }
}
