import CZooPlugin

/// An extractor of another plugin, behind the contract's table of functions.
public final class ForeignExtractor: FeatureExtractor {
    public let parameters: Parameters
    public let traits: Traits
    public let stages: [Stage]
    private let part: ForeignPart
    private let table: UnsafePointer<zoo_extractor_v1>

    /// Reads what the instance says of itself.
    ///
    /// - Throws: `badArgument` if it is of another kind, or says what cannot be.
    public init(_ part: ForeignPart) throws(ZooError) {
        self.part = part
        table = try part.table(ZOO_EXTRACTOR, as: zoo_extractor_v1.self)
        parameters = try part.readState()
        traits = try part.readTraits()
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

    public func scaling(stage: Int, steps: Int) throws -> [Int] {
        guard stages.indices.contains(stage) else { throw ZooError("no stage \(stage); there are \(stages.count)", .notFound) }
        guard stages[stage].symmetry.scaleRatio > 1,
            let function = part.component.offered(ZOO_EXT_SCALING, as: zoo_scaling_v1.self)?.pointee.channels
        else { throw ZooError("stage '\(stages[stage].name)' is not equivariant under scaling", .unsupported) }
        let count = stages[stage].channels
        let what = "the scaling of stage \(stage + 1) of component '\(part.id)'"
        let list = try GuardedNumbers.read(count, of: Int64.self, what) { room throws(ZooError) in
            try check(function(part.instance, UInt32(stage), Int32(clamping: steps), room))
        }
        guard let stray = list.first(where: { !(-1..<Int64(count)).contains($0) }) else { return list.map { Int($0) } }
        throw ZooError("\(what) names channel \(stray), outside the \(count) that there are", .badArgument)
    }
}
