import Foundation
import TestSupport
import Testing
import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooManifest
import ZooModelFiles
import ZooPlugins

/// What the zoo is about, on the weights that come with it: a net that is equivariant by construction keeps what it
/// learned on upright digits when they are turned by quarters, the plain one does not.
@Suite struct ShippedWeightsTests {
    /// Errors of an entry trained on upright digits, on the first 1,000 test digits turned by 0, 90, 180 and 270 degrees.
    private func errors(_ id: String) throws -> [Double] {
        let manifest = try Repository.manifest()
        let entry = try manifest.entry(id)
        let weights = try #require(entry.weights.first { $0.dataset == "strokes" }, "no weights of \(id) for upright digits are shipped")
        let path = weights.path
        #expect(try Checksum.sha256(ofFile: path) == weights.sha256)
        let host = try HostRuntime(searchPath: SearchPath(environment: [:]))
        let network = try host.network(entry, input: ImageShape(1, 28, 28), classes: 10, seed: 0)
        try SafetensorsFile(path: path).load(into: network.parameters)
        try network.parameters.setTraining(false)
        let dataSet = try DataSet.named("strokes")
        let loader = try BatchLoader(dataSet.load(.test), of: dataSet, split: .test, batchSize: 1000, seed: 0)
        return try [0.0, 90, 180, 270].map { angle in
            let turn: [Double] = Perturbation.rotation(degrees: angle)
            let batch = try loader.batch(of: Array(0..<1000), thetas: Array(repeating: turn, count: 1000))
            let found = try noGrad { try network.architecture.forward(batch.images).argmax(dim: -1).integers() }
            return try Double(zip(found, batch.labels.integers()).count { $0 != $1 }) / 1000
        }
    }

    /// Quarter turns are exact on a square grid and p4's logits are invariant to rounding; one image in a thousand may
    /// stand so near a tie that rounding decides.
    @Test func p4KeepsItsAccuracyUnderQuarterTurns() throws {
        let errors = try errors("p4-cnn")
        #expect(errors[0] < 0.1)
        for turned in errors.dropFirst() { #expect(abs(turned - errors[0]) <= 0.001) }
    }

    @Test func thePlainNetDoesNot() throws {
        let errors = try errors("cnn")
        #expect(errors[0] < 0.1)
        for turned in errors.dropFirst() { #expect(turned > 0.4) }
    }
}
