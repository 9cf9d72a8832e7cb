import TestSupport
import Testing
import ZooHost
import ZooKit

/// What layers say of the size of their output is what they make.
@Suite struct LayerShapeTests {
    init() throws { try EngineControl.start() }

    @Test func theShapeIsThatOfTheOutputOverSeeds() throws {
        var refused = 0
        for seed in try Seeds(60) {
            var draw = SplitMix(seed: seed)
            let input = ImageShape(draw.one(Array(1...3)), draw.one(Array(1...14)), draw.one(Array(1...14)))
            let (kernel, stride) = (draw.one([1, 2, 3, 5]), draw.one([1, 2, 3]))
            let padding = draw.one(Array(0...kernel / 2))
            let parameters = Parameters()
            let layers: [any Layer] = [
                try Conv2d(
                    inChannels: input.channels, outChannels: 4, kernelSize: kernel, stride: stride, padding: padding,
                    in: parameters["conv"]),
                MaxPool2d(kernelSize: kernel, stride: stride, padding: padding), AvgPool2d(kernelSize: kernel, stride: stride),
                Resize(scaleFactor: draw.one([0.3, 0.5, 1, 1.7])), ReLU(), Flatten(),
            ]
            let x = try wave([2, input.channels, input.height, input.width]).to(dtype: .float32)
            for layer in layers + [Sequential(layers)] {
                let place = "\(layer) of \(input), seed \(seed)"
                do {
                    let expected = try layer.outputShape(of: input)
                    let found = try layer(x).shape
                    #expect(found.dropFirst().reduce(1, *) == expected.count, "\(place): \(found), said to be \(expected)")
                    if found.count == 4 {
                        #expect(found.dropFirst() == [expected.channels, expected.height, expected.width], "\(place)")
                    }
                } catch {
                    #expect(error.kind == .badArgument && error.message.contains("too small"), "\(place): \(error)")
                    refused += 1
                    #expect(throws: ZooError.self, "\(place)") { try layer(x) }
                }
            }
        }
        #expect(refused > 0)
    }

    @Test func aWholeNetTellsTheNumberOfItsFeatures() throws {
        let parameters = Parameters()
        let net = Sequential([
            try Conv2d(inChannels: 1, outChannels: 6, kernelSize: 5, in: parameters["conv1"]), ReLU(), MaxPool2d(kernelSize: 2), Flatten(),
            try Linear(inFeatures: 6 * 12 * 12, outFeatures: 10, in: parameters["fc"]),
        ])
        #expect(try net.outputShape(of: ImageShape(1, 28, 28)) == ImageShape(10, 1, 1))
        #expect(net.stride == 2)
        #expect(throws: ZooError("a convolution of 1 channels gets 3", .badArgument)) { try net.outputShape(of: ImageShape(3, 28, 28)) }
        #expect(throws: ZooError("a linear layer of 864 features gets 1014×1×1", .badArgument)) {
            try net.outputShape(of: ImageShape(1, 30, 30))
        }
    }
}
