import ZooData
import ZooHost
import ZooKit

/// Runs a network over test images, in evaluation mode and without gradients.
struct Evaluator {
    let network: Network
    let progress: any ProgressListener
    /// Images per forward pass; no result depends on it beyond rounding.
    var batch = 256

    func score(_ images: ImageSet, as dataSet: DataSet) throws -> Score {
        let loader = try BatchLoader(images, of: dataSet, split: .test, batchSize: batch, seed: Laboratory.testSeed)
        try network.parameters.setTraining(false)
        progress.begin("\(network.entry.id) on \(dataSet.name)", total: images.count, unit: "images")
        defer { progress.finish() }
        var wrong = 0
        var loss = 0.0
        for number in 0..<loader.batchCount {
            try Interrupt.check("\(network.entry.id) is not evaluated on \(dataSet.name)")
            let batch = try loader.batch(number)
            try withoutGradients {
                let logits = try network.architecture.forward(batch.images)
                guard logits.shape == [batch.count, network.classes] else {
                    throw HostError(
                        .software,
                        "entry '\(network.entry.id)' gives logits of shape \(logits.shape), expected \([batch.count, network.classes])")
                }
                wrong += try zip(logits.argmax(-1).integers(), batch.labels.integers()).count { $0 != $1 }
                loss += try logits.crossEntropy(batch.labels, perSample: true).sum().item()
            }
            progress.advance(batch.count)
        }
        return Score(error: Double(wrong) / Double(images.count), loss: loss / Double(images.count), count: images.count)
    }
}
