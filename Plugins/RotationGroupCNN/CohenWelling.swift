import ZooKit

/// The seven-layer network of [CW16, arXiv:1602.07576, section 8.1] for rotated MNIST.
///
/// Six times convolution 3×3, batch norm, ReLU; max-pool 2 after the second; then a convolution 4×4 straight to the
/// classes and the largest value over all places (and group elements): on 28×28 the last map is 1×1. Dropout stands
/// after layers 1, 3, 4, 5 and 6. Widths, layers and the places of dropout are those of the paper and of its authors'
/// published code; weights start as in the zoo's other convolutions. The top convolution is the classifier, so there
/// are six stages.
class CohenWelling: StagedExtractor {
    static func choices(width: Int, dropout: Double) -> [Option] {
        [
            Option.int("width", default: width, in: 1...1024, "channels of the first six convolutions, per group element"),
            Option.double("dropout", default: dropout, in: 0...0.95, "probability of dropout"),
        ]
    }

    let parameters = Parameters()
    let chain: StageChain
    let classifier: Sequential?
    private let group: PointGroup

    init(_ build: Build, group: PointGroup) throws {
        self.group = group
        let width = try build.int("width")
        let dropout = Dropout(p: try build.double("dropout"), in: parameters.root)
        let isPlane = group.order == 1
        var chain = StageChain(build)
        for index in 1...6 {
            let convolution = try GroupConvolution(
                inChannels: index == 1 ? build.input.channels : width, outChannels: width, kernelSize: 3, group: group,
                lifting: index == 1 || isPlane, in: parameters["conv\(index)"])
            var steps: [any Layer] = [
                convolution, try BatchNorm2d(numFeatures: width, groupSize: group.order, in: parameters["bn\(index)"]), ReLU(),
            ]
            steps.append(index == 2 ? convolution.pooling(of: chain.shape) : dropout)
            try chain.add(steps, symmetry: Stage.Symmetry(rotations: group.rotations, mirror: group.mirror))
        }
        self.chain = chain
        guard build.outputs > 0 else {
            classifier = nil
            return
        }
        let top = try GroupConvolution(
            inChannels: width, outChannels: build.outputs, kernelSize: 4, group: group, lifting: isPlane, in: parameters["top"])
        let classifier = Sequential([top, GroupPool(kind: .max, order: group.order), SpatialPool(kind: .max)])
        do { _ = try classifier.outputShape(of: chain.shape) } catch {
            throw ZooError("\(build.id): the last convolution: \(error.message); images of 28×28 fit", error.kind)
        }
        self.classifier = classifier
    }

    func permutation(stage: Int, rotation: Int, mirror: Bool) throws -> [Int] {
        guard stages.indices.contains(stage) else { throw ZooError("no stage \(stage); there are \(stages.count)", .notFound) }
        let channels = stages[stage].channels
        if group.order == 1 { return Array(0..<channels) }
        guard !mirror || group.mirror else { throw ZooError("\(chain.id) is not equivariant under mirroring", .unsupported) }
        return group.permutation(channels: channels, by: group.element(rotation: rotation, mirror: mirror))
    }
}

/// The paper's baseline: 5.03 % error on rotated MNIST 12k.
final class Z2CNN: CohenWelling, Component {
    static let id = "cw-z2cnn"
    static let summary = "Z2CNN: seven plain convolutions 3×3 (last 4×4) of 20 channels with batch norm and dropout"
    static let paper = "arXiv:1602.07576"
    static let options = choices(width: 20, dropout: 0.3)

    init(_ build: Build) throws { try super.init(build, group: PointGroup(rotations: 1, mirror: false)) }
}

/// The same over quarter turns, with half the channels per rotation: 2.28 % error. Its authors' code runs it without
/// dropout.
final class CohenWellingP4CNN: CohenWelling, Component {
    static let id = "cw-p4cnn"
    static let summary = "P4CNN: Z2CNN with group convolutions over 4 rotations, 10 channels each, pooled over the group at the end"
    static let paper = "arXiv:1602.07576"
    static let options = choices(width: 10, dropout: 0)

    init(_ build: Build) throws { try super.init(build, group: PointGroup(rotations: 4, mirror: false)) }
}
