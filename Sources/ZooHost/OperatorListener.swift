import CEngine
import CZooPlugin

/// Listens at the one door through which the host and all plugins compute.
enum OperatorListener {
    typealias Values = UnsafeBufferPointer<zoo_value>
    /// Gets the engine's own words for name, arguments and results; values live for the call.
    typealias Listener = @Sendable (_ schema: String, _ inputs: Values, _ outputs: Values) -> Void

    /// Runs `body`, and tells `listener` of every operator that is called meanwhile, on whatever thread, and succeeds. What operators call
    /// within themselves is not seen. One at a time in a process.
    static func listen<R>(_ listener: @escaping Listener, while body: () throws -> R) rethrows -> R {
        let box = Box(listener)
        EngineLibrary.table.listen(
            { context, op, inputs, inputCount, outputs, outputCount in
                guard let context, let op else { return }
                let schema = EngineLibrary.table.host.pointee.schema(op).map { String(cString: $0) } ?? ""
                Unmanaged<Box>.fromOpaque(context).takeUnretainedValue().listener(
                    schema, Values(start: inputs, count: Int(inputCount)), Values(start: outputs, count: Int(outputCount)))
            }, Unmanaged.passUnretained(box).toOpaque())
        return try withExtendedLifetime(box) {
            defer { EngineLibrary.table.listen(nil, nil) }
            return try body()
        }
    }

    private final class Box: Sendable {
        let listener: Listener
        init(_ listener: @escaping Listener) { self.listener = listener }
    }
}
