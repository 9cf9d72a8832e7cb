import CZooPlugin

/// An extractor behind a C table.
public final class ForeignExtractor: FeatureExtractor {
    public let parameters: Parameters
    public let stages: [Stage]
    private let part: ForeignPart
    private let table: UnsafePointer<zoo_extractor_v1>

    public init(_ part: ForeignPart) throws(ZooError) {
        self.part = part
        table = try part.table(ZOO_EXTRACTOR, as: zoo_extractor_v1.self)
        parameters = try part.readState()
        stages = try part.stages(of: table)
    }

    public func forward(_ x: Tensor, stages range: Range<Int>) throws -> Tensor {
        guard let forward = table.pointee.forward else { throw part.missing("forward") }
        guard range.lowerBound >= 0, range.upperBound <= stages.count else {
            throw ZooError("stages \(range) of an extractor that has \(stages.count)", .badArgument)
        }
        var out: OpaquePointer?
        try x.with { x throws(ZooError) in
            try check(forward(part.instance, UInt32(range.lowerBound), UInt32(range.upperBound), x, &out))
        }
        return try Tensor(result: out)
    }

    public func classify(_ features: Tensor) throws -> Tensor {
        guard let classify = table.pointee.classify else { throw part.missing("classify") }
        var out: OpaquePointer?
        try features.with { x throws(ZooError) in try check(classify(part.instance, x, &out)) }
        return try Tensor(result: out)
    }

    public func permutation(stage: Int, rotation: Int, mirror: Bool) throws -> [Int] {
        guard stages.indices.contains(stage) else { throw ZooError("no stage \(stage); there are \(stages.count)", .notFound) }
        let channels = stages[stage].channels
        guard let permutation = table.pointee.permutation else { return Array(0..<channels) }
        let what = "the channel permutation of stage \(stage + 1) of component '\(part.id)'"
        let list = try GuardedNumbers.read(channels, of: Int64.self, what) { room throws(ZooError) in
            try check(permutation(part.instance, UInt32(stage), Int32(clamping: rotation), mirror ? 1 : 0, room))
        }
        var isTaken = [Bool](repeating: false, count: channels)
        for channel in list {
            guard (0..<Int64(channels)).contains(channel), !isTaken[Int(channel)] else {
                throw ZooError("\(what) names channel \(channel) twice, or outside the \(channels) that there are", .badArgument)
            }
            isTaken[Int(channel)] = true
        }
        return list.map { Int($0) }
    }
}

/// A family of transformations behind a C table.
public final class ForeignTransformer: SpatialTransformer {
    public let parameters: Parameters
    public let parameterCount: Int
    public let identity: [Double]
    public let composes, inverts: Bool
    private let part: ForeignPart
    private let table: UnsafePointer<zoo_transformer_v1>

    public init(_ part: ForeignPart) throws(ZooError) {
        self.part = part
        table = try part.table(ZOO_TRANSFORMER, as: zoo_transformer_v1.self)
        parameters = try part.readState()
        guard let flags = table.pointee.flags else { throw part.missing("flags") }
        identity = try part.identity(of: table)
        parameterCount = identity.count
        let bits = flags(part.instance)
        composes = bits & ZOO_COMPOSES.rawValue != 0
        inverts = bits & ZOO_INVERTS.rawValue != 0
    }

    public func outputSize(height: Int, width: Int) -> (height: Int, width: Int) {
        var h = Int64(height)
        var w = Int64(width)
        guard let size = table.pointee.output_size, size(part.instance, h, w, &h, &w) == ZOO_OK else { return (height, width) }
        return (Int(h), Int(w))
    }

    public func transformation(_ parameters: Tensor) throws -> Tensor {
        guard let function = table.pointee.transformation else { throw part.missing("transformation") }
        var out: OpaquePointer?
        try parameters.with { p throws(ZooError) in try check(function(part.instance, p, &out)) }
        return try Tensor(result: out)
    }

    public func compose(_ first: Tensor, _ second: Tensor) throws -> Tensor {
        guard let function = table.pointee.compose else { throw ZooError("family '\(part.id)' does not compose", .unsupported) }
        var out: OpaquePointer?
        try first.with { a throws(ZooError) in
            try second.with { b throws(ZooError) in try check(function(part.instance, a, b, &out)) }
        }
        return try Tensor(result: out)
    }

    public func invert(_ theta: Tensor) throws -> Tensor {
        guard let function = table.pointee.invert else { throw ZooError("family '\(part.id)' has no inverse", .unsupported) }
        var out: OpaquePointer?
        try theta.with { t throws(ZooError) in try check(function(part.instance, t, &out)) }
        return try Tensor(result: out)
    }

    public func warp(_ images: Tensor, _ theta: Tensor, height: Int, width: Int) throws -> Tensor {
        guard let function = table.pointee.warp else { throw part.missing("warp") }
        guard [height, width].allSatisfy({ (1...ForeignPart.mostOfSize).contains(Int64($0)) }) else {
            throw ZooError("family '\(part.id)' is to make images of \(height)×\(width)", .badArgument)
        }
        var out: OpaquePointer?
        try images.with { x throws(ZooError) in
            try theta.with { t throws(ZooError) in try check(function(part.instance, x, t, Int64(height), Int64(width), &out)) }
        }
        return try Tensor(result: out)
    }
}

/// A localization net behind a C table.
public final class ForeignLocalization: LocalizationNet {
    public let parameters: Parameters
    private let part: ForeignPart
    private let table: UnsafePointer<zoo_localization_v1>

    public init(_ part: ForeignPart) throws(ZooError) {
        self.part = part
        table = try part.table(ZOO_LOCALIZATION, as: zoo_localization_v1.self)
        parameters = try part.readState()
    }

    public func forward(_ x: Tensor) throws -> Tensor {
        guard let function = table.pointee.forward else { throw part.missing("forward") }
        var out: OpaquePointer?
        try x.with { x throws(ZooError) in try check(function(part.instance, x, &out)) }
        return try Tensor(result: out)
    }
}

/// An architecture behind a C table.
public final class ForeignArchitecture: Architecture {
    public let parameters: Parameters
    private let part: ForeignPart
    private let table: UnsafePointer<zoo_architecture_v1>

    public init(_ part: ForeignPart) throws(ZooError) {
        self.part = part
        table = try part.table(ZOO_ARCHITECTURE, as: zoo_architecture_v1.self)
        parameters = try part.readState()
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
