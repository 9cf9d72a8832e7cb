import Foundation
import Testing
import ZooCore
import ZooHost
import ZooKit
import ZooManifest
import ZooModelFiles
import ZooPlugins

/// Plugins in C and C++ compute through the host's table, and gradients of the host's loss flow through them.
@Suite struct ForeignLanguageTests {
    private func network(_ extractor: String) throws -> Network {
        let text = """
            {"version": 1, "entries": [{"id": "mixed", "architecture": "stn-input", "parts": {
              "localization": {"id": "se", "config": {"width": 4, "reduction": 2}},
              "transformer": "attention", "extractor": \(extractor)}}]}
            """
        let host = try HostRuntime(searchPath: SearchPath(environment: [:]))
        let entry = try Manifest(contents: Data(text.utf8), path: "mixed.json").entry("mixed")
        return try host.network(entry, input: ImageShape(1, 12, 12), classes: 3, seed: 4)
    }

    private let extractor = #"{"id": "se-cnn", "config": {"width": 4, "reduction": 2}}"#

    @Test func gradientsAreThoseOfFiniteDifferences() throws {
        let network = try network(extractor)
        // Away from the identity, where the localization net's other layers have no gradient yet.
        try EngineControl.seed(9)
        for name in ["localization.theta.weight", "localization.theta.bias"] {
            try #require(network.parameters[tensor: name]).uniform_(-0.05, 0.05)
        }
        try network.parameters.convert(dtype: .float64)
        // Smooth images: the loss bends at the pixels' edges, where differences and the gradient may differ.
        let wave: [Double] = (0..<288).map { (index: Int) -> Double in
            let (x, y) = (Double(index % 12), Double(index / 12))
            return sin(x * 0.3) * cos(y * 0.25)
        }
        let images = try Tensor(wave, [2, 1, 12, 12])
        let labels = try Tensor([2, 0] as [Int64], [2])
        func loss() throws -> Tensor { try network.architecture.forward(images).crossEntropy(labels) }
        try loss().backward()
        for entry in network.parameters.entries where entry.role == .parameter {
            let gradient = try #require(try entry.tensor.grad, "\(entry.name)").doubles()
            let values = try entry.tensor.detach().doubles()
            // The largest: small ones drown in rounding.
            let index = try #require(gradient.indices.max { abs(gradient[$0]) < abs(gradient[$1]) })
            let step = 1e-6
            func shifted(_ by: Double) throws -> Double {
                var moved = values
                moved[index] += by
                try entry.tensor.copy_(Tensor(moved, entry.tensor.shape))
                return try noGrad { try loss().item() }
            }
            let difference = try (shifted(step) - shifted(-step)) / (2 * step)
            try entry.tensor.copy_(Tensor(values, entry.tensor.shape))
            // Central differences of step h in float64: h² and 1e-16 / h, both far below.
            #expect(abs(difference - gradient[index]) <= 1e-5 * max(1, abs(difference)) + 1e-8, "\(entry.name)[\(index)]")
        }
    }

    @Test func aFewStepsOfDescentLowerTheLoss() throws {
        let network = try network(extractor)
        let images = try Tensor.rand([12, 1, 12, 12], generator: Generator(seed: 2))
        let labels = try Tensor((0..<12).map { Int64($0 % 3) }, [12])
        var losses: [Double] = []
        for _ in 0..<20 {
            let loss = try network.architecture.forward(images).crossEntropy(labels)
            losses.append(try loss.item())
            try loss.backward()
            for entry in network.parameters.entries where entry.role == .parameter {
                let gradient = try #require(try entry.tensor.grad, "\(entry.name)")
                try entry.tensor.copy_(entry.tensor.detach() - gradient * 0.1)
                try entry.tensor.clearGrad()
            }
        }
        #expect(losses[19] < losses[0], "\(losses)")
    }

    @Test func whatTheyThrowArrivesAsAnError() throws {
        // Too small for two poolings: an exception in C++, a status here.
        let host = try HostRuntime(searchPath: SearchPath(environment: [:]))
        let component = try host.component(.extractor, "se-cnn")
        #expect { try host.part(component, input: ImageShape(1, 3, 3), outputs: 10) } throws: { error in
            "\(error)".contains("expected 4×4 or more")
        }
    }
}

/// TorchScript behind the host's table.
@Suite struct TorchScriptTests {
    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures")
    private var model: String { Self.fixtures.appendingPathComponent("torchscript.pt").path }

    private func host() throws -> HostRuntime { try HostRuntime(searchPath: SearchPath(environment: [:])) }

