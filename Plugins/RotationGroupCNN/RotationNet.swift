import ZooKit

/// The MNIST classifier of [FJL20, arXiv:2004.11678] with group convolutions [CW16, arXiv:1602.07576] for plain ones.
///
/// Two stages of convolution (9×9, then 7×7), max-pool 2 and ReLU; then, as a stage of its own, pooling over the group;
/// then the largest value (or mean) over all places, and a linear layer. The logits do not change when the image is
/// rotated or mirrored by an element of the group: exactly, up to rounding, for quarter turns and mirrorings, which map
/// the pixel grid to itself. With `group_pool` none the linear layer sees all of the last map, and the logits change.
class RotationNet: StagedExtractor {
    static var common: [Option] {
        [
            Option.int(
                "width", default: 0, in: 0...1024, "channels of both convolutions, per group element; 0: as many parameters as mnist-cnn"),
            Option.ints("kernels", default: [9, 7], in: 2...31, "sides of the kernels, one per convolution"),
            Option.string(
                "group_pool", default: "max", choices: GroupPool.Kind.allCases.map(\.rawValue) + ["none"],
                "pooling over the group before the classifier"),
            Option.string(
                "spatial_pool", default: "max", choices: GroupPool.Kind.allCases.map(\.rawValue),
                "pooling over places before the linear layer; not used with group_pool none"),
            Option.bool("batch_norm", default: false, "batch norm after each pooling, before ReLU; statistics shared over the group"),
        ]
    }

    let parameters = Parameters()
    let chain: StageChain
    let classifier: Sequential?
    private let group: PointGroup
    private let isPooled: Bool

    init(_ build: Build, group: PointGroup, interpolation: Interpolation? = nil) throws {
        self.group = group
        let width = try build.int("width") > 0 ? build.int("width") : Self.matchedWidth(group)
        let kernels = try build.ints("kernels")
        guard !kernels.isEmpty else { throw ZooError("\(build.id): 'kernels' is empty; at least one convolution is needed", .badArgument) }
        let normalised = try build.bool("batch_norm")
        let symmetry = Stage.Symmetry(rotations: group.rotations, mirror: group.mirror)
        var chain = StageChain(build)
        for (index, kernel) in kernels.enumerated() {
            let convolution = try GroupConvolution(
                inChannels: index == 0 ? build.input.channels : width, outChannels: width, kernelSize: kernel, group: group,
                lifting: index == 0, interpolation: interpolation, in: parameters["conv\(index + 1)"])
            var steps: [any Layer] = [convolution, convolution.pooling(of: chain.shape)]
            if normalised {
                steps.append(try BatchNorm2d(numFeatures: width, groupSize: group.order, in: parameters["bn\(index + 1)"]))
            }
            try chain.add(steps + [ReLU()], symmetry: symmetry)
        }
        let pool = GroupPool.Kind(rawValue: try build.string("group_pool"))
        isPooled = pool != nil
        if let pool { try chain.add([GroupPool(kind: pool, order: group.order)], name: "group-pool", symmetry: symmetry) }
        self.chain = chain
        let spatialPool = SpatialPool(kind: GroupPool.Kind(rawValue: try build.string("spatial_pool")) ?? .max)
        let last: any Layer = isPooled ? spatialPool : Flatten()
        let features = try last.outputShape(of: chain.shape).count
        classifier =
            build.outputs == 0
            ? nil : Sequential([last, try Linear(inFeatures: features, outFeatures: build.outputs, in: parameters["classifier"])])
    }

    /// The width that gives mnist-cnn's 208,586 parameters, nearly: 64/√|G|, as [CW16] divides.
    private static func matchedWidth(_ group: PointGroup) -> Int { Int((64 / Double(group.order).squareRoot()).rounded()) }

    func permutation(stage: Int, rotation: Int, mirror: Bool) throws -> [Int] {
        guard stages.indices.contains(stage) else { throw ZooError("no stage \(stage); there are \(stages.count)", .notFound) }
        guard !mirror || group.mirror else { throw ZooError("\(chain.id) is not equivariant under mirroring", .unsupported) }
        let channels = stages[stage].channels
        if isPooled, stage == stages.count - 1 { return Array(0..<channels) }
        return group.permutation(channels: channels, by: group.element(rotation: rotation, mirror: mirror))
    }
}

/// Rotations by quarter turns.
final class P4CNN: RotationNet, Component {
    static let id = "p4-cnn"
    static let summary = "Group convolutions over 4 rotations, conv 9×9 and 7×7, pooling over the group: invariant to quarter turns"
    static let paper = "arXiv:1602.07576"
    static let options = common

    init(_ build: Build) throws { try super.init(build, group: PointGroup(rotations: 4, mirror: false)) }
}

/// Quarter turns and reflections.
final class P4MCNN: RotationNet, Component {
    static let id = "p4m-cnn"
    static let summary = "Group convolutions over 4 rotations and mirroring, conv 9×9 and 7×7: invariant to quarter turns and reflections"
    static let paper = "arXiv:1602.07576"
    static let options = common

    init(_ build: Build) throws { try super.init(build, group: PointGroup(rotations: 4, mirror: true)) }
}

/// N rotations, the filters interpolated within a disc: equivariant exactly under quarter turns, nearly under the
/// others.
final class CNCNN: RotationNet, Component {
    static let id = "cn-cnn"
    static let summary = "Group convolutions over N rotations with interpolated filters in a disc: nearly invariant to 360°/N"
    static let paper = "arXiv:1602.07576"
    static let options =
        common + [
            Option.int("rotations", default: 8, in: 4...64, "N, a multiple of 4"),
            Option.string(
                "interpolation", default: Interpolation.gaussian.rawValue, choices: Interpolation.allCases.map(\.rawValue),
                "how filters are rotated"),
        ]

    init(_ build: Build) throws {
        let rotations = try build.int("rotations")
        guard rotations % 4 == 0 else {
            throw ZooError("cn-cnn: 'rotations' is a multiple of 4, so that quarter turns stay exact; \(rotations) was given", .badArgument)
        }
        try super.init(
            build, group: PointGroup(rotations: rotations, mirror: false),
            interpolation: Interpolation(rawValue: try build.string("interpolation")) ?? .gaussian)
    }
}
