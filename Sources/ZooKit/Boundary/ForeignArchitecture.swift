import CZooPlugin

/// An architecture of another plugin, behind the contract's table of functions.
public final class ForeignArchitecture: Architecture {
    public let parameters: Parameters
    public let traits: Traits
    private let part: ForeignPart
    private let table: UnsafePointer<zoo_architecture_v1>

    /// Reads what the instance says of itself.
    ///
    /// - Throws: `badArgument` if it is of another kind, or says what cannot be.
    public init(_ part: ForeignPart) throws(ZooError) {
        self.part = part
        table = try part.table(ZOO_ARCHITECTURE, as: zoo_architecture_v1.self)
        parameters = try part.readState()
        traits = try part.readTraits()
    }

    public func forward(_ x: Tensor, trace: Trace?) throws -> Tensor {
        guard let function = table.pointee.forward else { throw part.missing("forward") }
        var out: OpaquePointer?
        try x.with { x throws(ZooError) in
            guard let trace else { return try check(function(part.instance, x, nil, &out)) }
            let keeper = TraceKeeper(trace)
            var record = zoo_trace_v1(
                struct_size: UInt32(MemoryLayout<zoo_trace_v1>.size), context: Unmanaged.passUnretained(keeper).toOpaque(),
                record: { context, name, tensor in
                    guard let context, let name, let tensor else { return }
                    let keeper = Unmanaged<TraceKeeper>.fromOpaque(context).takeUnretainedValue()
                    keeper.trace.record(String(cString: name), Tensor(sharing: tensor))
                })
            let status = function(part.instance, x, &record, &out)
            withExtendedLifetime(keeper) {}
            try check(status)
        }
        return try Tensor(result: out)
    }
}

private final class TraceKeeper {
    let trace: Trace
    init(_ trace: Trace) { self.trace = trace }
}