    @Test func itGivesWhatPyTorchGives() throws {
        let reference = try SafetensorsFile(path: Self.fixtures.appendingPathComponent("torchscript.safetensors").path)
        let host = try host()
        let part = try host.part(
            host.component(.architecture, "torchscript"), config: ["torchscript": .string(model)], input: ImageShape(1, 28, 28), outputs: 10
        )
        let architecture = try ForeignArchitecture(part)
        try architecture.parameters.setTraining(false)
        let x = try reference.tensor("input").requiresGrad_()
        let logits = try architecture.forward(x)
        // The same engine's kernels; only the order of sums may differ.
        try near(logits, reference.tensor("logits"), 1e-5)
        try (logits * logits).sum().backward()
        try near(#require(try x.grad), reference.tensor("gradient.input"), 1e-4)
        for entry in architecture.parameters.entries where entry.role == .parameter {
            try near(#require(try entry.tensor.grad), reference.tensor("gradient.\(entry.name)"), 1e-4)
        }
        #expect(architecture.parameters.entries.contains { $0.name == "conv1.1.running_mean" && $0.role == .buffer })
        // Training mode is the module's: batch statistics give other logits, and move the buffers.
        try architecture.parameters.setTraining(true)
        let before = try #require(architecture.parameters[tensor: "conv1.1.running_mean"]).doubles()
        _ = try architecture.forward(x.detach())
        #expect(try architecture.parameters[tensor: "conv1.1.running_mean"]?.doubles() != before)
    }

    /// Of one network in several types the zoo makes one in float32, constants and types in its code included; it can be trained.
    @Test func itsNumbersMayBeOfAnotherType() throws {
        let host = try host()
        func network(_ name: String) throws -> ForeignArchitecture {
            try ForeignArchitecture(
                host.part(
                    host.component(.architecture, "torchscript"),
                    config: ["torchscript": .string(Self.fixtures.appendingPathComponent("models/\(name).pt").path)],
                    input: ImageShape(1, 12, 12), outputs: 3))
        }
        let images = try Tensor.rand([5, 1, 12, 12], generator: Generator(seed: 3))
        let reference = try network("logits")
        try reference.parameters.setTraining(false)
        let expected = try reference.forward(images).detach()
        // double.pt holds the same numbers; those of the others were rounded to 11 and 8 bits, and are then multiplied by 40.
        for (name, tolerance) in [("double", 1e-5), ("half", 0.02), ("bfloat16", 0.3)] {
            let architecture = try network(name)
            try architecture.parameters.setTraining(false)
            let logits = try architecture.forward(images)
            #expect(logits.dtype == .float32, "\(name)")
            try near(logits.detach(), expected, tolerance)
            for entry in architecture.parameters.entries where entry.role == .parameter { #expect(entry.tensor.dtype == .float32) }
            try architecture.parameters.setTraining(true)
            guard !architecture.parameters.entries.isEmpty else { continue }
            try architecture.forward(images).sum().backward()
            for entry in architecture.parameters.entries where entry.role == .parameter {
                #expect(try entry.tensor.grad?.dtype == .float32, "\(name): \(entry.name)")
            }
        }
    }

    @Test func itsSubmodulesAreStages() throws {
        let reference = try SafetensorsFile(path: Self.fixtures.appendingPathComponent("torchscript.safetensors").path)
        let host = try host()
        let part = try host.part(
            host.component(.extractor, "torchscript"),
            config: ["torchscript": .string(model), "stages": .string("conv1, conv2"), "classifier": .string("flatten+dropout+fc")],
            input: ImageShape(1, 28, 28), outputs: 10)
        let extractor = try ForeignExtractor(part)
        try extractor.parameters.setTraining(false)
        #expect(extractor.stages.map { [$0.channels, $0.height, $0.width] } == [[4, 14, 14], [8, 7, 7]])
        #expect(extractor.stages.map(\.stride) == [2, 4])
        let x = try reference.tensor("input")
        try near(extractor.forward(x, stages: 0..<1), reference.tensor("stage.1"), 1e-5)
        try near(extractor.forward(x, stages: 0..<2), reference.tensor("stage.2"), 1e-5)
        try near(extractor.forward(reference.tensor("stage.1"), stages: 1..<2), reference.tensor("stage.2"), 1e-5)
        try near(extractor.logits(x), reference.tensor("logits"), 1e-5)
        #expect(throws: (any Error).self) { try extractor.forward(Tensor.zeros([1, 2, 28, 28]), stages: 0..<1) }
    }

    @Test func itsOutputsAreStages() throws {
        let reference = try SafetensorsFile(path: Self.fixtures.appendingPathComponent("torchscript.safetensors").path)
        let host = try host()
        func extractor(_ outputs: String, _ classifier: String, classes: Int = 10) throws -> ForeignExtractor {
            try ForeignExtractor(
                host.part(
                    host.component(.extractor, "torchscript"),
                    config: [
                        "torchscript": .string(Self.fixtures.appendingPathComponent("torchscript-outputs.pt").path),
                        "outputs": .string(outputs), "classifier": .string(classifier),
                    ], input: ImageShape(1, 28, 28), outputs: classes))
        }
        let net = try extractor("low, high", "logits")
        try net.parameters.setTraining(false)
        #expect(net.stages.map { [$0.channels, $0.height, $0.width] } == [[4, 14, 14], [8, 7, 7]])
        let x = try reference.tensor("input")
        let low = try net.forward(x, stages: 0..<1)
        try near(low, reference.tensor("stage.1"), 1e-5)
        // One goes on from what it has just given, and from nothing else: it cannot be entered between its stages.
        let high = try net.forward(low, stages: 1..<2)
        try near(high, reference.tensor("stage.2"), 1e-5)
        try near(net.classify(high), reference.tensor("logits"), 1e-5)
        try near(net.logits(x), reference.tensor("logits"), 1e-5)
        #expect { try net.forward(low.clone(), stages: 1..<2) } throws: { "\($0)".contains("'stages'") }
        #expect { try extractor("low, hihg", "logits") } throws: { "\($0)".contains("'hihg'; it gives low, high, logits") }
        #expect { try extractor("low, high", "", classes: 0).classify(high) } throws: { "\($0)".contains("no 'classifier'") }
    }

    /// The largest difference, relative to the largest value.
    private func near(_ a: Tensor, _ b: Tensor, _ tolerance: Double) throws {
        #expect(a.shape == b.shape)
        let (a, b) = (try a.detach().doubles(), try b.doubles())
        let scale = b.reduce(1e-12) { max($0, abs($1)) }
        #expect(zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * scale })
    }
}
