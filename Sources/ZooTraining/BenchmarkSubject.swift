public import ZooCore
import ZooData
import ZooKit

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

        /// - Parameter shape: channels, height and width as "3x64x64".
        /// - Throws: `usage` naming the number that is out of range.
        public init(shape text: String, classes: Int, heads: Int) throws(HostError) {
            let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
            guard sides.count == 3, sides.allSatisfy((1...4096).contains) else {
                throw HostError(.usage, "--shape is '\(text)', expected channels, height and width of 1 to 4096 as 3x64x64")
            }
            guard (2...65_536).contains(classes) else { throw HostError(.usage, "--classes is \(classes), expected 2 to 65536") }
            guard (1...16).contains(heads) else { throw HostError(.usage, "--heads is \(heads), expected 1 to 16") }
            shape = ImageShape(sides[0], sides[1], sides[2])
            (self.classes, self.heads) = (classes, heads)
        }
    }

    /// What recipes are looked up by.
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
            let batch = try BatchLoader(images, of: dataSet, split: .train, batchSize: count, seed: 0).batch(0)
            return (dataSet.shape(of: images), images.classes.count, batch)
        case .noise(let noise):
            let batch = try Batch.noise(count, noise.shape, classes: noise.classes, heads: noise.heads)
            return (noise.shape, noise.classes, batch)
        }
    }
}
