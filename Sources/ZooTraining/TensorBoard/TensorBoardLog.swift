import Foundation
import Glibc
import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooProbes

/// What a training run tells TensorBoard: losses and rates after every epoch, how far θ follows the pose, some images as the transformer
/// makes them, and in the end the errors. A run that goes on adds a file to those of its epochs before; one that begins anew removes them.
struct TensorBoardLog {
    /// The file's folder is DIR/DATA SET/ENTRY/seed-N.
    private let file: EventFile
    private let batch: Batch
    private let shape: ImageShape

    /// Images of each epoch's glance: for the slope, and for the picture.
    private static let counted = 256, shown = 8

    /// - Throws: `cantCreate` if there can be no file.
    init(
        below root: String, dataset: String, entry: String, seed: UInt64, history: [EpochRecord], loader: inout BatchLoader, order: [Int]
    ) throws {
        let folder = "\(root)/\(DataSet.fileName(of: dataset))/\(entry)/seed-\(seed)"
        let files = FileManager.default
        var before: [String] = []
        do {
            try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
            before = try files.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix(Self.prefix) && $0.hasSuffix(Self.suffix) }
            if history.isEmpty { for name in before { try files.removeItem(atPath: "\(folder)/\(name)") } }
        } catch { throw HostError(.cantCreate, "\(folder): the folder for TensorBoard cannot be prepared: \(error.localizedDescription)") }
        let now = Self.now
        // TensorBoard reads files in the order of their names.
        let name = "\(Self.prefix)\(Int(now)).\(Machine.name).\(getpid()).\(before.count)\(Self.suffix)"
        file = try EventFile(path: "\(folder)/\(name)", time: now)
        batch = try loader.batch(0, epoch: 0, order: order)
        shape = loader.shape
        if before.isEmpty { for record in history { try add(record) } }
    }

    private static let prefix = "events.out.tfevents.", suffix = ".zoo"
    private static var now: Double { Date().timeIntervalSince1970 }

    /// - Parameter network: as it is after the epoch; it is left in training mode.
    func add(_ record: EpochRecord, of network: Network) throws {
        try add(record)
        try network.parameters.setTraining(false)
        defer { try? network.parameters.setTraining(true) }
        try noGrad { try glance(network, record.epoch) }
    }

    private func add(_ record: EpochRecord) throws {
        var scalars = [("loss/train", record.trainLoss), ("learning rate", record.learningRate), ("seconds", record.seconds)]
        for (name, value) in (record.losses ?? [:]).sorted(by: { $0.key < $1.key }) { scalars.append(("loss/train \(name)", value)) }
        for (tag, value) in scalars { try file.add(scalar: value, tag: tag, step: record.epoch, time: Self.now) }
    }

    func add(_ result: TrainingResult) throws {
        var scalars = [("error/upright", result.upright.error)]
        if let transformed = result.transformed { scalars.append(("error/transformed", transformed.error)) }
        for (tag, value) in scalars { try file.add(scalar: value, tag: tag, step: result.epochs, time: Self.now) }
    }

    /// The slope of the pose, and the picture; neither where there is no transformer on the input.
    private func glance(_ network: Network, _ epoch: Int) throws {
        let count = min(Self.counted, batch.count)
        let images = try batch.images.narrow(dim: 0, start: 0, length: count),
            theta = try batch.theta.narrow(dim: 0, start: 0, length: count)
        let upright = try batch.upright?.narrow(dim: 0, start: 0, length: count)
        let recording = Recording()
        try network.tell(truth: theta, upright: upright)
        _ = try network.architecture.forward(images, trace: recording.trace)
        if let path = try? SamplingPath(recording, input: shape, strides: nil),
            let slope = try path.rotationSlope(applied: theta, labels: batch.labels, shape: shape)
        {
            try file.add(scalar: slope, tag: "pose/rotation slope", step: epoch, time: Self.now)
        }
        guard let warped = recording["warped"], warped.ndim == 4, [1, 3].contains(warped.shape[1]), warped.shape[1] == shape.channels else {
            return
        }
        let picture = try Self.sheet([images, warped], columns: min(Self.shown, count))
        try file.add(
            png: picture.png(), width: picture.width, height: picture.height, channels: picture.channels,
            tag: "images and what was made of them",
            step: epoch, time: Self.now)
    }

    /// Rows of the first images of each tensor, `N×C×H×W`, each image from its darkest to its brightest number.
    private static func sheet(_ rows: [Tensor], columns: Int) throws -> Picture {
        let width = rows.map { $0.shape[3] }.max() ?? 1, channels = rows[0].shape[1]
        let height = rows.reduce(0) { $0 + $1.shape[2] }
        var pixels = [UInt8](repeating: 0, count: height * width * columns * channels)
        var top = 0
        for row in rows {
            let (h, w) = (row.shape[2], row.shape[3]), size = channels * h * w
            let values = try row.narrow(dim: 0, start: 0, length: columns).doubles()
            for column in 0..<columns {
                let image = values[column * size..<(column + 1) * size]
                let low = image.min() ?? 0, range = max((image.max() ?? 1) - low, 1e-9)
                for (place, value) in image.enumerated() where value.isFinite {
                    let (channel, y, x) = (place / (h * w), place / w % h, place % w)
                    let pixel = ((top + y) * width * columns + column * width + x) * channels + channel
                    pixels[pixel] = UInt8((255 * (value - low) / range).rounded())
                }
            }
            top += h
        }
        return Picture(width: width * columns, height: height, channels: channels, pixels: pixels)
    }
}
