import ZooKit

/// The seven-layer network of [CW16, arXiv:1602.07576, section 8.1] for rotated MNIST.
///
/// Six times convolution 3×3, batch norm, ReLU; max-pool 2 after the second; then a convolution 4×4 straight to the
/// classes and the largest value over all places (and group elements): on 28×28 the last map is 1×1. Dropout stands
/// after layers 1, 3, 4, 5 and 6. Widths, layers and the places of dropout are those of the paper and of its authors' published
/// code; weights start as in the zoo's other convolutions. The top convolution is the classifier, so there are six stages.
class CohenWelling: FeatureExtractor {
    static func choices(width: Int, dropout: Double) -> [Option] {
        [
            Option.int("width", default: width, in: 1...1024, "channels of the first six convolutions, per group element"),
            Option.double("dropout", default: dropout, in: 0...0.95, "probability of dropout"),
        ]
    }

    let parameters = Parameters()
    let stages: [Stage]
    private let id: String
    private let group: PointGroup
    private let layers: [Sequential]
    private let top: GroupConvolution?

    init(_ build: Build, id: String, group: PointGroup) throws {
        self.id = id
        self.group = group
        let width = try build.int("width")
        let dropout = Dropout(try build.double("dropout"), in: parameters.root)
        let isPlane = group.order == 1
        var size = (height: build.input.height, width: build.input.width)
        func require(_ side: Int, _ what: String) throws {
            guard size.height >= side, size.width >= side else {
                throw ZooError(
                    "\(id): \(what) gets \(size.height)×\(size.width), needs at least \(side)×\(side); images of 28×28 fit", .badArgument)
            }
        }
        var layers: [Sequential] = []
        var stages: [Stage] = []
        for index in 1...6 {
            size = build.size(after: index - 1, size)
            try require(index == 2 ? 4 : 3, "layer \(index)")
            let name = "conv\(index)"
            var steps: [any Layer] = [
                try GroupConvolution(
                    index == 1 ? build.input.channels : width, width, kernel: 3, group: group, lifting: index == 1 || isPlane,
                    in: parameters[name]),
                try BatchNorm2d(width, group: group.order, in: parameters["bn\(index)"]), ReLU(),
            ]
            size = (size.height - 2, size.width - 2)
            if index == 2 {
                // On even maps the symmetric windows are the plain ones.
                steps.append(size.height % 2 == 0 && size.width % 2 == 0 ? MaxPool2d(2) : SymmetricMaxPool())
                size = (size.height / 2, size.width / 2)
            } else {
                steps.append(dropout)
            }
            layers.append(Sequential(steps))
            stages.append(
                Stage(
                    name, channels: width * group.order, height: size.height, width: size.width, stride: index == 1 ? 1 : 2,
                    symmetry: Stage.Symmetry(rotations: group.rotations, mirror: group.mirror)))
        }
        size = build.size(after: 6, size)
        self.layers = layers
        self.stages = stages
        if build.outputs > 0 {
            try require(4, "the last convolution, 4×4,")
            top = try GroupConvolution(width, build.outputs, kernel: 4, group: group, lifting: isPlane, in: parameters["top"])
        } else {
            top = nil
        }
    }

    func forward(_ x: Tensor, stages range: Range<Int>) throws -> Tensor {
        var y = x
        for layer in layers[range] { y = try layer(y) }
        return y
    }

    func classify(_ features: Tensor) throws -> Tensor {
        guard let top else { throw ZooError("\(id) was built for features only", .unsupported) }
        return try GroupPool(kind: .max, order: group.order)(top(features)).max([2, 3])
    }

    func permutation(stage: Int, rotation: Int, mirror: Bool) throws -> [Int] {
        guard stages.indices.contains(stage) else { throw ZooError("no stage \(stage); there are \(stages.count)", .notFound) }
        let channels = stages[stage].channels
        if group.order == 1 { return Array(0..<channels) }
        guard !mirror || group.mirror else { throw ZooError("\(id) is not equivariant under mirroring", .unsupported) }
        return group.permutation(channels: channels, by: group.element(rotation: rotation, mirror: mirror))
    }
}

/// The paper's baseline: 5.03 % error on rotated MNIST 12k.
final class Z2CNN: CohenWelling, Component {
    static let id = "cw-z2cnn"
    static let summary = "Z2CNN: seven plain convolutions 3×3 (last 4×4) of 20 channels with batch norm and dropout"
    static let paper = "arXiv:1602.07576"
    static let options = choices(width: 20, dropout: 0.3)

    init(_ build: Build) throws { try super.init(build, id: Self.id, group: PointGroup(rotations: 1, mirror: false)) }
}

/// The same over quarter turns, with half the channels per rotation: 2.28 % error. Its authors' code runs it without dropout.
final class CohenWellingP4CNN: CohenWelling, Component {
    static let id = "cw-p4cnn"
    static let summary = "P4CNN: Z2CNN with group convolutions over 4 rotations, 10 channels each, pooled over the group at the end"
    static let paper = "arXiv:1602.07576"
    static let options = choices(width: 10, dropout: 0)

    init(_ build: Build) throws { try super.init(build, id: Self.id, group: PointGroup(rotations: 4, mirror: false)) }
}
