/// A quantity of one entry minus that of another, on the same images and with the same seeds: S rows of N values.
///
/// The seeds that train two entries are paired too: a seed decides the order and the poses of the training images.
public struct PairedDifferences: Sendable, Equatable {
    public let seeds, images: Int
    /// Row by row.
    private let values: [Double]
    /// The mean of each seed over all images, S values.
    public let seedMeans: [Double]
    /// The mean of each image over all seeds, N values.
    public let imageMeans: [Double]
    public let mean: Double

    /// - Parameter rows: one per seed, one value per image.
    ///
    /// nil without values, with rows of different lengths, or where a value is not finite.
    public init?(_ rows: [[Double]]) {
        guard let first = rows.first, !first.isEmpty, rows.allSatisfy({ $0.count == first.count && $0.allSatisfy(\.isFinite) }) else {
            return nil
        }
        seeds = rows.count
        images = first.count
        values = Array(rows.joined())
        seedMeans = rows.map(\.mean)
        var sums = [Double](repeating: 0, count: first.count)
        for row in rows { for image in row.indices { sums[image] += row[image] } }
        imageMeans = sums.map { $0 / Double(rows.count) }
        mean = seedMeans.mean
    }

    /// a − b, entry by entry; nil where the shapes differ.
    public init?(_ a: [[Double]], minus b: [[Double]]) {
        guard a.count == b.count, zip(a, b).allSatisfy({ $0.count == $1.count }) else { return nil }
        self.init(zip(a, b).map { zip($0, $1).map { $0 - $1 } })
    }

    public subscript(seed: Int, image: Int) -> Double { values[seed * images + image] }
}
