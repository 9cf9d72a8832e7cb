import ZooData
import ZooHost
public import ZooKit

/// What a benchmark runs on.
public enum BenchmarkSubject: Sendable {
    /// The first training batch of a data set.
    case dataSet(String)
    /// Noise with random labels: any size, no data set needed.
    case noise(Noise)

    /// Random images, and `heads` labels for each.
    public struct Noise: Sendable {
        let shape: ImageShape
        let classes, heads: Int

        public init(_ shape: ImageShape, classes: Int, heads: Int) {
            self.shape = shape
            (self.classes, self.heads) = (classes, heads)
        }
    }

    /// The data set by which recipes are looked up.
    func dataSet(of catalogue: DataSetCatalogue) throws -> DataSet? {
        switch self {
        case .dataSet(let name): try catalogue.named(name)
        case .noise: nil
        }
    }

    func batch(_ count: Int, of catalogue: DataSetCatalogue, dataDirectory: String?) throws -> (
        shape: ImageShape, classes: Int, batch: Batch
    ) {
        switch self {
        case .dataSet(let name):
            let dataSet = try catalogue.named(name)
            let images = try dataSet.load(.train, from: dataDirectory)
            let batch = try BatchLoader(images, of: dataSet, split: .train, batchSize: count, seed: 0, device: EngineControl.device).batch(
                0)
            return (dataSet.shape(of: images), images.classes.count, batch)
        case .noise(let noise):
            let batch = try Batch.noise(count, noise.shape, classes: noise.classes, heads: noise.heads, device: EngineControl.device)
            return (noise.shape, noise.classes, batch)
        }
    }
}
