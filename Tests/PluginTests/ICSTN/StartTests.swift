import Foundation
import TestSupport
import Testing
import ZooHost
import ZooKit
import ZooModelFiles

/// IC-STN that starts from the perturbation that made its images [LL17, arXiv:1612.03897, section 5.1].
@Suite struct StartTests {
    private static let config = #"{"iterations": 3, "start": "perturbation"}"#

    private func network(_ family: String, _ host: HostRuntime) throws -> Network {
        try Variant(architecture: "ic-stn", config: Self.config, family: family).network(host)
    }

    /// Two images and their perturbations: a homography each, or the affine part of it.
    private func perturbed(_ family: String) throws -> (upright: Tensor, theta: Tensor, images: Tensor) {
        let rows: [[Double]] = [[0.8, -0.3, 0.1, 0.2, 0.9, -0.2, 0.05, -0.1, 1], [1.1, 0.2, 0, -0.1, 0.7, 0.3, -0.02, 0.1, 1]]
        let isProjective = family == "homography"
        let theta = try Tensor(rows.flatMap { isProjective ? $0 : Array($0.prefix(6)) }, [2, isProjective ? 3 : 2, 3])
        let upright = try wave([2, 1, 24, 24], phase: 1)
        return (upright, theta, try upright.warp(theta, height: 24, width: 24, paddingMode: .zeros))
    }

    /// At initialisation every update is the identity: what is classified is the perturbed image, made from the upright one.
    @Test(arguments: ["affine", "homography"]) func itStartsAsThePlainNetwork(_ family: String) throws {
        let host = try makeHost()
        let network = try network(family, host)
        try network.parameters.convert(dtype: .float64)
        let (upright, theta, images) = try perturbed(family)
        #expect(network.wantsUpright)
        try network.tell(truth: theta, upright: upright)
        let recording = Recording()
        let logits = try network.architecture.forward(images, trace: recording.trace)
        #expect(try relativeDifference(#require(recording["warped"]), images) < 1e-12)
        try network.forgetTruth()
        #expect(try relativeDifference(network.architecture.forward(images), logits) < 1e-12, "from the identity, if nobody tells")
    }

    /// Θ₁ = M(Δp) · p₀, with Δp seen on the perturbed image, in plain arithmetic; and warps take the upright image.
    @Test(arguments: ["affine", "homography"]) func thePerturbationIsComposed(_ family: String) throws {
        let host = try makeHost()
        let network = try network(family, host)
        let look = try Variant(architecture: "stn-input", family: family).network(host)
        let last = try #require(network.parameters[tensor: "localization.theta.weight"])
        try last.copy_(wave(last.shape) * 0.2)
        try look.parameters.copy("", from: network.parameters)
        for each in [network, look] { try each.parameters.convert(dtype: .float64) }
        let (upright, theta, images) = try perturbed(family)
        try network.tell(truth: theta, upright: upright)
        let (recording, once) = (Recording(), Recording())
        _ = try network.architecture.forward(images, trace: recording.trace)
        _ = try look.architecture.forward(images, trace: once.trace)
        let (first, update) = try (#require(recording.thetas.first), #require(once.thetas.first))
        for index in 0..<2 {
            func one(_ tensor: Tensor) throws -> [Double] { try square(tensor.narrow(dim: 0, start: index, length: 1)) }
            let product = try times(one(update), one(theta))
            #expect(try relativeDifference(Tensor(one(first), [9]), Tensor(product.map { $0 / product[8] }, [9])) < 1e-12)
        }
        let warped = try upright.warp(#require(recording.thetas.last), height: 24, width: 24, paddingMode: .zeros)
        #expect(try relativeDifference(#require(recording["warped"]), warped) < 1e-12)
    }

    /// Rotations start a homography net, but homographies no affine one.
    @Test func matricesOfOtherFamiliesAreMadeToFitOrRefused() throws {
        let host = try makeHost()
        let (upright, affine, images) = try perturbed("affine")
        let projective = try network("homography", host)
        try projective.parameters.convert(dtype: .float64)
        try projective.tell(truth: affine, upright: upright)
        let recording = Recording()
        _ = try projective.architecture.forward(images, trace: recording.trace)
        #expect(try relativeDifference(#require(recording["warped"]), images) < 1e-12)
        let plain = try network("affine", host)
        try plain.parameters.convert(dtype: .float64)
        try plain.tell(truth: perturbed("homography").theta, upright: upright)
        let error = #expect(throws: ZooError.self) { try plain.architecture.forward(images) }
        #expect(error?.message.contains("family 'homography'") == true)
    }

    /// The buffers are empty in a file of weights.
    @Test func stateIsKeptWithoutTheTruth() throws {
        let host = try makeHost()
        let network = try network("affine", host)
        let (upright, theta, _) = try perturbed("affine")
        try network.tell(truth: theta, upright: upright)
        try network.forgetTruth()
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("start-\(UUID().uuidString).safetensors").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try SafetensorsFile.write(tensors: network.parameters.entries.map { ($0.name, $0.tensor) }, metadata: [:], to: path)
        try SafetensorsFile(path: path).load(into: self.network("affine", host).parameters)
    }
}
