import ZooKit

/// A classifier for polar images: convolutions that wrap around in the angle, and pooling over all angles at the end.
///
/// Three 5×5 convolutions with batch norm and ReLU, max-pool 2 after the first two. Rows wrap around as
/// [Esteves et al. 2018, arXiv:1709.01889, section 4.4] pad them, columns are padded with zeros. The largest value (or
/// mean) over the rows goes to a linear layer, so a cyclic shift by four rows leaves the logits as they are. The sizes
/// are the zoo's own, near mnist-cnn in parameters, not the paper's.
final class PolarCNN: FeatureExtractor, Component {
    static let id = "polar-cnn"
    static let summary = "Classifier for polar images: conv 5×5 that wrap around in the angle, pooling over angles, linear"
    static let paper = "arXiv:1709.01889"
    static let options = [
        Option.ints("widths", default: [32, 64, 64], in: 1...1024, "channels of the three convolutions"),
        Option.string("angle_pool", default: "max", choices: ["max", "mean"], "pooling over the rows before the linear layer"),
    ]

    let parameters = Parameters()
    let stages: [Stage]
    private let layers: [Sequential]
    private let isMax: Bool
    private let classifier: Linear?

    init(_ build: Build) throws {
        let widths = try build.ints("widths")
        guard widths.count == 3 else { throw ZooError("polar-cnn: 'widths' needs 3 numbers, found \(widths.count)", .badArgument) }
        isMax = try build.string("angle_pool") == "max"
        var (channels, height, width) = (build.input.channels, build.input.height, build.input.width)
        var layers: [Sequential] = []
        var stages: [Stage] = []
        for (index, outputs) in widths.enumerated() {
            for resize in build.resamplings where resize.stage == index { (height, width) = (resize.height, resize.width) }
            let pools = index < 2
            guard height >= 2, width >= 2, !pools || height % 2 == 0 else {
                throw ZooError(
                    "polar-cnn: stage \(index + 1) gets \(height)×\(width); both sides are 2 or more, and the rows even where pooling halves them, so that angles still wrap around: give the polar image a multiple of 4 rows",
                    .badArgument)
            }
            let steps: [any Layer] = [
                WrappedConvolution(convolution: try Conv2d(channels, outputs, kernel: 5, in: parameters["conv\(index + 1)"]), wrap: 2),
                try BatchNorm2d(outputs, in: parameters["bn\(index + 1)"]), ReLU(),
            ]
            layers.append(Sequential(pools ? steps + [MaxPool2d(2)] : steps))
            if pools { (height, width) = (height / 2, width / 2) }
            channels = outputs
            stages.append(Stage("conv\(index + 1)", channels: outputs, height: height, width: width, stride: index == 0 ? 2 : 4))
        }
        for resize in build.resamplings where resize.stage == 3 { (height, width) = (resize.height, resize.width) }
        self.layers = layers
        self.stages = stages
        classifier = build.outputs == 0 ? nil : try Linear(channels * width, build.outputs, in: parameters["classifier"])
    }

    func forward(_ x: Tensor, stages range: Range<Int>) throws -> Tensor {
        var y = x
        for layer in layers[range] { y = try layer(y) }
        return y
    }

    func classify(_ features: Tensor) throws -> Tensor {
        guard let classifier else { throw ZooError("polar-cnn was built for features only", .unsupported) }
        return try classifier((isMax ? features.max([2]) : features.mean([2])).flattened())
    }
}

/// A convolution on N×C×H×W whose rows are periodic; columns are padded with zeros. The size stays.
private struct WrappedConvolution: ConvolutionLayer {
    private static let pad = Operator("aten::constant_pad_nd")
    let convolution: Conv2d
    let wrap: Int
    let stride = 1
    let padding = 0

    func filters() -> (weight: Tensor, bias: Tensor?) { convolution.filters() }

    func operand(_ x: Tensor) throws(ZooError) -> Tensor {
        let rows = try x.size(2)
        // A map lower than the padding wraps around more than once.
        let index = try Tensor((-wrap..<rows + wrap).map { Int64(($0 % rows + rows) % rows) }, [rows + 2 * wrap])
        let wrapped = try x.indexSelect(2, index.to(device: x.device))
        return try Self.pad(wrapped, [wrap, wrap], 0.0)
    }

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        try operand(x).convolved(convolution.weight, convolution.bias, pool: 1, slope: 1)
    }
}
