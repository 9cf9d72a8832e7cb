import Glibc
import ZooKit

/// Polar Transformer Network [Esteves et al. 2018, arXiv:1709.01889]: a network draws a heatmap of the image, its
/// centroid becomes the origin of a log-polar resampling, and the classifier sees the polar image.
///
/// Row i of the polar image is the angle 2π·i/rows, anticlockwise from the x axis; column j the radius
/// R^((j+½)/columns) pixels (`radial` log) or R·(j+½)/columns (linear), R being `radius` half sides of the image. A
/// rotation of the input about the origin is then a cyclic shift of rows, and a scaling, with log, a shift of columns.
///
/// The heatmap is the softmax over all places of two 5×5 convolutions and a 1×1 one that starts at zero: at first the
/// origin is the image's centre. The trace has "origin", N×2 in [-1, 1], and "warped", the polar image.
final class PolarTransformer: Architecture, Component {
    static let id = "polar"
    static let summary = "Polar Transformer: log-polar image about a predicted origin, so that rotation becomes a shift"
    static let paper = "arXiv:1709.01889"
    static let slots = [Slot("extractor", .extractor, "the classification network, on the polar image: rows are angles, columns radii")]
    static let wiring: Wiring? = Wiring(
        .input,
        """
        x ─┬─→ heat map ─→ centroid ─→ origin ─┐
           └──────────→ log-polar image about it ──→ {extractor} ──→ logits
        """)
    static let options = [
        Option.ints("size", default: [], in: 4...1024, "rows (angles) and columns (radii) of the polar image; empty: as the image"),
        Option.double("radius", default: 1, in: 0.1...2, "largest radius, in half sides of the image"),
        Option.string("radial", default: "log", choices: ["log", "linear"], "how radii are spaced"),
        Option.int("width", default: 20, in: 1...1024, "channels of the origin predictor's convolutions"),
        Option.double(
            "origin_noise", default: 0, in: 0...1, "standard deviation of what is added to the origin in training, in half sides"),
        PaddingMode.option(default: .border),
    ]

    let parameters = Parameters()
    private let extractor: any FeatureExtractor
    private let predictor: Sequential
    /// (H·W)×2: x and y of every pixel centre.
    private let places: Tensor
    /// 1×rows×columns×2: from the origin to each sampled place.
    private let rays: Tensor
    private let noise: Double
    private let paddingMode: PaddingMode

    init(_ build: Build) throws {
        let input = build.input
        let size = try build.ints("size")
        guard size.isEmpty || size.count == 2 else {
            throw ZooError("polar: 'size' is rows and columns; \(size.count) numbers were given", .badArgument)
        }
        let (rows, columns) = size.count == 2 ? (size[0], size[1]) : (input.height, input.width)
        paddingMode = try PaddingMode(build)
        noise = try build.double("origin_noise")
        extractor = try build.extractor("extractor", input: ImageShape(input.channels, rows, columns), classes: build.outputs)
        let width = try build.int("width")
        let last = try Conv2d(inChannels: width, outChannels: 1, kernelSize: 1, bias: false, in: parameters["origin.heatmap"])
        try last.weight.zero_()
        predictor = Sequential([
            try Conv2d(
                inChannels: input.channels, outChannels: width, kernelSize: 5, padding: 2, in: parameters["origin.conv1"]), ReLU(),
            try Conv2d(inChannels: width, outChannels: width, kernelSize: 5, padding: 2, in: parameters["origin.conv2"]), ReLU(),
            last,
        ])
        func centre(_ index: Int, of count: Int) -> Double { Double(2 * index + 1) / Double(count) - 1 }
        let list = (0..<input.height).flatMap { y in
            (0..<input.width).flatMap { x in [centre(x, of: input.width), centre(y, of: input.height)] }
        }
        places = try Tensor(list, [input.height * input.width, 2])
        rays = try Self.rays(input, rows, columns, radius: build.double("radius"), isLog: build.string("radial") == "log")
        try parameters["extractor"].adopt(extractor)
    }

    private static func rays(_ input: ImageShape, _ rows: Int, _ columns: Int, radius: Double, isLog: Bool) throws -> Tensor {
        let largest = radius * Double(min(input.height, input.width)) / 2
        guard largest > 1 || !isLog else {
            throw ZooError(
                "polar: the largest radius is \(largest) pixels on \(input); log radii start at 1: raise 'radius' or set 'radial' to linear",
                .badArgument)
        }
        let radii = (0..<columns).map { column in
            let share = (Double(column) + 0.5) / Double(columns)
            return isLog ? pow(largest, share) : largest * share
        }
        var values: [Double] = []
        for row in 0..<rows {
            let angle = 2 * Double.pi * Double(row) / Double(rows)
            for radius in radii {
                values += [radius * cos(angle) * 2 / Double(input.width), -radius * sin(angle) * 2 / Double(input.height)]
            }
        }
        return try Tensor(values, [1, rows, columns, 2])
    }

    /// The centroid of the heatmap, N×2.
    private func origin(_ x: Tensor) throws -> Tensor {
        try predictor(x).flatten().softmax(dim: 1).matmul(places.to(device: x.device, dtype: x.dtype))
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor {
        guard let height = try? x.size(-2), let width = try? x.size(-1), height * width == (try places.size(0)) else {
            throw ZooError("polar was built for images of \(try places.size(0)) pixels; got shape \(x.shape)", .badArgument)
        }
        var origin = try origin(x)
        if noise > 0, parameters.isTraining {
            origin = try origin + Tensor.randn(origin.shape).to(device: x.device, dtype: x.dtype) * noise
        }
        trace?.record("origin", origin)
        let grid = try origin.reshape([-1, 1, 1, 2]) + rays.to(device: x.device, dtype: x.dtype)
        let polar = try x.gridSample(grid, paddingMode: paddingMode)
        trace?.warped(polar)
        return try extractor.logits(polar, trace: trace)
    }
}
