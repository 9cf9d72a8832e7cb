public import CZooPlugin

/// An instance made by another plugin (or by this one, across the boundary): destroyed with its last user.
public final class ForeignPart {
    let component: UnsafePointer<zoo_component_v1>
    let instance: UnsafeMutableRawPointer?

    init(component: UnsafePointer<zoo_component_v1>, instance: UnsafeMutableRawPointer?) {
        self.component = component
        self.instance = instance
    }

    /// Makes an instance of `component`.
    ///
    /// - Throws: what the component's `create` reports.
    public init(_ component: UnsafePointer<zoo_component_v1>, _ build: UnsafePointer<zoo_build_v1>) throws(ZooError) {
        guard let create = component.pointee.create else { throw ZooError("the component has no 'create'", .badArgument) }
        var made: UnsafeMutableRawPointer?
        try check(create(component, build, &made))
        self.component = component
        instance = made
    }

    deinit { component.pointee.destroy?(instance) }

    var id: String { component.pointee.id.map { String(cString: $0) } ?? "?" }

    /// Reads the names and tensors of the instance, once.
    func readState() throws(ZooError) -> Parameters {
        let parameters = Parameters()
        guard let state = component.pointee.state else { throw missing("state") }
        for index in 0..<UInt32(1_000_000) {
            var entry = zoo_state_v1()
            let status = state(instance, index, &entry)
            if status == ZOO_NOT_FOUND { break }
            try check(status)
            let tensor = try Tensor(result: entry.tensor)
            guard let name = entry.name else { throw ZooError("component '\(id)': state \(index) has no name", .badArgument) }
            try parameters.register(String(cString: name), tensor, entry.role == ZOO_BUFFER ? .buffer : .parameter)
        }
        parameters.follow { [self] on in
            guard let set = component.pointee.set_training else { return }
            try check(set(instance, on ? 1 : 0))
        }
        return parameters
    }

    func table<T>(_ kind: zoo_kind, as type: T.Type) throws(ZooError) -> UnsafePointer<T> {
        guard component.pointee.kind == kind, let table = component.pointee.table else {
            throw ZooError("component '\(id)' has no table of its kind", .badArgument)
        }
        return table.assumingMemoryBound(to: type)
    }

    func missing(_ function: String) -> ZooError { ZooError("component '\(id)' lacks the function '\(function)'", .badArgument) }
}

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
        guard let count = table.pointee.stage_count, let stage = table.pointee.stage else { throw part.missing("stage") }
        var list: [Stage] = []
        for index in 0..<count(part.instance) {
            var info = zoo_stage_v1()
            try check(stage(part.instance, index, &info))
            list.append(
                Stage(
                    info.name.map { String(cString: $0) } ?? "\(index + 1)", channels: Int(info.channels), height: Int(info.height),
                    width: Int(info.width), stride: info.stride,
                    symmetry: .init(rotations: Int(info.rotations), mirror: info.mirror != 0)))
        }
        stages = list
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
        var list = [Int64](repeating: 0, count: channels)
        try check(permutation(part.instance, UInt32(stage), Int32(rotation), mirror ? 1 : 0, &list))
        guard list.allSatisfy({ (0..<Int64(channels)).contains($0) }) else {
            throw ZooError(
                "component '\(part.id)': the channel permutation of stage \(stage) leaves its \(channels) channels", .badArgument)
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
        guard let count = table.pointee.parameter_count, let flags = table.pointee.flags, let identity = table.pointee.identity else {
            throw part.missing("parameter_count, flags or identity")
        }
        parameterCount = Int(count(part.instance))
        let bits = flags(part.instance)
        composes = bits & ZOO_COMPOSES.rawValue != 0
        inverts = bits & ZOO_INVERTS.rawValue != 0
        var values = [Double](repeating: 0, count: parameterCount)
        try check(identity(part.instance, &values))
        self.identity = values
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
