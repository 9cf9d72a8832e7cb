import ZooKit

/// A classifier for polar images: convolutions that wrap around in the angle, and pooling over all angles at the end.
///
/// Three 5×5 convolutions with batch norm and ReLU, max-pool 2 after the first two. Rows wrap around as
/// [Esteves et al. 2018, arXiv:1709.01889, section 4.4] pad them, columns are padded with zeros. The largest value (or
/// mean) over the rows goes to a linear layer, so a cyclic shift by four rows leaves the logits as they are. The sizes
/// are the zoo's own, near mnist-cnn in parameters, not the paper's.
final class PolarCNN: StagedExtractor, Component {
    static let id = "polar-cnn"
    static let summary = "Classifier for polar images: conv 5×5 that wrap around in the angle, pooling over angles, linear"
    static let paper = "arXiv:1709.01889"
    static let options = [
        Option.ints("widths", default: [32, 64, 64], in: 1...1024, "channels of the three convolutions"),
        Option.string("angle_pool", default: "max", choices: ["max", "mean"], "pooling over the rows before the linear layer"),
    ]

    let parameters = Parameters()
    let chain: StageChain
    let classifier: Sequential?

    init(_ build: Build) throws {
        let widths = try build.ints("widths")
        guard widths.count == 3 else { throw ZooError("polar-cnn: 'widths' needs 3 numbers, found \(widths.count)", .badArgument) }
        var chain = StageChain(build)
        for (index, outputs) in widths.enumerated() {
            let (height, width) = (chain.shape.height, chain.shape.width)
            let pools = index < 2
            guard height >= 2, width >= 2, !pools || height % 2 == 0 else {
                throw ZooError(
                    "polar-cnn: stage \(index + 1) gets \(height)×\(width); both sides are 2 or more, and the rows even where pooling halves them, so that angles still wrap around: give the polar image a multiple of 4 rows",
                    .badArgument)
            }
            let steps: [any Layer] = [
                WrappedConvolution(
                    convolution: try Conv2d(
                        inChannels: chain.shape.channels, outChannels: outputs, kernelSize: 5, in: parameters["conv\(index + 1)"]),
                    wrap: 2),
                try BatchNorm2d(numFeatures: outputs, in: parameters["bn\(index + 1)"]), ReLU(),
            ]
            try chain.add(pools ? steps + [MaxPool2d(kernelSize: 2)] : steps)
        }
        self.chain = chain
        let pool = AnglePool(isMax: try build.string("angle_pool") == "max")
        let features = pool.outputShape(of: chain.shape).count
        classifier =
            build.outputs == 0
            ? nil
            : Sequential([pool, Flatten(), try Linear(inFeatures: features, outFeatures: build.outputs, in: parameters["classifier"])])
    }
}

/// The largest value or the mean over the rows of N×C×H×W, which are the angles: N×C×W.
private struct AnglePool: Layer {
    let isMax: Bool
    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try isMax ? x.amax(dim: [2]) : x.mean(dim: [2]) }
    func outputShape(of input: ImageShape) -> ImageShape { ImageShape(input.channels, 1, input.width) }
}

/// A convolution on N×C×H×W whose rows are periodic; columns are padded with zeros. The size stays.
private struct WrappedConvolution: ConvolutionLayer {
    private static let pad = Operator("aten::constant_pad_nd")
    let convolution: Conv2d
    let wrap: Int
    let stride = 1
    let padding = 0

    func outputShape(of input: ImageShape) -> ImageShape { ImageShape(convolution.weight.shape[0], input.height, input.width) }

    func filters() -> (weight: Tensor, bias: Tensor?) { convolution.filters() }

    func operand(_ x: Tensor) throws(ZooError) -> Tensor {
        let rows = try x.size(2), padded = try Self.pad(x, [wrap, wrap], 0.0)
        // Slices keep the order of memory that convolutions like.
        if wrap <= rows {
            return try Tensor.cat(
                [padded.narrow(dim: 2, start: rows - wrap, length: wrap), padded, padded.narrow(dim: 2, start: 0, length: wrap)], dim: 2)
        }
        // A map lower than the padding wraps around more than once.
        let index = try Tensor((-wrap..<rows + wrap).map { Int64(($0 % rows + rows) % rows) }, [rows + 2 * wrap])
        return try padded.indexSelect(dim: 2, index: index.to(device: x.device))
    }

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        try operand(x).conv2d(convolution.weight, convolution.bias)
    }
}
