import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooManifest

extension Network {
    /// The test images of a data set in batches, drawn in the same way for every network and every probe.
    func testLoader(_ images: ImageSet, of dataSet: DataSet, batch: Int) throws -> BatchLoader {
        var loader = try BatchLoader(
            images, of: dataSet, split: .test, batchSize: batch, seed: TestImages.seed, device: EngineControl.device)
        loader.drawsUpright = wantsUpright
        return loader
    }

    /// The logits of a batch, N×classes or N×heads×classes, without gradients.
    ///
    /// - Parameters:
    ///   - heads: the number of labels of each image.
    ///   - own: images instead of the batch's.
    /// - Throws: `config` if their shape does not fit the data set.
    func logits(
        _ batch: Batch, heads: Int, of dataSet: DataSet, images own: Tensor? = nil, trace: Trace? = nil
    ) throws -> Tensor {
        try noGrad {
            try tell(truth: batch.theta, upright: batch.upright)
            let logits = try architecture.forward(own ?? batch.images, trace: trace)
            try forgetTruth()
            let expected = heads == 1 ? [batch.count, classes] : [batch.count, heads, classes]
            guard logits.shape == expected else {
                throw HostError(
                    .config, "entry '\(entry.id)' gives logits of shape \(logits.shape), \(dataSet.name) needs \(expected)")
            }
            return logits
        }
    }
}
