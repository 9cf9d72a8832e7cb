import ZooData
import ZooHost
import ZooKit

/// Runs a network over test images, in evaluation mode and without gradients.
struct Evaluator {
    let network: Network
    let progress: any ProgressListener
    /// Images per forward pass; no result depends on it beyond rounding.
    var batch = 256

    /// Error and loss, and what there is to warn of.
    func score(_ images: ImageSet, as dataSet: DataSet) throws -> (score: Score, warnings: [String]) {
        var loader = try BatchLoader(images, of: dataSet, split: .test, batchSize: batch, seed: Laboratory.testSeed)
        loader.drawsUpright = network.wantsUpright
        try network.parameters.setTraining(false)
        progress.begin("\(network.entry.id) on \(dataSet.name)", total: images.count, unit: "images")
        defer { progress.finish() }
        var wrong = 0
        var loss = 0.0
        var health = Health()
        for number in 0..<loader.batchCount {
            try Interrupt.check("\(network.entry.id) is not evaluated on \(dataSet.name)")
            let batch = try loader.batch(number)
            try withoutGradients {
                try network.tell(truth: batch.theta, upright: batch.upright)
                let recording = Recording()
                let logits = try network.architecture.forward(batch.images, trace: recording.trace)
                let expected = images.heads == 1 ? [batch.count, network.classes] : [batch.count, images.heads, network.classes]
                guard logits.shape == expected else {
                    throw HostError(
                        .config, "entry '\(network.entry.id)' gives logits of shape \(logits.shape), \(dataSet.name) needs \(expected)")
                }
                try health.watch(recording, input: batch.images, logits: logits)
                // An image is read rightly only if all its heads are.
                let hits = try zip(logits.argmax(-1).integers(), batch.labels.integers()).map { $0 == $1 }
                wrong += stride(from: 0, to: hits.count, by: images.heads).count { hits[$0..<$0 + images.heads].contains(false) }
                loss += try logits.flattenedHeads().crossEntropy(batch.labels.reshaped([-1]), perSample: true).sum().item()
            }
            progress.advance(batch.count)
        }
        try network.forgetTruth()
        let score = Score(
            error: Double(wrong) / Double(images.count), loss: loss / Double(images.count * images.heads), count: images.count)
        return (score, health.warnings.map { "\(dataSet.name): \($0)" })
    }
}
