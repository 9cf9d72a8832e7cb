import ZooKit

/// An E(2)-steerable network of regular fields [WC19, arXiv:1911.08251].
///
/// Each stage is a convolution on a basis of harmonics, batch norm with statistics shared over the group, where
/// `pool_after` says so a pooling by two, and the activation. Behind them stands pooling over the group, as a stage of
/// its own; then the largest value over all places, and dense layers. The logits do not change when the image is
/// rotated or mirrored by an element of the group that the network ends with: up to rounding for quarter turns and
/// mirrorings, which map the pixel grid to itself, and nearly for the others.
///
/// With `restrict` the fields of D_N behind that stage's convolution count as fields of C_N, two for each, so the layers
/// behind it can tell an image from its mirror image [WC19, group restriction]. Digits as a whole are not symmetric
/// under reflections, but their edges and strokes are.
final class SteerableNet: StagedExtractor, Component {
    static let id = "steerable-cnn"
    static let summary = "E(2)-steerable CNN: regular fields of C_N or D_N, filters combined from circular harmonics"
    static let paper = "arXiv:1911.08251"
    static let options = SteerableSettings.options

    let parameters = Parameters()
    let chain: StageChain
    let classifier: Sequential?
    /// The group of each stage's fields; nil behind the pooling over the group.
    private let groups: [PointGroup?]

    init(_ build: Build) throws {
        let settings = try SteerableSettings(build)
        var group = settings.group
        var groups: [PointGroup?] = []
        var chain = StageChain(build)
        for (index, layer) in settings.layers.enumerated() {
            let number = index + 1
            let convolution = try SteerableConvolution(
                inFields: index == 0 ? build.input.channels : chain.shape.channels / group.order, outFields: layer.width,
                kernelSize: layer.kernel, padding: layer.padding, group: group, lifting: index == 0, in: parameters["conv\(number)"])
            if settings.restrict == number { group = group.withoutMirror }
            let channels = layer.width * convolution.order
            var steps: [any Layer] = [
                convolution,
                try BatchNorm2d(numFeatures: channels / group.order, groupSize: group.order, in: parameters["bn\(number)"]),
            ]
            if layer.isPooled, let map = try? convolution.outputShape(of: chain.shape) { steps.append(settings.pooling.layer(for: map)) }
            groups.append(group)
            try chain.add(
                steps + [settings.activation.layer], symmetry: Stage.Symmetry(rotations: group.rotations, mirror: group.mirror))
        }
        try chain.add(
            [GroupPool(order: group.order)], name: "group-pool",
            symmetry: Stage.Symmetry(rotations: group.rotations, mirror: group.mirror))
        self.groups = groups + [nil]
        self.chain = chain
        guard build.outputs > 0 else {
            classifier = nil
            return
        }
        let dropout = Dropout(p: settings.dropout, in: parameters.root)
        var dense: [any Layer] = [SpatialPool()]
        var features = chain.shape.channels
        for (index, width) in settings.hidden.enumerated() {
            let scope = parameters["dense\(index + 1)"]
            dense += [
                dropout, try Linear(inFeatures: features, outFeatures: width, in: scope),
                try BatchNorm1d(numFeatures: width, in: scope["bn"]), settings.activation.layer,
            ]
            features = width
        }
        dense += [dropout, try Linear(inFeatures: features, outFeatures: build.outputs, in: parameters["classifier"])]
        classifier = Sequential(dense)
    }

    func permutation(stage: Int, rotation: Int, mirror: Bool) throws -> [Int] {
        guard stages.indices.contains(stage) else { throw ZooError("no stage \(stage); there are \(stages.count)", .notFound) }
        guard !mirror || stages[stage].symmetry.mirror else {
            throw ZooError("\(chain.id): stage '\(stages[stage].name)' is not equivariant under mirroring", .unsupported)
        }
        let channels = stages[stage].channels
        guard let group = groups[stage] else { return Array(0..<channels) }
        return group.permutation(channels: channels, by: group.element(rotation: rotation, mirror: mirror))
    }
}
