import Foundation
import Testing
import ZooData
import ZooHost
import ZooKit

/// Every entry takes every drawn data set, or says in one line why not.
@Suite struct EveryDataSetTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// One training step on eight images: a finite loss and finite gradients everywhere, from the shape that the set draws.
    @Test(arguments: DataSet.all.filter { $0.source == .strokes }.map(\.name))
    func everyEntryTakesAStepOrSaysWhyNot(_ name: String) throws {
        let manifest = try Manifest(path: Self.root.appendingPathComponent("zoo.json").path)
        let host = try HostRuntime(searchPath: SearchPath(environment: [:]))
        let dataSet = try DataSet.named(name)
        let loader = try BatchLoader(dataSet.load(.test), of: dataSet, split: .test, batchSize: 8, seed: 1)
        let batch = try loader.batch(0)
        var accepted = 0
        for entry in manifest.entries {
            let network: Network
            do throws(HostError) {
                network = try host.network(entry, input: loader.shape, classes: 10, seed: 0)
            } catch {
                #expect(error.kind == .config && error.message.contains(entry.id) && !error.message.contains("\n"), "\(error)")
                print("\(name) is not for \(entry.id): \(error.message)")
                continue
            }
            accepted += 1
            try network.tell(truth: batch.theta)
            let logits = try network.architecture.forward(batch.images)
            let loss = try logits.crossEntropy(batch.labels)
            try loss.backward()
            #expect(try loss.item().isFinite, "\(entry.id) on \(name)")
            for parameter in network.parameters.entries where parameter.role == .parameter {
                #expect(try parameter.tensor.gradient?.allFinite() == true, "\(entry.id) on \(name): \(parameter.name)")
            }
        }
        #expect(accepted > manifest.entries.count / 2, "most entries should take \(name)")
    }
}
