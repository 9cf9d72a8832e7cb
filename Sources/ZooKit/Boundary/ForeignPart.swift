public import CZooPlugin

/// An instance of a component of another plugin, destroyed together with the last reference to it.
public final class ForeignPart {
    let component: UnsafePointer<zoo_component_v1>
    let instance: UnsafeMutableRawPointer?
    /// Whether the instance ends with this.
    private let isOwner: Bool

    init(component: UnsafePointer<zoo_component_v1>, instance: UnsafeMutableRawPointer?) {
        self.component = component
        self.instance = instance
        isOwner = true
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
        isOwner = true
    }

    deinit { if isOwner { component.pointee.destroy?(instance) } }

    /// The most that a plugin may claim to have, beyond which its answer is taken for garbled.
    private static let mostStages = 10_000, mostParameters = 65_536, mostStates = 1_000_000
    /// The largest number of pixels of a side, and of channels, of an image or feature map.
    static let mostOfSize = Int64(Int32.max)

    /// Asks an instance for all that the contract gives it room for, and checks what it says, so that those to whom a
    /// host hands the instance may trust it.
    ///
    /// - Throws: `badArgument` that names the component and what is wrong.
    public static func verify(_ component: UnsafePointer<zoo_component_v1>, _ instance: UnsafeMutableRawPointer?) throws(ZooError) {
        try withExtendedLifetime(ForeignPart(borrowing: component, instance)) { (part: ForeignPart) throws(ZooError) in
            switch component.pointee.kind {
            case ZOO_EXTRACTOR: _ = try part.stages(of: part.table(ZOO_EXTRACTOR, as: zoo_extractor_v1.self))
            case ZOO_TRANSFORMER: _ = try part.identity(of: part.table(ZOO_TRANSFORMER, as: zoo_transformer_v1.self))
            default: break
            }
        }
    }

    private init(borrowing component: UnsafePointer<zoo_component_v1>, _ instance: UnsafeMutableRawPointer?) {
        self.component = component
        self.instance = instance
        isOwner = false
    }

    /// What an extractor says of its stages.
    func stages(of table: UnsafePointer<zoo_extractor_v1>) throws(ZooError) -> [Stage] {
        guard let count = table.pointee.stage_count, let stage = table.pointee.stage else { throw missing("stage") }
        let claimed = Int(count(instance))
        guard claimed <= Self.mostStages else {
            throw ZooError("component '\(id)' claims \(claimed) stages, expected \(Self.mostStages) at most", .badArgument)
        }
        let scaling = component.offered(ZOO_EXT_SCALING, as: zoo_scaling_v1.self)?.pointee
        var list: [Stage] = []
        for index in 0..<claimed {
            var info = zoo_stage_v1()
            try check(stage(instance, UInt32(index), &info))
            let sizes = [info.channels, info.height, info.width]
            guard info.channels > 0, sizes.allSatisfy({ (0...Self.mostOfSize).contains($0) }), info.stride.isFinite, info.rotations >= 0
            else {
                let found = "\(info.channels)×\(info.height)×\(info.width), stride \(info.stride), \(info.rotations) rotations"
                throw ZooError("component '\(id)': stage \(index + 1) says \(found)", .badArgument)
            }
            list.append(
                Stage(
                    info.name.map { String(cString: $0) } ?? "\(index + 1)", channels: Int(info.channels), height: Int(info.height),
                    width: Int(info.width), stride: info.stride,
                    symmetry: .init(
                        rotations: Int(info.rotations), mirror: info.mirror != 0, scaleRatio: try scaleRatio(scaling, of: index))))
        }
        return list
    }

    private func scaleRatio(_ scaling: zoo_scaling_v1?, of stage: Int) throws(ZooError) -> Double {
        guard let ratio = scaling?.ratio else { return 1 }
        var value = 1.0
        try check(ratio(instance, UInt32(stage), &value))
        guard value.isFinite, value >= 1 else {
            throw ZooError("component '\(id)': stage \(stage + 1) says a ratio of scalings of \(value), expected 1 or more", .badArgument)
        }
        return value
    }

    /// What the instance says of itself; nothing by default.
    func readTraits() throws(ZooError) -> Traits {
        guard let read = component.offered(ZOO_EXT_TRAITS, as: zoo_trait_table_v1.self)?.pointee.traits else { return Traits() }
        var found = zoo_traits_v1()
        found.rotations = 1
        try check(read(instance, &found))
        guard found.rotations >= 0, found.tolerance.isFinite, found.tolerance >= 0 else {
            throw ZooError(
                "component '\(id)': its traits say \(found.rotations) rotations and a tolerance of \(found.tolerance)", .badArgument)
        }
        return Traits(
            isPosedAtFirst: found.flags & ZOO_POSED_AT_FIRST.rawValue != 0, isPoseDetached: found.flags & ZOO_POSE_DETACHED.rawValue != 0,
            invariance: .init(rotations: Int(max(1, found.rotations)), mirror: found.mirror != 0), tolerance: found.tolerance)
    }

    /// The parameters of a family's identity.
    func identity(of table: UnsafePointer<zoo_transformer_v1>) throws(ZooError) -> [Double] {
        guard let count = table.pointee.parameter_count, let identity = table.pointee.identity else {
            throw missing("parameter_count or identity")
        }
        let claimed = Int(count(instance))
        guard (0...Self.mostParameters).contains(claimed) else {
            throw ZooError("component '\(id)' claims \(claimed) parameters, expected 0 to \(Self.mostParameters)", .badArgument)
        }
        let values = try GuardedNumbers.read(claimed, of: Double.self, "the identity of component '\(id)'") { room throws(ZooError) in
            try check(identity(instance, room))
        }
        guard values.allSatisfy(\.isFinite) else {
            throw ZooError("component '\(id)': its identity \(values) holds NaN or infinity", .badArgument)
        }
        return values
    }

    var id: String { component.pointee.id.map { String(cString: $0) } ?? "?" }

    /// Reads the names and tensors of the instance, once.
    func readState() throws(ZooError) -> Parameters {
        let parameters = Parameters()
        guard let state = component.pointee.state else { throw missing("state") }
        for index in UInt32(0)... {
            var entry = zoo_state_v1()
            let status = state(instance, index, &entry)
            if status == ZOO_NOT_FOUND { break }
            guard index < Self.mostStates else {
                throw ZooError("component '\(id)' goes on naming parameters and buffers beyond \(Self.mostStates)", .badArgument)
            }
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
