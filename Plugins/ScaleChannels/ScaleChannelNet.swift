import ZooKit

/// A foveated scale-channel network [JL20, arXiv:2004.01536; JL22, arXiv:2106.06418]: FovMax, or with `pool` mean
/// FovAvg.
///
/// The first stage shows the image at K scales in a ratio of 2^(1/`per_octave`), each cropped to one field about the
/// centre: the coarser the scale, the more of the image is seen. All channels go through one CNN with shared weights,
/// as one batch; the class scores are pooled over channels. A stage's output is `N×(K·C)×h×w`, the scale slowest, so
/// that `(N·K)×C×h×w` is the same memory.
///
/// If the image is enlarged about its centre by a whole number of steps of the ratio, all features move to other
/// channels and nowhere else (``scaling(stage:steps:)``): with `interpolation` area exactly, up to rounding, where every
/// pixel becomes a square of whole pixels and nothing leaves the image. The logits of FovMax do not change as long as
/// the channels win that both images have in common.
///
/// Batch norm takes its statistics over images and scale channels alike, since all are inputs of the same CNN.
final class ScaleChannelNet: FeatureExtractor, Component {
    static let id = "scale-channels"
    static let summary = "FovMax and FovAvg: one CNN on centre crops of the image at several scales, class scores pooled over the scales"
    static let paper = "arXiv:2004.01536"
    static let options =
        ScaleRange.options + [
            Option.int("field", default: 28, in: 4...1024, "side in pixels of the crop about the centre that every channel sees"),
            Option.string(
                "pool", default: ScalePooling.Kind.max.rawValue, choices: ScalePooling.Kind.allCases.map(\.rawValue),
                "pooling of the class scores over the channels: max is FovMax, mean FovAvg"),
            Option.double(
                "channel_dropout", default: 0, in: 0...0.95,
                "probability that a scale channel of an image is left out of the pooling in training"),
            Option.ints("widths", default: [16, 32, 64], in: 1...1024, "channels of the convolutions, with as many numbers as 'kernels'"),
            Option.ints(
                "kernels", default: [5, 3, 3], in: 1...31, "sides of the kernels; max-pool 2 after every convolution but the last"),
            Option.string(
                "interpolation", default: Interpolation.area.rawValue, choices: Interpolation.allCases.map(\.rawValue),
                "how the image is rescaled; all but area are smooth where it is enlarged"),
            PaddingMode.option(default: .border),
        ]

    let parameters = Parameters()
    let stages: [Stage]
    private let rescaling: Rescaling
    private let convolutions: [Sequential]
    private let classifier: Sequential?
    private let pooling: ScalePooling
    private var scales: Int { pooling.scales }

    init(_ build: Build) throws {
        let range = try ScaleRange(build)
        let (widths, kernels) = (try build.ints("widths"), try build.ints("kernels"))
        guard !kernels.isEmpty, widths.count == kernels.count else {
            throw ZooError(
                "\(build.id): 'widths' and 'kernels' need equally many numbers, at least one; found \(widths.count) and \(kernels.count)",
                .badArgument)
        }
        let scales = range.factors.count
        let symmetry = Stage.Symmetry(rotations: 1, mirror: false, scaleRatio: scales > 1 ? range.ratio : 1)
        pooling = ScalePooling(
            kind: ScalePooling.Kind(rawValue: try build.string("pool")) ?? .max, scales: scales,
            dropout: try build.double("channel_dropout"), parameters: parameters)
        var chain = StageChain(build)
        rescaling = try Rescaling(
            of: chain.shape, by: range.factors, field: build.int("field"),
            interpolation: Interpolation(rawValue: build.string("interpolation")) ?? .area,
            padding: PaddingMode(build))
        try chain.add([rescaling], name: "scales", symmetry: symmetry)
        var convolutions: [Sequential] = []
        for (index, (width, kernel)) in zip(widths, kernels).enumerated() {
            let layers = Sequential(
                [
                    try Conv2d(
                        inChannels: chain.shape.channels / scales, outChannels: width, kernelSize: kernel,
                        in: parameters["conv\(index + 1)"]),
                    try BatchNorm2d(numFeatures: width, in: parameters["bn\(index + 1)"]), ReLU(),
                ] + (index < kernels.count - 1 ? [MaxPool2d(kernelSize: 2)] : []))
            try chain.add([EveryScale(scales: scales, layers: layers)], name: "conv\(index + 1)", symmetry: symmetry)
            convolutions.append(layers)
        }
        self.convolutions = convolutions
        stages = chain.stages
        let last = chain.shape
        classifier =
            build.outputs == 0
            ? nil
            : Sequential([
                Flatten(),
                try Linear(inFeatures: last.count / scales, outFeatures: build.outputs, in: parameters["classifier"]),
            ])
    }

    func forward(_ x: Tensor, stages range: Range<Int>) throws -> Tensor {
        guard !range.isEmpty else { return x }
        let features = range.lowerBound == 0 ? try rescaling(x) : x
        let later = range.clamped(to: 1..<stages.count)
        return try EveryScale.run(on: features, scales: scales) { x throws(ZooError) in
            var y = x
            for stage in later { y = try convolutions[stage - 1](y) }
            return y
        }
    }

    func classify(_ features: Tensor) throws -> Tensor {
        guard let classifier else { throw ZooError("\(Self.id) was built for features only", .unsupported) }
        let scores = try classifier(EveryScale.batch(of: features, scales: scales))
        return try pooling(scores.reshape([features.size(0), scales, -1]))
    }

    func scaling(stage: Int, steps: Int) throws -> [Int] {
        guard stages.indices.contains(stage) else { throw ZooError("no stage \(stage); there are \(stages.count)", .notFound) }
        let width = stages[stage].channels / scales
        return (0..<scales * width).map { channel in
            let source = (channel / width).addingReportingOverflow(steps)
            return !source.overflow && (0..<scales).contains(source.partialValue) ? source.partialValue * width + channel % width : -1
        }
    }
}
