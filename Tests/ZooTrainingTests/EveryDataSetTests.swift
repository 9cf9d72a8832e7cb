import Foundation
import TestSupport
import Testing
import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooManifest

/// Every entry takes every data set, or says in one line why not.
@Suite struct EveryDataSetTests {
    /// Two training steps on two images each: finite losses and gradients everywhere, and finite logits afterwards, from the
    /// shape that the set draws.
    @Test(arguments: try some(DataSetCatalogue.builtIn.all.filter(\.isDrawn).map(\.name), "drawn data sets"))
    func everyEntryLearnsOrSaysWhyNot(_ name: String) throws { try learn(name, from: nil) }

    @Test(arguments: ["mnist-translated", "mnist-scaled", "mnist-perturbed", "plankton-rotated", "svhn-digits"])
    func everyEntryLearnsFromRealImages(_ name: String) throws { try learn(DataSet.real(name).name, from: realData) }

    private func learn(_ name: String, from directory: String?) throws {
        let manifest = try Repository.manifest()
        let host = try makeHost()
        let dataSet = try DataSet.named("\(name)?limit=4")
        let images = try dataSet.load(.test, from: directory)
        var loader = try BatchLoader(images, of: dataSet, split: .test, batchSize: 2, seed: 1)
        loader.drawsUpright = true
        let batches = try (0..<2).map { try loader.batch($0) }
        var accepted = 0
        for entry in manifest.entries {
            if Repository.tooLarge.contains(entry.id) {
                print("\(entry.id) is not tried on \(name): it is too large for a test")
                continue
            }
            let network: Network
            do throws(HostError) {
                network = try host.network(entry, input: loader.shape, classes: images.classes.count, seed: 0)
            } catch {
                #expect(error.kind == .config && error.message.contains(entry.id) && !error.message.contains("\n"), "\(error)")
                print("\(name) is not for \(entry.id): \(error.message)")
                continue
            }
            accepted += 1
            let trained = network.parameters.entries.filter { $0.role == .parameter }
            try network.parameters.setTraining(true)
            for batch in batches {
                try network.tell(truth: batch.theta, upright: batch.upright)
                let loss = try network.architecture.forward(batch.images).crossEntropy(batch.labels)
                try loss.backward()
                #expect(try loss.item().isFinite, "\(entry.id) on \(name)")
                for parameter in trained {
                    let found = try parameter.tensor.grad
                    let gradient = try #require(found, "\(entry.id) on \(name): \(parameter.name)")
                    #expect(try gradient.allFinite(), "\(entry.id) on \(name): \(parameter.name)")
                    try noGrad { try parameter.tensor.copy_(parameter.tensor - gradient * 0.001) }
                    try parameter.tensor.clearGrad()
                }
            }
            try network.parameters.setTraining(false)
            try #expect(network.architecture.forward(batches[1].images).allFinite(), "\(entry.id) on \(name)")
        }
        #expect(accepted > manifest.entries.count / 2, "most entries should take \(name)")
    }
}
