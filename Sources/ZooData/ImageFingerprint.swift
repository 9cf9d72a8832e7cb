import Foundation
import ZooCore
import ZooKit

extension DataSet {
    /// SHA-256 of the very images that a network sees: the recorded pixels and their labels, the pose of every image, and what else is
    /// done to them. Two sets of images with the same one are the same, wherever and in whatever files they were kept.
    ///
    /// Poses count to a millionth, so that two mathematical libraries that round differently agree.
    ///
    /// - Parameters:
    ///   - images: as `load` gave them, or a part of that.
    ///   - seed: of the poses, as `BatchLoader` has it.
    public func fingerprint(of images: ImageSet, split: Split, seed: UInt64, epoch: Int = 0) throws -> String {
        let shape = shape(of: images)
        var poses: [Int64] = []
        for index in 0..<images.count {
            for number in theta(split: split, seed: seed, epoch: epoch, index: images.place(index), shape: shape) {
                poses.append(Int64((number * 1e6).rounded()).littleEndian)
            }
        }
        var parts = [
            "images \(images.count)×\(images.channels)×\(images.height)×\(images.width), \(images.heads) heads",
            "canvas \(shape.height)×\(shape.width)", "normalisation \(normalisation.means) \(normalisation.stds)",
            "pixels \(try Self.checksum(images.pixels))", "labels \(try Self.checksum(images.labels))", "poses \(try Self.checksum(poses))",
        ]
        if let clutter {
            // Which pieces an image gets follows from its stream.
            let streams = (0..<min(2, images.count)).map { stream(split: split, seed: seed, epoch: epoch, index: images.place($0)).key }
            parts.append("clutter \(clutter) \(streams) \(try images.clutterPool.map { try Self.checksum($0.pixels) } ?? "")")
        }
        return try Checksum.sha256(of: parts.joined(separator: "\n"))
    }

    private static func checksum<Element: BitwiseCopyable>(_ values: [Element]) throws -> String {
        try values.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return try Checksum.sha256(of: Data()) }
            // Read only, and gone before the array is.
            let data = Data(bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: bytes.count, deallocator: .none)
            return try Checksum.sha256(of: data)
        }
    }
}
