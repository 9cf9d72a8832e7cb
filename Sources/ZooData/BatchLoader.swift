public import ZooKit

/// One batch: images as a network takes them, and what they show.
public struct Batch {
    /// N×C×H×W float32, normalised.
    public let images: Tensor
    /// N int64.
    public let labels: Tensor
    /// N×2×3 float32: the sampling matrices that were applied.
    public let theta: Tensor
    /// Which images of the set these are.
    public let indices: [Int]

    public var count: Int { indices.count }
}

/// Draws batches from a set that stays in memory as bytes: pick, warp and normalise in one pass of the engine.
///
///     let loader = try BatchLoader(images, of: dataSet, split: .train, batchSize: 256, seed: 1)
///     for number in 0..<loader.batchCount {
///         let batch = try loader.batch(number, epoch: 3)
///     }
///
/// A batch is a pure function of (data set, split, seed, epoch, number), so training can go on from any of them. Training
/// images are shuffled anew in every epoch; test images come in order, and always with the same transformation.
public struct BatchLoader {
    public let images: ImageSet
    public let dataSet: DataSet
    public let split: Split
    public let batchSize: Int
    public let seed: UInt64
    /// Whether a last batch smaller than the others is left out.
    public let dropsLast: Bool

    /// N×C×H×W uint8.
    private let pixels: Tensor
    private let device: Device

    /// - Parameters:
    ///   - dropsLast: if nil, only in training, where a tiny batch would give noisy batch statistics; and never the only batch.
    ///   - device: where batches are wanted. The set itself is moved there once.
    /// - Throws: `ZooError` if the batch size is not positive, the set is empty or the device cannot hold it.
    public init(
        _ images: ImageSet, of dataSet: DataSet, split: Split, batchSize: Int, seed: UInt64, dropsLast: Bool? = nil, device: Device = .cpu
    ) throws(ZooError) {
        guard batchSize > 0 else { throw ZooError("batch size: expected a positive number, found \(batchSize)", .badArgument) }
        guard images.count > 0 else { throw ZooError("data set \(images.name): expected images, found none", .badArgument) }
        self.images = images
        self.dataSet = dataSet
        self.split = split
        self.batchSize = batchSize
        self.seed = seed
        self.dropsLast = (dropsLast ?? (split == .train)) && images.count >= batchSize
        self.device = device
        pixels = try Self.move(Tensor(images.pixels, [images.count, images.channels, images.height, images.width]), to: device)
    }

    /// The batches of one epoch.
    public var batchCount: Int { dropsLast ? images.count / batchSize : (images.count + batchSize - 1) / batchSize }

    /// The images that all batches of one epoch hold together.
    public var imagesPerEpoch: Int { dropsLast ? batchCount * batchSize : images.count }

    /// The order in which one epoch takes the images.
    public func order(epoch: Int) -> [Int] {
        split == .train ? dataSet.order(seed: seed, epoch: epoch, count: images.count) : Array(0..<images.count)
    }

    /// Batch `number` of an epoch. Where many batches of an epoch are drawn, pass its `order`, which is then not made again.
    ///
    /// - Throws: `ZooError` if there is no such batch.
    public func batch(_ number: Int, epoch: Int = 0, order: [Int]? = nil) throws(ZooError) -> Batch {
        guard (0..<batchCount).contains(number) else {
            throw ZooError("batch: expected 0 to \(batchCount - 1), found \(number)", .badArgument)
        }
        let order = order ?? self.order(epoch: epoch)
        guard order.count == images.count else {
            throw ZooError("order: expected \(images.count) indices, found \(order.count)", .badArgument)
        }
        return try batch(of: Array(order[number * batchSize..<min(images.count, (number + 1) * batchSize)]), epoch: epoch)
    }

    /// A batch of named images, with the transformations they have in that epoch, or with `thetas` (2×3 row-major, one for
    /// each).
    ///
    /// - Throws: `ZooError` if there is no such image, or a matrix is not 2×3.
    public func batch(of indices: [Int], epoch: Int = 0, thetas: [[Double]]? = nil) throws(ZooError) -> Batch {
        guard !indices.isEmpty else { throw ZooError("batch: expected at least one image, found none", .badArgument) }
        if let index = indices.first(where: { !(0..<images.count).contains($0) }) {
            throw ZooError("image: expected 0 to \(images.count - 1), found \(index)", .badArgument)
        }
        let aspect = Double(images.height) / Double(images.width)
        let matrices =
            thetas ?? indices.map { dataSet.theta(split: split, seed: seed, epoch: epoch, index: $0, aspect: aspect) }
        guard matrices.count == indices.count, matrices.allSatisfy({ $0.count == 6 }) else {
            throw ZooError("thetas: expected \(indices.count) matrices of 6 numbers, found others", .badArgument)
        }
        let index = try Self.move(Tensor(indices.map { Int64($0) }, [indices.count]), to: device)
        let theta = try Self.move(Tensor(matrices.flatMap { $0.map { Float($0) } }, [indices.count, 2, 3]), to: device)
        let labels = try Self.move(Tensor(indices.map { Int64(images.labels[$0]) }, [indices.count]), to: device)
        let drawn = try pixels.drawn(
            index, theta, height: images.height, width: images.width, padding: .zeros, mean: dataSet.normalisation.mean,
            deviation: dataSet.normalisation.std)
        return Batch(images: drawn, labels: labels, theta: theta, indices: indices)
    }

    private static func move(_ tensor: Tensor, to device: Device) throws(ZooError) -> Tensor {
        device == .cpu ? tensor : try tensor.to(device: device)
    }
}
