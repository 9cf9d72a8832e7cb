import ZooKit

/// Follows sides through convolutions and poolings while the layers of a localization net are listed.
private struct LayerList {
    let id: String
    private(set) var layers: [any Layer] = []
    private(set) var channels: Int
    private(set) var height, width: Int
    private let parameters: Parameters
    private let input: ImageShape
    private var convolutions = 0
    private var linears = 0

    init(_ build: Build, id: String, _ parameters: Parameters) {
        self.id = id
        input = build.input
        channels = input.channels
        (height, width) = (input.height, input.width)
        self.parameters = parameters
    }

    private mutating func shrink(_ window: Int, stride: Int, padding: Int, _ what: String) throws {
        guard min(height, width) + 2 * padding >= window else {
            throw ZooError(
                "localization '\(id)': an input of \(input) is too small: \(what) \(window)×\(window) gets \(height)×\(width)", .badArgument
            )
        }
        (height, width) = ((height + 2 * padding - window) / stride + 1, (width + 2 * padding - window) / stride + 1)
    }

    /// A convolution and ReLU, or leaky ReLU of that slope.
    mutating func convolve(_ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, slope: Double = 0) throws {
        try shrink(kernel, stride: stride, padding: padding, "a convolution")
        convolutions += 1
        layers.append(
            try Conv2d(channels, outputs, kernel: kernel, stride: stride, padding: padding, in: parameters["conv\(convolutions)"]))
        layers.append(slope == 0 ? ReLU() : LeakyReLU(slope))
        channels = outputs
    }

    mutating func pool(_ window: Int, stride: Int) throws {
        try shrink(window, stride: stride, padding: 0, "max-pooling")
        layers.append(MaxPool2d(window, stride: stride))
    }

    mutating func resize(_ scale: Double) {
        let resize = Resize(scale: scale)
        layers.append(resize)
        (height, width) = (resize.side(height), resize.side(width))
    }

    /// Linear layers with ReLU, and the last one, which starts at zero.
    mutating func finish(hidden: [Int], outputs: Int) throws -> Sequential {
        layers.append(Flatten())
        var size = channels * height * width
        for hidden in hidden {
            linears += 1
            layers += [try Linear(size, hidden, in: parameters["fc\(linears)"]), ReLU()]
            size = hidden
        }
        return Sequential(layers + [try Linear(size, outputs, zero: true, in: parameters["theta"])])
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
        var list = LayerList(build, id: Self.id, parameters)
        if max(build.input.height, build.input.width) > (try build.int("halve_above")) { list.resize(0.5) }
        for _ in 0..<2 {
            try list.convolve(build.int("width"), kernel: 5)
            try list.pool(2, stride: 2)
        }
        layers = try list.finish(hidden: [build.int("hidden")], outputs: build.outputs)
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
        var list = LayerList(build, id: Self.id, parameters)
        try list.convolve(build.int("width"), kernel: 5, padding: 2)
        try list.pool(2, stride: 2)
        try list.convolve(build.int("width"), kernel: 5, padding: 2)
        layers = try list.finish(hidden: build.ints("hidden"), outputs: build.outputs)
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
        var list = LayerList(build, id: Self.id, parameters)
        if try build.string("depth") == "4" {
            for width in [32, 64] {
                try list.convolve(width, kernel: 3, padding: 1, slope: 1.0 / 3)
                try list.convolve(width, kernel: 3, padding: 1, slope: 1.0 / 3)
                try list.pool(3, stride: 2)
            }
            layers = try list.finish(hidden: [64, 64], outputs: build.outputs)
        } else {
            for _ in 0..<2 {
                try list.convolve(32, kernel: 3, padding: 1)
                try list.pool(3, stride: 2)
            }
            layers = try list.finish(hidden: [32, 32], outputs: build.outputs)
        }
    }

    func forward(_ x: Tensor) throws -> Tensor { try layers(x) }
}

/// Three convolutions 3×3 that stride instead of pooling, no hidden linear layer; of the authors' code for
/// [FJL20, arXiv:2004.11678], where it goes with the small strided classifier. Maps of 14×14 and less keep their size at first.
final class Small: LocalizationNet, Component {
    static let id = "small"
    static let summary = "Small localization: three conv 3×3 of 16 channels, the first two with stride 2, then the parameters"
    static let paper = "arXiv:2004.11678"
    static let options = [Option.int("width", default: 16, in: 1...1024, "channels of all convolutions")]

    let parameters = Parameters()
    private let layers: Sequential

    init(_ build: Build) throws {
        var list = LayerList(build, id: Self.id, parameters)
        let width = try build.int("width")
        try list.convolve(width, kernel: 3, stride: build.input.height <= 14 ? 1 : 2)
        try list.convolve(width, kernel: 3, stride: 2)
        try list.convolve(width, kernel: 3)
        layers = try list.finish(hidden: [], outputs: build.outputs)
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
