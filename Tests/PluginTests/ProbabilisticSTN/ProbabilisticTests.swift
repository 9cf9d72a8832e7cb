import Foundation
import TestSupport
import Testing
import ZooCore
import ZooHost
import ZooKit
import ZooModelFiles

/// The probabilistic spatial transformer: the same numbers as in PyTorch, in training and evaluation, and what it is in the limits.
@Suite struct ProbabilisticTests {
    private func make(_ config: String, extractor: String = #"{"id": "mnist-cnn", "config": {"width": 3}}"#) throws -> Network {
        let parts = #"""
            {"extractor": \#(extractor), "localization": {"id": "fcn", "config": {"hidden": [8]}},
             "transformer": {"id": "rotation-scale-shear", "config": {"padding": "zeros"}}}
            """#
        return try network(
            #"{"id": "probabilistic-stn", "config": \#(config)}"#, parts: parts, input: .init(1, 24, 24), classes: 5)
    }

    /// The network with the weights of the reference, in float64.
    private func reference(_ config: String) throws -> (net: Network, file: SafetensorsFile) {
        let (net, file) = (try make(config), try fixture("probabilistic"))
        for entry in net.parameters.entries { try entry.tensor.copy_(file.tensor(entry.name)) }
        try net.parameters.convert(dtype: .float64)
        return (net, file)
    }

    /// Both sides compute in float64 from the same float32 weights and the same random numbers, as the engine's generators are PyTorch's;
    /// the reference is stored as float32, good to 6e-8.
    @Test func trainingAgreesWithPyTorch() throws {
        let (net, file) = try reference("{}")
        try net.parameters.setTraining(true)
        let x = try file.tensor("input").to(dtype: .float64).requiresGrad_()
        let recording = Recording()
        try EngineControl.seed(5)
        let logits = try net.architecture.forward(x, trace: recording.trace)
        let (kl, alignment) = (try #require(recording["loss.kl"]), try #require(recording["loss.alignment"]))
        try (logits.crossEntropy(file.tensor("labels")) + kl * 0.001 + alignment).backward()
        #expect(try relativeDifference(logits, file.tensor("training/logits")) < 1e-6)
        #expect(try relativeDifference(#require(recording["theta.1"]), file.tensor("training/theta.1")) < 1e-6)
        #expect(try relativeDifference(kl, file.tensor("training/kl")) < 1e-6)
        #expect(try relativeDifference(alignment, file.tensor("training/alignment")) < 1e-6)
        #expect(try relativeDifference(#require(try x.grad), file.tensor("training/gradient.input")) < 1e-5)
        for entry in net.parameters.entries {
            let gradient = try #require(try entry.tensor.grad, "\(entry.name)")
            #expect(try relativeDifference(gradient, file.tensor("training/gradient.\(entry.name)")) < 1e-5, "\(entry.name)")
        }
    }

    @Test func evaluationAgreesWithPyTorch() throws {
        let (net, file) = try reference(#"{"samples": 4}"#)
        let x = try file.tensor("input").to(dtype: .float64)
        let logits = try net.architecture.forward(x)
        #expect(try relativeDifference(logits, file.tensor("evaluation/logits")) < 1e-6)
        // Draws are part of the network: no call changes the next.
        #expect(try relativeDifference(net.architecture.forward(x), logits) == 0)
    }

    /// Without draws it is STN-C0 with the mean of the posterior.
    @Test func withoutDrawsItIsTheSpatialTransformer() throws {
        let (net, file) = try reference(#"{"samples": 0}"#)
        let plain = try network(
            #""stn-input""#,
            parts: #"""
                {"extractor": {"id": "mnist-cnn", "config": {"width": 3}}, "localization": {"id": "fcn", "config": {"hidden": [8]}},
                 "transformer": {"id": "rotation-scale-shear", "config": {"padding": "zeros"}}}
                """#, input: .init(1, 24, 24), classes: 5)
        for entry in plain.parameters.entries {
            let whole = try file.tensor(entry.name)
            try entry.tensor.copy_(entry.name.hasPrefix("localization.theta.") ? whole.narrow(dim: 0, start: 0, length: 4) : whole)
        }
        try plain.parameters.convert(dtype: .float64)
        let x = try file.tensor("input").to(dtype: .float64)
        #expect(try relativeDifference(net.architecture.forward(x), plain.architecture.forward(x)) < 1e-12)
    }

    /// R · shear · scales, written out; each parameter through b · tanh(p / b).
    @Test func theFamilyIsTheProductOfItsParts() throws {
        let family = try family(
            "rotation-scale-shear", makeHost(),
            config: ["max_angle": .double(90), "max_scale": .double(1.5), "max_shear": .double(0.4)])
        for p in [[0.3, -0.2, 0.1, 0.25], [-2, 3, -3, 2], [100, -100, 100, 100]] {
            let bounds: [Double] = [.pi / 2, log(1.5), log(1.5), 0.4]
            let q = zip(p, bounds).map { $1 * tanh($0 / $1) }
            let turn = [cos(q[0]), -sin(q[0]), 0, sin(q[0]), cos(q[0]), 0, 0, 0, 1]
            let product = times(times(turn, [1, q[3], 0, 0, 1, 0, 0, 0, 1]), [exp(q[1]), 0, 0, 0, exp(q[2]), 0, 0, 0, 1])
            let theta = try square(family.transformation(Tensor(p, [1, 4])))
            for (found, expected) in zip(theta, product) { #expect(abs(found - expected) < 1e-12, "\(p)") }
        }
    }

    @Test func aFamilyThatDoesNotComposeHasNoAlignmentLoss() throws {
        let parts = #"{"extractor": "mnist-cnn", "localization": "cnn", "transformer": "tps"}"#
        #expect(throws: HostError.self) { try network(#""probabilistic-stn""#, parts: parts) }
        let net = try network(#"{"id": "probabilistic-stn", "config": {"spread": 0}}"#, parts: parts)
        try net.parameters.setTraining(true)
        let recording = Recording()
        _ = try net.architecture.forward(blobs(side: 28), trace: recording.trace)
        #expect(recording["loss.alignment"] == nil && recording["loss.kl"] != nil)
    }
}
