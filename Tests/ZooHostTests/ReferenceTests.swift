import Foundation
import Testing
import ZooHost
import ZooKit
import ZooStore

/// Networks wired from plugins against the same networks in PyTorch, computed in float64 by Tests/Fixtures/make_stn_c0.py.
@Suite struct ReferenceTests {
    let host: HostRuntime
    let input = ImageShape(1, 28, 28)

    init() throws { host = try HostRuntime(searchPath: SearchPath(environment: [:])) }

    private func fixture(_ name: String, from file: String = #filePath) throws -> SafetensorsFile {
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
        return try SafetensorsFile(path: folder.appendingPathComponent("Fixtures/\(name).safetensors").path)
    }

    private func entry(_ localization: String) throws -> Entry {
        let text = """
            {"version": 1, "entries": [
              {"id": "stn", "architecture": "stn-input", "parts": {"extractor": "mnist-cnn", "localization": "\(localization)",
               "transformer": {"id": "affine", "config": {"padding": "border"}}}}]}
            """
        let path = NSTemporaryDirectory() + "/zoo-\(UUID().uuidString).json"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try Manifest(path: path).entry("stn")
    }

    private func difference(_ found: Tensor, _ expected: Tensor) throws -> Double {
        let (a, b) = (try found.doubles(), try expected.doubles())
        guard a.count == b.count else { return .infinity }
        let scale = b.reduce(1e-30) { max($0, abs($1)) }
        return zip(a, b).reduce(0) { max($0, $1.0.isFinite ? abs($1.0 - $1.1) : .infinity) } / scale
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
        let x = try file.tensor("input").to(dtype: dtype).requiringGradient()
        let recording = Recording()
        let logits = try network.architecture.forward(x, trace: recording.trace)
        let loss = try logits.crossEntropy(file.tensor("labels"))
        try loss.backward()
        #expect(try difference(#require(recording["theta.1"]).detached(), file.tensor("theta")) < tolerance)
        #expect(try difference(logits.detached(), file.tensor("logits")) < tolerance)
        #expect(try difference(loss.detached(), file.tensor("loss")) < tolerance)
        #expect(try difference(#require(try x.gradient), file.tensor("gradient.input")) < tolerance)
        var compared = 0
        for entry in network.parameters.entries where file.entry("gradient.\(entry.name)") != nil {
            #expect(try difference(#require(try entry.tensor.gradient), file.tensor("gradient.\(entry.name)")) < tolerance, "\(entry.name)")
            compared += 1
        }
        #expect(compared >= network.parameters.entries.count - 1, "the fixture leaves out one gradient at most")
    }

    /// The last layer of a localization net starts at zero, so θ is the identity and the warp returns the image, to rounding.
    @Test func atInitialisationSTNC0IsItsCNN() throws {
        let manifest = try zooManifest()
        let plain = try host.network(manifest.entry("cnn"), input: input, classes: 10, seed: 1)
        let stn = try host.network(manifest.entry("stn-c0"), input: input, classes: 10, seed: 2)
        for entry in plain.parameters.entries { try #require(stn.parameters[tensor: entry.name]).copy_(entry.tensor) }
        let x = try Tensor.randn([8, 1, 28, 28], Generator(seed: 9))
        try stn.parameters.setTraining(false)
        try plain.parameters.setTraining(false)
        let expected = try plain.architecture.forward(x)
        #expect(try difference(stn.architecture.forward(x), expected) < 1e-5)
        #expect(try expected.doubles().contains { abs($0) > 1e-3 })
    }
}
