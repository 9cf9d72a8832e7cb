import ZooKit

/// The layers of a localization net, listed one after the other, and the shape of what comes out of them.
private struct LayerList {
    private var layers: [any Layer] = []
    private var shape: ImageShape
    private let build: Build
    private let parameters: Parameters
    private var convolutions = 0

    init(_ build: Build, _ parameters: Parameters) {
        self.build = build
        self.parameters = parameters
        shape = build.input
    }

    private mutating func add(_ layer: any Layer) throws {
        do { shape = try layer.outputShape(of: shape) } catch {
            throw ZooError("localization '\(build.id)': an input of \(build.input) is too small: \(error.message)", .badArgument)
        }
        layers.append(layer)
    }

    /// A convolution and ReLU, or leaky ReLU of that slope.
    mutating func convolve(_ outChannels: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0, slope: Double = 0) throws {
        convolutions += 1
        try add(
            Conv2d(
                inChannels: shape.channels, outChannels: outChannels, kernelSize: kernelSize, stride: stride, padding: padding,
                in: parameters["conv\(convolutions)"]))
        try add(slope == 0 ? ReLU() : LeakyReLU(negativeSlope: slope))
    }

    mutating func pool(_ kernelSize: Int, stride: Int) throws { try add(MaxPool2d(kernelSize: kernelSize, stride: stride)) }

    mutating func resize(_ scaleFactor: Double) throws { try add(Resize(scaleFactor: scaleFactor)) }

    /// Linear layers with ReLU, and the last one, which starts at zero.
    mutating func finish(hidden: [Int]) throws -> Sequential {
        try add(Flatten())
        for (index, hidden) in hidden.enumerated() {
            try add(Linear(inFeatures: shape.count, outFeatures: hidden, in: parameters["fc\(index + 1)"]))
            try add(ReLU())
        }
        try add(Linear(inFeatures: shape.count, outFeatures: build.outputs, zeroInit: true, in: parameters["theta"]))
        return Sequential(layers)
    }
}

/// Two convolutions 5×5, each with ReLU and max-pool 2, and a linear layer: `CNN_mp` of the authors' code for
/// [FJL20, arXiv:2004.11678], for 60×60 (MNIST-T) and, halved first, 112×112 (MNIST-S).
final class Pooled: LocalizationNet, Component {
    static let id = "pooled"
    static let summary = "Localization for large inputs: (resize ×0.5), conv 5×5 and max-pool 2, twice, linear, then the parameters"
    static let paper = "arXiv:2004.11678"
    static let options = [
        Option.int("halve_above", default: 64, in: 1...4096, "images with a side above this are resized by 0.5 first"),
        Option.int("width", default: 20, in: 1...1024, "channels of both convolutions"),
        Option.int("hidden", default: 20, in: 1...4096, "size of the linear layer"),
    ]

    let parameters = Parameters()
    private let layers: Sequential

    init(_ build: Build) throws {
        var list = LayerList(build, parameters)
        if max(build.input.height, build.input.width) > (try build.int("halve_above")) { try list.resize(0.5) }
        for _ in 0..<2 {
            try list.convolve(build.int("width"), kernelSize: 5)
            try list.pool(2, stride: 2)
        }
        layers = try list.finish(hidden: [build.int("hidden")])
    }

    func forward(_ x: Tensor) throws -> Tensor { try layers(x) }
}

/// Two padded convolutions 5×5 of 32 channels with a max-pool between them, linear 32, 32: `SVHN_large` of the authors'
/// code for [FJL20, arXiv:2004.11678], after [JSZK15, arXiv:1506.02025, section 4.2].
final class HouseNumbers: LocalizationNet, Component {
    static let id = "svhn"
    static let summary = "Localization for house numbers: conv 5×5 of 32, max-pool 2, conv 5×5 of 32, linear 32, 32, then the parameters"
    static let paper = "arXiv:2004.11678"
    static let options = [
        Option.int("width", default: 32, in: 1...1024, "channels of both convolutions"),
        Option.ints("hidden", default: [32, 32], in: 1...4096, "sizes of the linear layers"),
    ]

    let parameters = Parameters()
    private let layers: Sequential

    init(_ build: Build) throws {
        var list = LayerList(build, parameters)
        try list.convolve(build.int("width"), kernelSize: 5, padding: 2)
        try list.pool(2, stride: 2)
        try list.convolve(build.int("width"), kernelSize: 5, padding: 2)
        layers = try list.finish(hidden: build.ints("hidden"))
    }

    func forward(_ x: Tensor) throws -> Tensor { try layers(x) }
}

/// Padded convolutions 3×3 with max-pool 3/2, linear 32, 32: `plankton_large` of the authors' code for
/// [FJL20, arXiv:2004.11678]; with `depth` 4 its `plankton_depth4`, with leaky ReLU of slope 1/3.
final class Plankton: LocalizationNet, Component {
    static let id = "plankton"
    static let summary = "Localization for plankton: conv 3×3 with max-pool 3/2, twice (four convolutions with depth 4), two linear layers"
    static let paper = "arXiv:2004.11678"
    static let options = [
        Option.string(
            "depth", default: "2", choices: ["2", "4"],
            "number of convolutions: 32, 32 channels and linear 32, 32, or 32, 32, 64, 64 and linear 64, 64")
    ]

    let parameters = Parameters()
    private let layers: Sequential

    init(_ build: Build) throws {
        var list = LayerList(build, parameters)
        if try build.string("depth") == "4" {
            for width in [32, 64] {
                try list.convolve(width, kernelSize: 3, padding: 1, slope: 1.0 / 3)
                try list.convolve(width, kernelSize: 3, padding: 1, slope: 1.0 / 3)
                try list.pool(3, stride: 2)
            }
            layers = try list.finish(hidden: [64, 64])
        } else {
            for _ in 0..<2 {
                try list.convolve(32, kernelSize: 3, padding: 1)
                try list.pool(3, stride: 2)
            }
            layers = try list.finish(hidden: [32, 32])
        }
    }

    func forward(_ x: Tensor) throws -> Tensor { try layers(x) }
}

/// Three convolutions 3×3 that stride instead of pooling, no hidden linear layer; of the authors' code for [FJL20,
/// arXiv:2004.11678], where it goes with the small strided classifier. Maps of 14×14 and less keep their size at first.
final class Small: LocalizationNet, Component {
    static let id = "small"
    static let summary = "Small localization: three conv 3×3 of 16 channels, the first two with stride 2, then the parameters"
    static let paper = "arXiv:2004.11678"
    static let options = [Option.int("width", default: 16, in: 1...1024, "channels of all convolutions")]

    let parameters = Parameters()
    private let layers: Sequential

    init(_ build: Build) throws {
        var list = LayerList(build, parameters)
        let width = try build.int("width")
        try list.convolve(width, kernelSize: 3, stride: build.input.height <= 14 ? 1 : 2)
        try list.convolve(width, kernelSize: 3, stride: 2)
        try list.convolve(width, kernelSize: 3)
        layers = try list.finish(hidden: [])
    }

    func forward(_ x: Tensor) throws -> Tensor { try layers(x) }
}

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: LocalizationLarge
    version: 1.0.0
    licence: Apache-2.0
    summary: Localization nets for large images, house numbers and plankton
    authors: The STN Zoo authors
    papers: arXiv:2004.11678; arXiv:1506.02025
    """, [Pooled.self, HouseNumbers.self, Plankton.self, Small.self])

@c(libLocalizationLarge_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
