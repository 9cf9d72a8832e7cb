import ZooKit

/// Three hidden linear layers of 32: `FCN` of the authors' code for [FJL20, arXiv:2004.11678].
final class FullyConnected: LocalizationNet, Component {
    static let id = "fcn"
    static let summary = "Localization by linear layers: 32, 32, 32 with ReLU, then the parameters"
    static let paper = "arXiv:2004.11678"
    static let options = [Option.ints("hidden", default: [32, 32, 32], in: 1...4096, "sizes of the hidden layers")]

    let parameters = Parameters()
    private let layers: Sequential

    init(_ build: Build) throws {
        var layers: [any Layer] = [Flatten()]
        var features = build.input.count
        for (index, hidden) in try build.ints("hidden").enumerated() {
            layers += [try Linear(inFeatures: features, outFeatures: hidden, in: parameters["fc\(index + 1)"]), ReLU()]
            features = hidden
        }
        layers.append(try Linear(inFeatures: features, outFeatures: build.outputs, zeroInit: true, in: parameters["theta"]))
        self.layers = Sequential(layers)
    }

    func forward(_ x: Tensor) throws -> Tensor { try layers(x) }
}

/// Two convolutions on the halved image: `CNN` of the authors' code for [FJL20, arXiv:2004.11678].
final class Convolutional: LocalizationNet, Component {
    static let id = "cnn"
    static let summary = "Localization by convolutions: resize ×0.5, conv 5×5, max-pool 2, conv 5×5, linear, then the parameters"
    static let paper = "arXiv:2004.11678"
    static let options = [
        Option.double("scale", default: 0.5, in: 0.1...1, "resizing of the input before the first convolution"),
        Option.int("width", default: 20, in: 1...1024, "channels of both convolutions"),
        Option.int("hidden", default: 20, in: 1...4096, "size of the linear layer"),
    ]

    let parameters = Parameters()
    private let layers: Sequential

    init(_ build: Build) throws {
        let resize = Resize(scaleFactor: try build.double("scale"))
        let width = try build.int("width")
        let hidden = try build.int("hidden")
        let convolutions: [any Layer] = [
            resize,
            try Conv2d(inChannels: build.input.channels, outChannels: width, kernelSize: 5, in: parameters["conv1"]), ReLU(),
            MaxPool2d(kernelSize: 2),
            try Conv2d(inChannels: width, outChannels: width, kernelSize: 5, in: parameters["conv2"]), ReLU(), Flatten(),
        ]
        let features: Int
        do { features = try Sequential(convolutions).outputShape(of: build.input).count } catch {
            throw ZooError(
                "localization 'cnn': an input of \(build.input) is too small for two 5×5 convolutions after resizing by \(resize.scaleFactor); use 'fcn' or a larger 'scale'",
                .badArgument)
        }
        layers = Sequential(
            convolutions + [
                try Linear(inFeatures: features, outFeatures: hidden, in: parameters["fc1"]), ReLU(),
                try Linear(inFeatures: hidden, outFeatures: build.outputs, zeroInit: true, in: parameters["theta"]),
            ])
    }

    func forward(_ x: Tensor) throws -> Tensor { try layers(x) }
}

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: Localization
    version: 1.0.0
    licence: Apache-2.0
    summary: Localization nets of the seed papers
    authors: The STN Zoo authors
    papers: arXiv:2004.11678; arXiv:1506.02025
    """, [FullyConnected.self, Convolutional.self])

@c(libLocalization_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
