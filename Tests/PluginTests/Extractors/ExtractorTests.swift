import TestSupport
import Testing
import ZooCore
import ZooHost
import ZooKit

/// Shapes, sizes and beginnings of the extractors and localization nets.
@Suite struct ExtractorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let id: String
        var config: [String: JSON] = [:]
        let input: ImageShape
        var classes = 10
        var logits: [Int] = [2, 10]
        var testDescription: String { "\(id) on \(input)" }
    }
    static let small: JSON = .array([.int(16)])
    static let cases = [
        Case(id: "mnist-cnn-bn", input: ImageShape(1, 28, 28)), Case(id: "small-cnn", input: ImageShape(1, 28, 28)),
        Case(id: "small-cnn", input: ImageShape(3, 32, 40)),
        Case(id: "svhn-cnn", config: ["hidden": small, "heads": .int(5)], input: ImageShape(3, 64, 64), classes: 11, logits: [2, 5, 11]),
        Case(id: "svhn-cnn", config: ["hidden": small], input: ImageShape(1, 28, 28)),
        Case(id: "plankton-cnn", config: ["hidden": small], input: ImageShape(1, 95, 95), classes: 121, logits: [2, 121]),
        Case(id: "plankton-cnn", config: ["hidden": small, "pool_padding": .int(1)], input: ImageShape(1, 28, 28)),
        Case(id: "polar-cnn", input: ImageShape(1, 28, 28)), Case(id: "cw-z2cnn", input: ImageShape(1, 28, 28)),
        Case(id: "cw-p4cnn", input: ImageShape(3, 32, 32)), Case(id: "scale-channels", input: ImageShape(1, 28, 28)),
        Case(id: "scale-channels", config: ["pool": .string("mean"), "interpolation": .string("bicubic")], input: ImageShape(3, 56, 48)),
    ]

    /// Stages give what they declare, one by one as all at once; the classifier follows.
    @Test(arguments: cases) func stagesAreAsDeclared(_ item: Case) throws {
        let net = try extractor(item.id, item.config, input: item.input, classes: item.classes)
        let x = try wave([2, item.input.channels, item.input.height, item.input.width])
        var y = x
        for (index, stage) in net.stages.enumerated() {
            y = try net.forward(y, stages: index..<index + 1)
            #expect(y.shape == [2, stage.channels, stage.height, stage.width], "\(stage.name)")
        }
        #expect(try net.forward(x, stages: 0..<net.stages.count).floats() == y.floats())
        let logits = try net.classify(y)
        #expect(logits.shape == item.logits)
        #expect(try logits.allFinite())
        let features = try extractor(item.id, item.config, input: item.input, classes: 0)
        #expect(features.stages == net.stages)
        #expect(throws: ZooError.self) { try features.classify(y) }
    }

    /// A step of training reaches every parameter.
    @Test(arguments: cases) func gradientsReachEverything(_ item: Case) throws {
        let net = try extractor(item.id, item.config, input: item.input, classes: item.classes)
        try net.parameters.setTraining(true)
        let logits = try net.logits(wave([4, item.input.channels, item.input.height, item.input.width])).reshape([-1, item.classes])
        try logits.crossEntropy(Tensor((0..<logits.size(0)).map { Int64($0 % item.classes) }, [logits.size(0)])).backward()
        for entry in net.parameters.entries where entry.role == .parameter {
            #expect(try #require(try entry.tensor.grad, "\(entry.name)").allFinite(), "\(entry.name)")
        }
    }

    @Test func defaultSizesAreThePapers() throws {
        let svhn = try extractor("svhn-cnn", ["heads": .int(5)], input: ImageShape(3, 64, 64), classes: 11)
        #expect(svhn.stages.map(\.channels) == [48, 64, 128, 160, 192, 192, 192, 192])
        #expect(svhn.stages.map(\.height) == [32, 32, 16, 16, 8, 8, 4, 4])
        #expect(svhn.parameters[tensor: "fc1.weight"]?.shape == [3072, 3072])
        #expect(svhn.parameters[tensor: "heads.weight"]?.shape == [55, 3072])
        let plankton = try extractor("plankton-cnn", input: ImageShape(1, 95, 95), classes: 121)
        #expect(plankton.stages.map(\.height) == [95, 47, 47, 23, 23, 23, 11, 11, 11, 5])
        #expect(plankton.parameters[tensor: "fc1.weight"]?.shape == [512, 6400])
        #expect(try extractor("small-cnn").stages.map(\.height) == [26, 12, 10, 4])
        #expect(try extractor("small-cnn").parameters.count == 160 + 2320 + 4640 + 9248 + 2 * 96 + 51300 + 1010)
    }

    @Test func tooSmallImagesAreNamed() {
        for (id, side) in [("mnist-cnn-bn", 9), ("small-cnn", 6), ("plankton-cnn", 28), ("svhn-cnn", 8), ("cw-z2cnn", 27 - 14)] {
            let error = #expect(throws: ZooError.self) { try extractor(id, input: ImageShape(1, side, side)) }
            #expect(error?.message.contains(id) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("×") == true)
        }
    }

    /// Zero at first, for every image; then trainable.
    @Test(arguments: [
        ("pooled", 60), ("pooled", 112), ("svhn", 64), ("plankton", 64), ("plankton", 95), ("small", 28), ("small", 10),
    ]) func localizationsStartAtTheIdentity(_ id: String, _ side: Int) throws {
        let net = try localization(id, input: ImageShape(1, side, side))
        let x = try wave([2, 1, side, side])
        #expect(try net.forward(x).floats() == [Float](repeating: 0, count: 12))
        try net.forward(x).sum().backward()
        #expect(try gradient("theta.bias", of: net.parameters).floats() == [Float](repeating: 2, count: 6))
    }

    @Test func deepPlanktonLocalizationAndBadSizes() throws {
        let net = try localization("plankton", ["depth": .string("4")], input: ImageShape(1, 64, 64), outputs: 4)
        #expect(try net.forward(wave([3, 1, 64, 64])).shape == [3, 4])
        #expect(net.parameters[tensor: "fc1.weight"]?.shape == [64, 64 * 15 * 15])
        #expect(throws: ZooError.self) { try localization("pooled", input: ImageShape(1, 12, 12)) }
        #expect(throws: ZooError.self) { try localization("small", input: ImageShape(1, 6, 6)) }
    }

    /// An architecture that halves a feature map says so beforehand, and what follows is made for the smaller one.
    @Test(arguments: ["p4-cnn", "p4m-cnn", "cn-cnn", "cw-p4cnn"])
    func announcedResamplingsChangeWhatFollows(_ id: String) throws {
        let side = id == "cw-p4cnn" ? 54 : 56
        let net = try network(
            #"{"id": "stn-featuremap", "config": {"placements": [1]}}"#,
            parts: #"""
                {"extractor": {"id": "\#(id)", "config": {\#(id == "cw-p4cnn" ? "" : #""width": 4"#)}}, "localization": "fcn",
                 "transformer": {"id": "affine", "config": {"scale": 0.5}}}
                """#, input: ImageShape(1, side, side))
        let recording = Recording()
        let logits = try net.architecture.forward(wave([2, 1, side, side]), trace: recording.trace)
        #expect(logits.shape == [2, 10])
        let first = try #require(recording["stage.1"]).shape
        #expect(try #require(recording["warped"]).shape == [2, first[1], first[2] / 2, first[3] / 2])
    }
}
