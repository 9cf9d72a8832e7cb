import ZooKit

/// The MNIST classifier of [FJL20, arXiv:2004.11678] with group convolutions [CW16, arXiv:1602.07576] for plain ones.
///
/// Two stages of convolution (9×9, then 7×7), max-pool 2 and ReLU; then, as a stage of its own, pooling over the group;
/// then the largest value (or mean) over all places, and a linear layer. The logits do not change when the image is
/// rotated or mirrored by an element of the group: exactly, up to rounding, for quarter turns and mirrorings, which map
/// the pixel grid to itself. With `group_pool` none the linear layer sees all of the last map, and the logits change.
class RotationNet: FeatureExtractor {
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
    let stages: [Stage]
    private let id: String
    private let group: PointGroup
    private let layers: [Sequential]
    private let isPooled: Bool
    private let spatialPool: GroupPool.Kind
    private let classifier: Linear?

    init(_ build: Build, id: String, group: PointGroup, interpolation: Interpolation? = nil) throws {
        self.id = id
        self.group = group
        let width = try build.int("width") > 0 ? build.int("width") : Self.matchedWidth(group)
        let kernels = try build.ints("kernels")
        guard !kernels.isEmpty else { throw ZooError("\(id): 'kernels' is empty; at least one convolution is needed", .badArgument) }
        let normalised = try build.bool("batch_norm")
        var size = (height: build.input.height, width: build.input.width)
        var layers: [Sequential] = []
        var stages: [Stage] = []
        let symmetry = Stage.Symmetry(rotations: group.rotations, mirror: group.mirror)
        for (index, kernel) in kernels.enumerated() {
            size = build.size(after: index, size)
            let (height, rows) = (size.height - kernel + 1, size.width - kernel + 1)
            guard height >= 2, rows >= 2 else {
                throw ZooError(
                    "\(id): stage \(index + 1) gets \(size.height)×\(size.width), too small for a \(kernel)×\(kernel) convolution and pooling by 2",
                    .badArgument)
            }
            let name = "conv\(index + 1)"
            // On even maps the symmetric windows are the plain ones, and pooling is one operator with the convolution.
            var steps: [any Layer] = [
                try GroupConvolution(
                    index == 0 ? build.input.channels : width, width, kernel: kernel, group: group, lifting: index == 0,
                    interpolation: interpolation, in: parameters[name]),
                height % 2 == 0 && rows % 2 == 0 ? MaxPool2d(2) : SymmetricMaxPool(),
            ]
            if normalised { steps.append(try BatchNorm2d(width, group: group.order, in: parameters["bn\(index + 1)"])) }
            layers.append(Sequential(steps + [ReLU()]))
            size = (height / 2, rows / 2)
            stages.append(
                Stage(
                    name, channels: width * group.order, height: size.height, width: size.width, stride: Double(1 << (index + 1)),
                    symmetry: symmetry))
        }
        size = build.size(after: stages.count, size)
        let pool = GroupPool.Kind(rawValue: try build.string("group_pool"))
        isPooled = pool != nil
        if let pool {
            layers.append(Sequential([GroupPool(kind: pool, order: group.order)]))
            stages.append(
                Stage(
                    "group-pool", channels: width, height: size.height, width: size.width, stride: Double(1 << kernels.count),
                    symmetry: symmetry))
            size = build.size(after: stages.count, size)
        }
        self.layers = layers
        self.stages = stages
        spatialPool = GroupPool.Kind(rawValue: try build.string("spatial_pool")) ?? .max
        let features = isPooled ? width : width * group.order * size.height * size.width
        classifier = build.outputs == 0 ? nil : try Linear(features, build.outputs, in: parameters["classifier"])
    }

    /// The width that gives mnist-cnn's 208,586 parameters, nearly: 64/√|G|, as [CW16] divides.
    private static func matchedWidth(_ group: PointGroup) -> Int { Int((64 / Double(group.order).squareRoot()).rounded()) }

    func forward(_ x: Tensor, stages range: Range<Int>) throws -> Tensor {
        var y = x
        for layer in layers[range] { y = try layer(y) }
        return y
    }

    func classify(_ features: Tensor) throws -> Tensor {
        guard let classifier else { throw ZooError("\(id) was built for features only", .unsupported) }
        guard isPooled else { return try classifier(features.flattened()) }
        return try classifier(spatialPool == .max ? features.max([2, 3]) : features.mean([2, 3]))
    }

    func permutation(stage: Int, rotation: Int, mirror: Bool) throws -> [Int] {
        guard stages.indices.contains(stage) else { throw ZooError("no stage \(stage); there are \(stages.count)", .notFound) }
        guard !mirror || group.mirror else { throw ZooError("\(id) is not equivariant under mirroring", .unsupported) }
        let channels = stages[stage].channels
        if isPooled, stage == stages.count - 1 { return Array(0..<channels) }
        return group.permutation(channels: channels, by: group.element(rotation: rotation, mirror: mirror))
    }
}

extension Build {
    /// The size of a map after `stage` stages, with what the architecture announces to do to it there.
    func size(after stage: Int, _ size: (height: Int, width: Int)) -> (height: Int, width: Int) {
        resamplings.last { $0.stage == stage }.map { ($0.height, $0.width) } ?? size
    }
}

/// Rotations by quarter turns.
final class P4CNN: RotationNet, Component {
    static let id = "p4-cnn"
    static let summary = "Group convolutions over 4 rotations, conv 9×9 and 7×7, pooling over the group: invariant to quarter turns"
    static let paper = "arXiv:1602.07576"
    static let options = common

    init(_ build: Build) throws { try super.init(build, id: Self.id, group: PointGroup(rotations: 4, mirror: false)) }
}

/// Quarter turns and reflections.
final class P4MCNN: RotationNet, Component {
    static let id = "p4m-cnn"
    static let summary = "Group convolutions over 4 rotations and mirroring, conv 9×9 and 7×7: invariant to quarter turns and reflections"
    static let paper = "arXiv:1602.07576"
    static let options = common

    init(_ build: Build) throws { try super.init(build, id: Self.id, group: PointGroup(rotations: 4, mirror: true)) }
}

/// N rotations, the filters interpolated within a disc: equivariant exactly under quarter turns, nearly under the others.
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
            build, id: Self.id, group: PointGroup(rotations: rotations, mirror: false),
            interpolation: Interpolation(rawValue: try build.string("interpolation")) ?? .gaussian)
    }
}
