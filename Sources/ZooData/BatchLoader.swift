public import ZooKit

/// Draws batches from a set that stays in memory as bytes: pick, warp and normalise in one pass of the engine. Where there is
/// clutter, it is added before the image is normalised.
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
    /// Whether batches also hold their images before they were posed.
    public var drawsUpright = false

    /// C×H×W of the images that are drawn.
    public let shape: ImageShape

    /// N×C×H×W uint8.
    private let pixels: Tensor
    private let clutterPool: ClutterPool?
    private let device: Device

    /// - Parameters:
    ///   - dropsLast: if nil, only in training, where a tiny batch would give noisy batch statistics; and never the only batch.
    ///   - device: where batches are wanted. The set itself is moved there once.
    /// - Throws: `ZooError` if the batch size is not positive, the set is empty, has not the data set's channels, or lacks the
    ///   training images that clutter is cut from, or the device cannot hold it.
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
        shape = dataSet.shape(of: images)
        clutterPool = try Self.pool(images, dataSet, split)
        let channels = dataSet.normalisation.means.count
        guard channels == 1 || channels == images.channels else {
            throw ZooError("data set \(images.name): channels: expected \(channels), found \(images.channels)", .badArgument)
        }
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

    /// A batch of named images, with the poses they have in that epoch, or with `thetas` (row-major, one for each, all 2×3 or
    /// all 3×3). The clutter is the epoch's in either case.
    ///
    /// - Throws: `ZooError` if there is no such image, or a matrix is neither 2×3 nor 3×3.
    public func batch(of indices: [Int], epoch: Int = 0, thetas: [[Double]]? = nil) throws(ZooError) -> Batch {
        guard !indices.isEmpty else { throw ZooError("batch: expected at least one image, found none", .badArgument) }
        if let index = indices.first(where: { !(0..<images.count).contains($0) }) {
            throw ZooError("image: expected 0 to \(images.count - 1), found \(index)", .badArgument)
        }
        let matrices =
            thetas ?? indices.map { dataSet.theta(split: split, seed: seed, epoch: epoch, index: images.place($0), shape: shape) }
        let numbers = matrices.first?.count ?? 0
        guard matrices.count == indices.count, numbers == 6 || numbers == 9, matrices.allSatisfy({ $0.count == numbers }) else {
            throw ZooError("thetas: expected \(indices.count) matrices of 6 numbers, or all of 9, found others", .badArgument)
        }
        let theta = try tensor(of: matrices)
        let heads = images.heads
        let labels = indices.flatMap { images.labels[$0 * heads..<($0 + 1) * heads].map { Int64($0) } }
        return Batch(
            images: try draw(indices, theta: matrices, epoch: epoch),
            labels: try Self.move(Tensor(labels, heads == 1 ? [indices.count] : [indices.count, heads]), to: device), theta: theta,
            upright: drawsUpright
                ? try draw(indices, theta: Array(repeating: Perturbation.identity, count: indices.count), epoch: epoch) : nil,
            indices: indices)
    }

    // MARK: Drawing

    /// N×C×H×W float32, normalised.
    private func draw(_ indices: [Int], theta: [[Double]], epoch: Int) throws(ZooError) -> Tensor {
        // From the canvas on to the recorded image in its middle: a stretch of the rows for x and for y.
        let stretch = (Double(shape.width) / Double(images.width), Double(shape.height) / Double(images.height))
        let sampling = theta.map { matrix in
            matrix.enumerated().map { $0 < 3 ? $1 * stretch.0 : $0 < 6 ? $1 * stretch.1 : $1 }
        }
        let normalisation = dataSet.normalisation
        let index = try Self.move(Tensor(indices.map { Int64($0) }, [indices.count]), to: device)
        // In one pass where one mean and deviation serve all channels and nothing is added.
        let isPlain = clutterPool == nil && normalisation.means.count == 1
        var drawn = try pixels.warpBytes(
            index: index, theta: tensor(of: sampling), height: shape.height, width: shape.width, paddingMode: .zeros,
            mean: isPlain ? normalisation.mean : 0, std: isPlain ? normalisation.std : 1)
        if isPlain { return drawn }
        if let clutter = try clutterLayer(indices, epoch: epoch) { drawn = try Self.clampMax(drawn + clutter, 1.0) }
        let constants = [normalisation.means.map { Float(-$0) }, normalisation.stds.map { Float(1 / $0) }]
        let (shift, gain) = try (
            Self.move(Tensor(constants[0], [constants[0].count, 1, 1]), to: device),
            Self.move(Tensor(constants[1], [constants[1].count, 1, 1]), to: device)
        )
        return try (drawn + shift) * gain
    }

    private static let clampMax = Operator("aten::clamp_max")

    /// The clutter of some images on black, N×C×H×W, 0 to 1.
    private func clutterLayer(_ indices: [Int], epoch: Int) throws(ZooError) -> Tensor? {
        guard let clutter = dataSet.clutter, let clutterPool else { return nil }
        let size = shape.channels * shape.height * shape.width
        var canvas = [UInt8](repeating: 0, count: indices.count * size)
        for (place, index) in indices.enumerated() {
            let pieces = clutter.pieces(
                dataSet.stream(split: split, seed: seed, epoch: epoch, index: images.place(index)), pool: clutterPool,
                excluding: split == .train ? images.place(index) : nil, canvas: (shape.height, shape.width))
            clutter.draw(pieces, from: clutterPool, onto: &canvas, at: place * size, height: shape.height, width: shape.width)
        }
        let bytes = try Tensor(canvas, [indices.count, shape.channels, shape.height, shape.width])
        return try Self.move(bytes, to: device).to(dtype: .float32) * (1.0 / 255)
    }

    private static func pool(_ images: ImageSet, _ dataSet: DataSet, _ split: Split) throws(ZooError) -> ClutterPool? {
        guard let clutter = dataSet.clutter else { return nil }
        guard let pool = images.clutterPool ?? (split == .train ? ClutterPool(images) : nil) else {
            throw ZooError(
                "data set \(dataSet.name): clutter: expected the training images that it is cut from, found none; DataSet.load brings them",
                .badArgument)
        }
        guard pool.channels == images.channels, min(pool.height, pool.width) >= clutter.crop else {
            throw ZooError(
                "data set \(dataSet.name): clutter: expected training images of \(images.channels) channels and at least \(clutter.crop)×\(clutter.crop) pixels, found \(pool.channels)×\(pool.height)×\(pool.width)",
                .badArgument)
        }
        return pool
    }

    private func tensor(of matrices: [[Double]]) throws(ZooError) -> Tensor {
        let rows = (matrices.first?.count ?? 0) / 3
        return try Self.move(Tensor(matrices.flatMap { $0.map { Float($0) } }, [matrices.count, rows, 3]), to: device)
    }

    private static func move(_ tensor: Tensor, to device: Device) throws(ZooError) -> Tensor {
        device == .cpu ? tensor : try tensor.to(device: device)
    }
}
