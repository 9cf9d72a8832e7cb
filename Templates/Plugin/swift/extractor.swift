import ZooKit

/// A small classification network with squeeze and excitation.
///
/// Two stages of convolution 3×3, ReLU and max-pool 2, each followed by a gate per channel that is computed from the
/// channels' means [Hu et al., arXiv:1709.01507]; then one linear layer.
final class {{TYPE}}: FeatureExtractor, Component {
    static let id = "{{ID}}"
    static let summary = "Classifier with squeeze and excitation: two stages of conv 3×3, ReLU and max-pool 2; linear"
    static let paper = "arXiv:1709.01507"
    // What a user can set in zoo.json. The host checks type and range, and fills in the defaults.
    static let options = [
        Option.int("width", default: 16, in: 1...1024, "channels of both stages"),
        Option.int("reduction", default: 4, in: 1...64, "channels per unit of the squeezed layer"),
    ]

    let parameters = Parameters()
    /// What each stage gives: the harness checks it, and architectures are sized by it.
    let stages: [Stage]
    private let layers: [Sequential]
    private let classifier: Linear?

    init(_ build: Build) throws {
        let width = try build.int("width")
        let reduction = try build.int("reduction")
        var channels = build.input.channels
        var (height, columns) = (build.input.height, build.input.width)
        var layers: [Sequential] = []
        var stages: [Stage] = []
        // An architecture may resample the maps between the stages, and says so beforehand.
        func resample() {
            for resize in build.resamplings where resize.stage == stages.count { (height, columns) = (resize.height, resize.width) }
        }
        resample()
        for number in 1...2 {
            guard height >= 2, columns >= 2 else {
                throw ZooError("{{ID}}: stage \(number) gets \(height)×\(columns), expected 2×2 or more", .badArgument)
            }
            layers.append(
                Sequential([
                    try Conv2d(channels, width, kernel: 3, padding: 1, in: parameters["conv\(number)"]), ReLU(), MaxPool2d(2),
                    try SqueezeExcite(width, reduction: reduction, in: parameters["se\(number)"]),
                ]))
            channels = width
            (height, columns) = (height / 2, columns / 2)
            stages.append(Stage("se\(number)", channels: width, height: height, width: columns, stride: number == 1 ? 2 : 4))
            resample()
        }
        self.layers = layers
        self.stages = stages
        classifier = build.outputs == 0 ? nil : try Linear(channels * height * columns, build.outputs, in: parameters["classifier"])
    }

    func forward(_ x: Tensor, stages range: Range<Int>) throws -> Tensor {
        var y = x
        for layer in layers[range] { y = try layer(y) }
        return y
    }

    func classify(_ features: Tensor) throws -> Tensor {
        guard let classifier else { throw ZooError("{{ID}} was built for features only", .unsupported) }
        return try classifier(features.flattened())
    }
}

{{SQUEEZE}}