import Foundation
import TestSupport
import Testing
import ZooCore
import ZooHost
import ZooKit

/// polar, tta and oracle: what each promises about rotated input.
@Suite struct IdeaTests {
    /// An untrained origin predictor says the centre; a quarter turn about it is then a shift by a quarter of the rows.
    @Test(arguments: ["log", "linear"]) func rotationBecomesAShift(_ radial: String) throws {
        let net = try network(#"{"id": "polar", "config": {"radial": "\#(radial)"}}"#, parts: #"{"extractor": "polar-cnn"}"#)
        let x = try wave([2, 1, 28, 28])
        let (upright, turned) = (Recording(), Recording())
        let logits = try net.architecture.forward(x, trace: upright.trace)
        let others = try net.architecture.forward(x.rot90(), trace: turned.trace)
        let (a, b) = (try #require(upright["warped"]), try #require(turned["warped"]))
        #expect(a.shape == [2, 1, 28, 28])
        #expect(try #require(upright["origin"]).detach().floats().allSatisfy { abs($0) < 1e-6 })
        let shifted = try Tensor.cat([a.narrow(dim: 2, start: 21, length: 7), a.narrow(dim: 2, start: 0, length: 21)], dim: 2)
        #expect(try relativeDifference(b, shifted) < 1e-4)
        #expect(logits.shape == [2, 10] && others.shape == [2, 10])
    }

    /// On 32 rows a quarter turn is 8 rows, a multiple of the stride 4: the logits stay, as the convolutions wrap around.
    @Test func polarLogitsAreInvariantToQuarterTurns() throws {
        let net = try network(#"{"id": "polar", "config": {"size": [32, 28]}}"#, parts: #"{"extractor": "polar-cnn"}"#)
        let x = try wave([2, 1, 28, 28])
        for quarters in 1..<4 {
            #expect(try relativeDifference(net.architecture.forward(x.rot90(quarters)), net.architecture.forward(x)) < 1e-4)
        }
    }

    /// The heatmap's centroid learns: the gradient reaches the origin predictor through the sampling.
    @Test func theOriginIsTrained() throws {
        let net = try network(#""polar""#, parts: #"{"extractor": "mnist-cnn"}"#)
        try net.parameters.setTraining(true)
        try net.architecture.forward(wave([4, 1, 28, 28])).crossEntropy(Tensor([1, 2, 3, 4] as [Int64], [4])).backward()
        let slopes = try gradient("origin.heatmap.weight", of: net.parameters).doubles()
        #expect(slopes.contains { abs($0) > 1e-9 } && slopes.allSatisfy(\.isFinite))
        let trace = Recording()
        try #require(net.parameters[tensor: "origin.heatmap.weight"]).copy_(Tensor.full([1, 20, 1, 1], 50))
        _ = try net.architecture.forward(blobs(side: 28), trace: trace.trace)
        #expect(try #require(trace["origin"]).detach().doubles().allSatisfy { abs($0) <= 1 })
    }

    @Test func polarRefusesWhatItCannotDo() throws {
        #expect(throws: HostError.self) {
            try network(#"{"id": "polar", "config": {"size": [30, 28]}}"#, parts: #"{"extractor": "polar-cnn"}"#)
        }
        #expect(throws: HostError.self) {
            try network(#"{"id": "polar", "config": {"size": [32]}}"#, parts: #"{"extractor": "polar-cnn"}"#)
        }
    }

    /// Four copies are the orbit under quarter turns, eight with mirroring: the mean over it does not change.
    @Test(arguments: [false, true]) func meanOverAnOrbitIsInvariant(_ mirror: Bool) throws {
        let net = try network(#"{"id": "tta", "config": {"count": 4, "mirror": \#(mirror)}}"#, parts: #"{"extractor": "mnist-cnn"}"#)
        let x = try wave([3, 1, 28, 28])
        let upright = try net.architecture.forward(x)
        for quarters in 1..<4 {
            #expect(try relativeDifference(net.architecture.forward(x.moved(quarters: quarters, mirror: mirror)), upright) < 1e-5)
        }
        let mass = try upright.exp().sum(dim: [1]).doubles()
        #expect(mass.allSatisfy { abs($0 - 1) < 1e-5 })
    }

    /// One copy is the plain network; in training there is only the plain network.
    @Test func oneCopyIsThePlainNetwork() throws {
        let x = try wave([3, 1, 28, 28])
        let baseline = try network(#""cnn""#, parts: #"{"extractor": "mnist-cnn"}"#)
        let plain = try baseline.architecture.forward(x)
        let one = try network(#"{"id": "tta", "config": {"angles": [0]}}"#, parts: #"{"extractor": "mnist-cnn"}"#)
        try one.parameters.copyValues(of: baseline.parameters)
        #expect(try relativeDifference(one.architecture.forward(x), plain.logSoftmax(dim: -1)) < 1e-5)
        let many = try network(#"{"id": "tta", "config": {"count": 5, "range": 60}}"#, parts: #"{"extractor": "mnist-cnn"}"#)
        try many.parameters.copyValues(of: baseline.parameters)
        let averaged = try many.architecture.forward(x)
        #expect(try relativeDifference(averaged, plain.logSoftmax(dim: -1)) > 1e-3)
        try many.parameters.setTraining(true)
        #expect(try relativeDifference(many.architecture.forward(x), plain) < 1e-6)
    }

    /// Five heads: the mean is over each head's own probabilities.
    @Test func headsAreAveragedOneByOne() throws {
        let net = try network(
            #"{"id": "tta", "config": {"count": 4}}"#, parts: #"{"extractor": {"id": "svhn-cnn", "config": {"heads": 5, "hidden": [8]}}}"#,
            input: ImageShape(3, 32, 32), classes: 11)
        let logits = try net.architecture.forward(wave([2, 3, 32, 32]))
        #expect(logits.shape == [2, 5, 11])
        #expect(try logits.exp().sum(dim: [2]).doubles().allSatisfy { abs($0 - 1) < 1e-5 })
    }

    /// A quarter turn undone is the image itself; without the truth it is the plain CNN.
    @Test func theOracleUndoesWhatWasDone() throws {
        let net = try network(#""oracle""#, parts: #"{"extractor": "mnist-cnn"}"#)
        let plain = try network(#""cnn""#, parts: #"{"extractor": "mnist-cnn"}"#)
        let x = try wave([2, 1, 28, 28])
        try net.parameters.copyValues(of: plain.parameters)
        let expected = try plain.architecture.forward(x)
        #expect(try relativeDifference(net.architecture.forward(x), expected) < 1e-4)
        let truth = try #require(net.parameters[tensor: "truth.theta"])
        // How the batch was made: the first image turned, the second left alone.
        let theta = try Tensor([0, -1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0] as [Float], [2, 2, 3])
        let made = try x.warp(theta, height: 28, width: 28, paddingMode: .border)
        #expect(try relativeDifference(made.narrow(dim: 0, start: 0, length: 1), x.narrow(dim: 0, start: 0, length: 1).rot90()) < 1e-4)
        try truth.replaceContents(with: theta)
        #expect(try relativeDifference(net.architecture.forward(made), expected) < 1e-3)
        try truth.replaceContents(with: Tensor.cat([theta, Tensor([0, 0, 1, 0, 0, 1] as [Float], [2, 1, 3])], dim: 1))
        #expect(try relativeDifference(net.architecture.forward(made), expected) < 1e-3)
        try truth.replaceContents(with: Tensor.zeros([3, 2, 3]))
        #expect(throws: ZooError.self) { try net.architecture.forward(made) }
    }
}
