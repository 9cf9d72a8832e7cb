package import ZooCore
package import ZooData
package import ZooHost
import ZooKit
import ZooManifest

/// Runs a network over test images, in evaluation mode and without gradients.
package struct Evaluator {
    private let network: Network
    private let progress: any ProgressListener
    /// Images per forward pass; no result depends on it beyond rounding.
    private let batch: Int

    package init(network: Network, progress: any ProgressListener, batch: Int = 256) {
        self.network = network
        self.progress = progress
        self.batch = batch
    }

    /// - Throws: `Interrupted` if asked to stop; `config` if the logits' shape is not what the images need, `data` if they
    ///   contain NaN or infinity.
    package func read(_ images: ImageSet, as dataSet: DataSet) throws -> Reading {
        let loader = try network.testLoader(images, of: dataSet, batch: batch)
        try network.parameters.setTraining(false)
        progress.begin("\(network.entry.id) on \(dataSet.name)", total: images.count, unit: "images")
        defer { progress.finish() }
        let heads = images.heads
        var reading = Reading()
        var health = Health()
        for number in 0..<loader.batchCount {
            try Interrupt.check("\(network.entry.id) is not evaluated on \(dataSet.name)")
            let batch = try loader.batch(number)
            try noGrad {
                let recording = Recording()
                let logits = try network.logits(batch, heads: heads, of: dataSet, trace: recording.trace)
                try health.watch(recording, input: batch.images, logits: logits)
                let (predictions, labels) = try (logits.argmax(dim: -1).integers(), batch.labels.integers())
                let losses = try logits.flattenedHeads().crossEntropy(batch.labels.reshape([-1]), reduction: .none).doubles()
                let confidences = try logits.softmax(dim: -1).amax(dim: [-1]).doubles()
                for first in stride(from: 0, to: predictions.count, by: heads) {
                    let range = first..<first + heads
                    reading.confidences.append(confidences[range].reduce(1, *))
                    reading.losses.append(losses[range].reduce(0, +) / Double(heads))
                    reading.isRight.append(predictions[range].elementsEqual(labels[range]))
                }
                reading.predictions += predictions.map { Int($0) }
                reading.labels += labels.map { Int($0) }
            }
            progress.advance(batch.count)
        }
        guard health.notFinite == 0 else {
            throw HostError(
                .data,
                "entry '\(network.entry.id)' gives logits that are NaN or infinite for \(health.notFinite) of \(images.count) images of \(dataSet.name)"
            )
        }
        reading.warnings = health.warnings.map { "\(dataSet.name): \($0)" }
        return reading
    }
}
