import Foundation
import TestSupport
import Testing
import ZooCore
import ZooHost
import ZooKit
import ZooModelFiles

/// Canonicalization, learned, in closed form and at test time, and TI-pooling: the same numbers as in PyTorch, and the symmetry that each
/// promises.
@Suite struct CanonicalizationTests {
    struct Case: CustomStringConvertible, Sendable {
        let name, architecture: String
        var description: String { name }
    }

    static let cases: [Case] = [
        .init(name: "learned", architecture: #"{"id": "canonicalization", "config": {"width": 3}}"#),
        .init(name: "principal", architecture: #""moment-canonicalization""#),
        .init(name: "first", architecture: #"{"id": "moment-canonicalization", "config": {"moment": "first"}}"#),
        .init(name: "energy", architecture: #""test-time-canonicalization""#),
        .init(name: "entropy", architecture: #"{"id": "test-time-canonicalization", "config": {"criterion": "entropy"}}"#),
        .init(name: "ti", architecture: #""ti-pooling""#),
    ]

    private func make(_ item: Case) throws -> Network {
        try network(
            item.architecture, parts: #"{"extractor": {"id": "mnist-cnn", "config": {"width": 3}}}"#, input: .init(1, 24, 24), classes: 5)
    }

    /// The angle in degrees, anticlockwise, that the network finds in an image and undoes.
    private func undone(by net: Network, _ x: Tensor) throws -> Double {
        let recording = Recording()
        _ = try net.architecture.forward(x, trace: recording.trace)
        let theta = try #require(recording["theta.1"]).doubles()
        return -atan2(theta[3], theta[0]) * 180 / .pi
    }

    /// Both sides compute in float64 from the same float32 weights. The zoo samples a rotation's remainder after quarter turns, PyTorch
    /// all of it, at places that differ by rounding; the reference is stored as float32, good to 6e-8.
    @Test(arguments: cases) func agreesWithPyTorch(_ item: Case) throws {
        let file = try fixture("canonical")
        let net = try make(item)
        for entry in net.parameters.entries { try entry.tensor.copy_(file.tensor(entry.name)) }
        try net.parameters.convert(dtype: .float64)
        // Straight through is what training does; what is searched, is searched in evaluation.
        try net.parameters.setTraining(item.name == "learned")
        let x = try file.tensor("input").to(dtype: .float64).requiresGrad_()
        let recording = Recording()
        let logits = try net.architecture.forward(x, trace: recording.trace)
        var loss = try logits.crossEntropy(file.tensor("labels"))
        if item.name == "learned" {
            let prior = try #require(recording["loss.prior"])
            #expect(try relativeDifference(prior, file.tensor("learned/prior")) < 1e-6)
            loss = try loss + prior * 0.5
        }
        try loss.backward()
        #expect(try relativeDifference(logits, file.tensor("\(item.name)/logits")) < 1e-6)
        #expect(recording.thetas.count == (item.name == "ti" ? 0 : 1))
        for theta in recording.thetas { #expect(try relativeDifference(theta, file.tensor("\(item.name)/theta.1")) < 1e-6) }
        #expect(try relativeDifference(#require(try x.grad), file.tensor("\(item.name)/gradient.input")) < 1e-5)
        for entry in net.parameters.entries {
            let gradient = try #require(try entry.tensor.grad, "\(entry.name)")
            // What all scores share changes no choice: nothing but rounding.
            guard entry.name != "scorer.score.bias" else {
                #expect(abs(try gradient.item()) < 1e-12)
                continue
            }
            #expect(try relativeDifference(gradient, file.tensor("\(item.name)/gradient.\(entry.name)")) < 1e-5, "\(entry.name)")
        }
    }

    /// Quarter turns exchange the copies, or turn the moments; on a smooth picture, where no two poses are equally good. All that is left
    /// is rounding in float32.
    @Test(arguments: cases) func quarterTurnsDoNotChangeTheLogits(_ item: Case) throws {
        let net = try make(item)
        let x = try blobs(side: 24)
        let upright = try net.architecture.forward(x)
        for quarters in 1..<4 {
            let recording = Recording()
            let turned = try net.architecture.forward(x.rot90(quarters), trace: recording.trace)
            #expect(try relativeDifference(turned, upright) < 1e-5, "\(quarters) quarter turns")
        }
    }

    /// θ follows the image: a quarter turn of the image is a quarter turn more to undo.
    @Test(arguments: cases.filter { $0.name != "ti" }) func thePoseTurnsWithTheImage(_ item: Case) throws {
        let net = try make(item)
        let x = try blobs(side: 24)
        let upright = try undone(by: net, x)
        for quarters in 1..<4 {
            let turned = try undone(by: net, x.rot90(quarters))
            #expect(abs((turned - upright - 90 * Double(quarters)).remainder(dividingBy: 360)) < 0.01)
        }
    }

    /// With `turned`, training shows every image at an angle of its own, and the prior asks for the pose nearest to it. The angle is known
    /// again from the principal axis of the copy that was taken, which is exact up to interpolation.
    @Test func trainingTurnsImagesAndAsksForTheirPoses() throws {
        let net = try network(
            #"{"id": "canonicalization", "config": {"rotations": 12, "turned": true}}"#, parts: #"{"extractor": "mnist-cnn"}"#,
            input: .init(1, 64, 64))
        let axis = try network(#""moment-canonicalization""#, parts: #"{"extractor": "mnist-cnn"}"#, input: .init(1, 64, 64))
        let x = try blobs(side: 64), upright = try undone(by: axis, x)
        try net.parameters.setTraining(true)
        let recording = Recording()
        try EngineControl.seed(3)
        _ = try net.architecture.forward(Tensor.cat((0..<20).map { _ in x }), trace: recording.trace)
        let (poses, scores) = (try #require(recording["poses"]), try #require(recording["scores"]))
        let prior = try #require(recording["loss.prior"])
        #expect(try relativeDifference(prior, scores.crossEntropy(poses)) < 1e-6)
        let taken = try scores.argmax(dim: 1).doubles(), asked = try poses.doubles()
        let copies = try #require(recording["warped"])
        for (index, pair) in zip(taken, asked).enumerated() {
            let left = try undone(by: axis, copies.narrow(dim: 0, start: index, length: 1)) - upright
            let angle = left + 30 * pair.0
            #expect(abs((angle - 30 * pair.1).remainder(dividingBy: 360)) < 15.5, "image \(index)")
        }
        #expect(Set(asked).count > 5)
        try net.parameters.setTraining(false)
        let plain = try network(
            #"{"id": "canonicalization", "config": {"rotations": 12}}"#, parts: #"{"extractor": "mnist-cnn"}"#, input: .init(1, 64, 64))
        try plain.parameters.copyValues(of: net.parameters)
        #expect(try relativeDifference(net.architecture.forward(x), plain.architecture.forward(x)) == 0)
    }

    /// By any angle, a picture that turns about the centre is brought into the same pose, up to interpolation: in closed form to a share of
    /// a degree.
    @Test(arguments: ["principal", "first"]) func closedFormFollowsEveryAngle(_ moment: String) throws {
        let net = try network(
            #"{"id": "moment-canonicalization", "config": {"moment": "\#(moment)"}}"#, parts: #"{"extractor": "mnist-cnn"}"#,
            input: .init(1, 64, 64))
        let x = try blobs(side: 64)
        let upright = try undone(by: net, x)
        for degrees in stride(from: 10.0, to: 360, by: 25) {
            let found = try undone(by: net, turned(x, degrees: degrees))
            #expect(abs((found - upright - degrees).remainder(dividingBy: 360)) < 0.5, "\(degrees)°: \(found - upright)")
        }
    }

    /// The entropy of the copy that is taken is the smallest of all copies', and refining never makes it larger.
    @Test func refiningFindsSmallerEnergies() throws {
        func energy(_ refinements: Int) throws -> Double {
            let net = try network(
                #"{"id": "test-time-canonicalization", "config": {"rotations": 4, "refinements": \#(refinements)}}"#,
                parts: #"{"extractor": "mnist-cnn"}"#)
            let logits = try net.architecture.forward(blobs(side: 28)).doubles()
            return -log(logits.reduce(0) { $0 + exp($1) })
        }
        let energies = try (0..<5).map(energy)
        #expect(zip(energies, energies.dropFirst()).allSatisfy { $1 <= $0 + 1e-6 })
        #expect(energies[4] < energies[0])
    }

    /// In training there is no search: the plain network.
    @Test func testTimeCanonicalizationIsTrainedAsThePlainNetwork() throws {
        let x = try wave([3, 1, 28, 28])
        let plain = try network(#""cnn""#, parts: #"{"extractor": "mnist-cnn"}"#)
        let net = try network(#""test-time-canonicalization""#, parts: #"{"extractor": "mnist-cnn"}"#)
        try net.parameters.copyValues(of: plain.parameters)
        try net.parameters.setTraining(true)
        #expect(try relativeDifference(net.architecture.forward(x), plain.architecture.forward(x)) < 1e-6)
        try net.parameters.setTraining(false)
        #expect(try relativeDifference(net.architecture.forward(x), plain.architecture.forward(x)) > 1e-3)
    }

    /// A scorer from any plugin takes the place of the built-in one.
    @Test func anExtractorScores() throws {
        let parts = #"{"extractor": "mnist-cnn", "scorer": {"id": "small-cnn", "config": {"widths": [4, 4, 8, 8], "hidden": 8}}}"#
        let net = try network(#"{"id": "canonicalization", "config": {"rotations": 4}}"#, parts: parts)
        #expect(net.parameters.entries.contains { $0.name == "scorer.fc1.weight" })
        let x = try blobs(side: 28)
        #expect(try relativeDifference(net.architecture.forward(x.rot90()), net.architecture.forward(x)) < 1e-5)
    }

    /// Five heads, images that are wider than high, and one grey value everywhere.
    @Test(arguments: cases) func takesOtherImages(_ item: Case) throws {
        let net = try network(
            item.architecture, parts: #"{"extractor": {"id": "svhn-cnn", "config": {"heads": 5, "hidden": [8]}}}"#,
            input: ImageShape(3, 32, 48), classes: 11)
        #expect(try net.architecture.forward(wave([2, 3, 32, 48])).shape == [2, 5, 11])
        #expect(try net.architecture.forward(Tensor.full([2, 3, 32, 48], 0.5)).allFinite())
        #expect(throws: ZooError.self) { try net.architecture.forward(wave([2, 3, 20, 20])) }
    }
}
