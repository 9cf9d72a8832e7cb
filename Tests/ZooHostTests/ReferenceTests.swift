import Foundation
import TestSupport
import Testing
import ZooHost
import ZooKit
import ZooManifest
import ZooModelFiles

/// Networks wired from plugins against the same networks in PyTorch, computed in float64 by Tests/Fixtures/make_stn_c0.py.
@Suite struct ReferenceTests {
    let host: HostRuntime
    let input = ImageShape(1, 28, 28)

    init() throws { host = try makeHost() }

    private func entry(_ localization: String) throws -> Entry {
        let text = """
            {"version": 1, "entries": [
              {"id": "stn", "architecture": "stn-input", "parts": {"extractor": "mnist-cnn", "localization": "\(localization)",
               "transformer": {"id": "affine", "config": {"padding": "border"}}}}]}
            """
        return try manifest(text).entry("stn")
    }

    /// float32 here, float64 there: PyTorch's own float32 is within 3.4e-6 of each tensor's largest magnitude, so 2e-5 is
    /// rounding and no more. In float64 here, what is left is the rounding of the stored values.
    @Test(arguments: ["cnn", "fcn"], [(DType.float32, 2e-5), (.float64, 3e-7)])
    func forwardAndAllGradientsArePyTorchs(_ localization: String, _ precision: (DType, Double)) throws {
        let (dtype, tolerance) = precision
        let file = try fixture("stn-c0-\(localization)")
        let shared = try fixture("stn-c0-cnn")
        let network = try host.network(entry(localization), input: input, classes: 10, seed: 0)
        for entry in network.parameters.entries {
            // The fcn file leaves out the extractor's weights: they are the cnn file's.
            try entry.tensor.copy_((file.entry(entry.name) == nil ? shared : file).tensor(entry.name))
        }
        try network.parameters.convert(dtype: dtype)
        let x = try file.tensor("input").to(dtype: dtype).requiresGrad_()
        let recording = Recording()
        let logits = try network.architecture.forward(x, trace: recording.trace)
        let loss = try logits.crossEntropy(file.tensor("labels"))
        try loss.backward()
        #expect(try relativeDifference(#require(recording["theta.1"]).detach(), file.tensor("theta")) < tolerance)
        #expect(try relativeDifference(logits.detach(), file.tensor("logits")) < tolerance)
        #expect(try relativeDifference(loss.detach(), file.tensor("loss")) < tolerance)
        #expect(try relativeDifference(#require(try x.grad), file.tensor("gradient.input")) < tolerance)
        var compared = 0
        for entry in network.parameters.entries where file.entry("gradient.\(entry.name)") != nil {
            #expect(
                try relativeDifference(#require(try entry.tensor.grad), file.tensor("gradient.\(entry.name)")) < tolerance,
                "\(entry.name)")
            compared += 1
        }
        #expect(compared >= network.parameters.entries.count - 1, "the fixture leaves out one gradient at most")
    }

    /// The last layer of a localization net starts at zero, so θ is the identity and the warp returns the image, to rounding.
    @Test func atInitialisationSTNC0IsItsCNN() throws {
        let manifest = try Repository.manifest()
        let plain = try host.network(manifest.entry("cnn"), input: input, classes: 10, seed: 1)
        let stn = try host.network(manifest.entry("stn-c0"), input: input, classes: 10, seed: 2)
        for entry in plain.parameters.entries { try #require(stn.parameters[tensor: entry.name]).copy_(entry.tensor) }
        let x = try Tensor.randn([8, 1, 28, 28], generator: Generator(seed: 9))
        try stn.parameters.setTraining(false)
        try plain.parameters.setTraining(false)
        let expected = try plain.architecture.forward(x)
        #expect(try relativeDifference(stn.architecture.forward(x), expected) < 1e-5)
        #expect(try expected.doubles().contains { abs($0) > 1e-3 })
    }
}
