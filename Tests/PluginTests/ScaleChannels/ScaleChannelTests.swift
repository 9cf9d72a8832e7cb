import Foundation
import TestSupport
import Testing
import ZooCore
import ZooHost
import ZooKit
import ZooModelFiles

/// Scale-channel networks against PyTorch (Fixtures/make_scale_channels.py), their sizes, and settings that do not fit.
@Suite struct ScaleChannelTests {
    static let common: [String: JSON] = [
        "field": .int(12), "widths": .array([.int(3), .int(4)]), "kernels": .array([.int(3), .int(3)]),
        "scales": .array([.int(-1), .int(1)]),
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        let interpolation: String
        let config: [String: JSON]
        let input: ImageShape
        var isTraining = false
        var testDescription: String { interpolation }
    }

    @Test(arguments: [
        Case(interpolation: "area", config: [:], input: ImageShape(1, 24, 20)),
        Case(interpolation: "bilinear", config: ["per_octave": .int(1)], input: ImageShape(1, 24, 24)),
        Case(
            interpolation: "bicubic", config: ["per_octave": .int(1), "pool": .string("mean"), "padding": .string("zeros")],
            input: ImageShape(2, 24, 24), isTraining: true),
    ]) func agreesWithPyTorch(_ item: Case) throws {
        let (file, name) = (try fixture("scale-channels"), item.interpolation)
        let config = Self.common.merging(item.config.merging(["interpolation": .string(name)]) { $1 }) { $1 }
        let net = try extractor("scale-channels", config, input: item.input, classes: 5)
        for entry in net.parameters.entries where !entry.name.hasSuffix("num_batches_tracked") {
            try entry.tensor.copy_(file.tensor("\(name).\(entry.name)"))
        }
        try net.parameters.setTraining(item.isTraining)
        try net.parameters.convert(dtype: .float64)
        let x = try file.tensor("\(name).input").to(dtype: .float64).requiresGrad_()
        let logits = try net.logits(x)
        #expect(try relativeDifference(logits, file.tensor("\(name).logits")) < 1e-6)
        try logits.crossEntropy(Tensor([0, 3, 1] as [Int64], [3])).backward()
        // In training batch norm takes a convolution's bias out again: its gradient is zero but for rounding.
        let gradients = [("input", x)] + net.parameters.entries.filter { $0.role == .parameter }.map { ($0.name, $0.tensor) }
        for (parameter, tensor) in gradients {
            let (found, expected) = (try #require(try tensor.grad), try file.tensor("\(name).gradient.\(parameter)"))
            let isZero = item.isTraining && parameter.hasPrefix("conv") && parameter.hasSuffix("bias")
            if isZero {
                #expect(try found.abs().amax().item() < 1e-9 && expected.abs().amax().item() < 1e-9, "\(parameter)")
            } else {
                #expect(try relativeDifference(found, expected) < 1e-6, "\(parameter)")
            }
        }
        for index in 0..<3 {
            #expect(try relativeDifference(net.forward(x, stages: 0..<index + 1), file.tensor("\(name).stage.\(index + 1)")) < 1e-6)
        }
    }

    @Test func sizesAndParameterCounts() throws {
        let net = try extractor("scale-channels", ["scales": .array([.int(-3), .int(1)])], input: ImageShape(1, 112, 112))
        #expect(net.stages.map(\.name) == ["scales", "conv1", "conv2", "conv3"])
        #expect(net.stages.map(\.channels) == [9, 9 * 16, 9 * 32, 9 * 64])
        #expect(net.stages.map(\.height) == [28, 12, 5, 3])
        #expect(net.stages.map(\.stride) == [1, 2, 4, 4])
        // There are as many weights as one CNN has, however many scales there are.
        let count = (25 * 16 + 16 + 2 * 16) + (9 * 16 * 32 + 32 + 2 * 32) + (9 * 32 * 64 + 64 + 2 * 64) + (9 * 64 * 10 + 10)
        #expect(net.parameters.count == count)
        #expect(try extractor("scale-channels", ["scales": .array([.int(0), .int(0)])]).parameters.count == count)
        #expect(try net.logits(wave([3, 1, 112, 112])).shape == [3, 10])
    }

    /// One channel of scale 1 whose field is the image shows the image itself.
    @Test(arguments: ["area", "bilinear", "bicubic"]) func scaleOneIsTheImage(_ interpolation: String) throws {
        let config: [String: JSON] = ["scales": .array([.int(0), .int(0)]), "interpolation": .string(interpolation)]
        let x = try wave([2, 1, 28, 28])
        #expect(try relativeDifference(extractor("scale-channels", config).forward(x, stages: 0..<1), x) < 1e-6)
    }

    /// What lies outside the image is its border, or 0: a blank image stays blank, or has edges.
    @Test(arguments: ["area", "bilinear", "bicubic"]) func paddingIsWhatItSays(_ interpolation: String) throws {
        let blank = try Tensor.full([1, 1, 28, 28], -0.4)
        func smallest(_ padding: String) throws -> Tensor {
            let config: [String: JSON] = [
                "scales": .array([.int(-1), .int(-1)]), "interpolation": .string(interpolation), "padding": .string(padding),
            ]
            return try extractor("scale-channels", config).forward(blank, stages: 0..<1)
        }
        #expect(try relativeDifference(smallest("border"), blank) < 1e-6)
        let zeros = try smallest("zeros")
        #expect(try zeros.narrow(dim: 2, start: 0, length: 4).abs().amax().item() == 0)
        #expect(try zeros.narrow(dim: 2, start: 10, length: 8).narrow(dim: 3, start: 10, length: 8).abs().amax().item() > 0.39)
    }

    @Test(
        arguments: [
            (["scales": JSON.array([.int(1)])], "'scales' needs two exponents"),
            (["scales": .array([.int(1), .int(-1)])], "'scales' needs two exponents, the smaller one first; found [1.0, -1.0]"),
            (["scales": .array([.int(0), .double(0.4)])], "a whole number of steps of 1/2 ('per_octave') apart"),
            (["scales": .array([.int(-6), .int(6)]), "per_octave": .int(16)], "at most 64 channels; found 193"),
            (["kernels": .array([.int(3)])], "'widths' and 'kernels' need equally many numbers, at least one; found 3 and 1"),
            (["kernels": .array([]), "widths": .array([])], "'widths' and 'kernels' need equally many numbers"),
            (["field": .int(8)], "stage 3 gets 2×2: 2×2 is too small for a 3×3 convolution"),
            (["pool": .string("median")], "pool"), (["interpolation": .string("nearest")], "interpolation"),
        ] as [([String: JSON], String)]) func settingsThatDoNotFitAreNamed(_ config: [String: JSON], _ message: String)
    {
        let error = #expect(throws: (any Error).self) { try extractor("scale-channels", config) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(message), "\(error.map { "\($0)" } ?? "")")
    }

    @Test func imagesOfAnotherSizeAreRefused() throws {
        let net = try extractor("scale-channels")
        let error = #expect(throws: ZooError.self) { try net.logits(wave([1, 1, 28, 30])) }
        #expect(error?.message.contains("[1, 1, 28, 30]") == true, "\(error?.message ?? "")")
    }

    /// Channels are left out in training alone: of a maximum, which can only fall, and where an image loses all of them, too.
    @Test func droppedChannelsAreLeftOutInTrainingAlone() throws {
        let x = try wave([8, 1, 28, 28])
        func logits(_ config: [String: JSON], isTraining: Bool) throws -> [Float] {
            let net = try extractor("scale-channels", config)
            try net.parameters.setTraining(isTraining)
            return try net.logits(x).floats()
        }
        let dropout: [String: JSON] = ["channel_dropout": .double(0.8)]
        #expect(try logits(dropout, isTraining: false) == logits([:], isTraining: false))
        let (all, some) = (try logits([:], isTraining: true), try logits(dropout, isTraining: true))
        #expect(zip(some, all).allSatisfy { $0 <= $1 } && some != all)
        let single: [String: JSON] = ["scales": .array([.int(0), .int(0)]), "channel_dropout": .double(0.95)]
        #expect(try logits(single, isTraining: true).allSatisfy(\.isFinite))
        #expect(try logits(dropout.merging(["pool": .string("mean")]) { $1 }, isTraining: true).allSatisfy(\.isFinite))
    }

    /// An architecture that halves the image and then the first stage's maps says so beforehand.
    @Test func announcedResamplingsAreFollowed() throws {
        let net = try network(
            #"{"id": "stn-featuremap", "config": {"placements": [0, 1]}}"#,
            parts: #"""
                {"extractor": {"id": "scale-channels", "config": {"kernels": [3, 3], "widths": [4, 4]}}, "localization": "fcn", "transformer": {"id": "affine", "config": {"scale": 0.5}}}
                """#, input: ImageShape(1, 112, 112))
        let recording = Recording()
        #expect(try net.architecture.forward(wave([2, 1, 112, 112]), trace: recording.trace).shape == [2, 10])
        #expect(try #require(recording["stage.1"]).shape == [2, 9, 28, 28])
        #expect(try #require(recording["stage.2"]).shape == [2, 9 * 4, 6, 6])
    }
}
