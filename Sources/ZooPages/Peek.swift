import Foundation
import ZooCore
import ZooData
public import ZooManifest
import ZooProbes
public import ZooReport
public import ZooTraining

/// What one entry makes of one test image in several poses, as one picture and a line of text for each pose.
public struct Peek: Encodable, Sendable {
    public struct Pose: Encodable, Sendable {
        /// "upright", "45°"
        public let pose: String
        public let prediction: String
        /// The probability of the prediction, 0 to 1.
        public let confidence: Double
        /// ‖X − X₀‖ / ‖X₀‖ of the features X that are classified against those of the first pose.
        public let featureDistance: Double
    }

    public let entry, dataset, label: String
    /// Its place in the test split.
    public let image: Int
    public let seed: UInt64
    /// SHA-256 of the weights.
    public let weights: String
    public let poses: [Pose]
    /// What the rows of the picture show, from the top.
    public let rows: [String]
    let cells: [[ContactSheet.Cell]]

    private enum CodingKeys: String, CodingKey { case entry, dataset, label, image, seed, weights, poses, rows }

    /// Shows an image to each entry.
    ///
    /// - Parameters:
    ///   - image: its place in the test split; nil for a four, or the like.
    ///   - trainedOn: the data set of the weights.
    ///   - angles: poses to show it in, in degrees; empty for those that show what the data set does.
    /// - Throws: `usage` if there is no such image or the entry transforms nothing, `noInput` if there are no weights.
    public static func all(
        _ entries: [Entry], _ laboratory: Laboratory, dataset: String, trainedOn: String, seed: UInt64, image: Int?, angles: [Double]
    ) throws -> [Peek] {
        let dataSet = try laboratory.dataSets.named(dataset)
        let images = try dataSet.load(.test, from: laboratory.dataDirectory)
        let index = try image.map(images.checked) ?? images.example
        let shape = dataSet.shape(of: images)
        let turned = angles.map { NamedPose.rotation(degrees: $0, shape: shape) }
        let typical = NamedPose.typical(of: dataSet, shape: shape)
        let poses = turned.isEmpty ? typical : typical.prefix(1) + turned
        return try entries.map { entry in
            try Peek(entry, laboratory, dataSet, images, index, trainedOn: trainedOn, seed: seed, in: poses)
        }
    }

    private init(
        _ entry: Entry, _ laboratory: Laboratory, _ dataSet: DataSet, _ images: ImageSet, _ index: Int, trainedOn: String, seed: UInt64,
        in poses: [NamedPose]
    ) throws {
        let pictures: PosedPictures, found: FoundWeights
        do {
            (pictures, found) = try laboratory.pictures(
                entry, trainedOn: trainedOn, seed: seed, dataSet, images, index, in: poses)
        } catch let reason as NotApplicable {
            throw HostError(.usage, "there is nothing to see of '\(entry.id)': \(reason.description)")
        }
        (self.entry, self.dataset, self.image, self.seed, weights) = (entry.id, dataSet.name, images.place(index), seed, found.checksum)
        label = pictures.frames.first?.label ?? ""
        self.poses = pictures.frames.map {
            Pose(pose: $0.pose, prediction: $0.prediction, confidence: $0.confidence, featureDistance: $0.distance)
        }
        let below = pictures.rowsBelowTheInput
        rows = ["the input, and where it is sampled"] + below.map(\.name)
        cells =
            [pictures.frames.map { ContactSheet.Cell(picture: $0.input, corners: $0.corners) }]
            + below.map { row in pictures.frames.map { ContactSheet.Cell(picture: row.picture($0)) } }
    }

    /// One below the other, as the bytes of a PNG file and for a terminal.
    public static func sheet(_ peeks: [Peek]) throws -> TerminalPicture {
        try TerminalPicture(ContactSheet.picture(peeks.flatMap(\.cells)))
    }

    /// What the pictures show, as a table.
    public static func table(of peeks: [Peek]) -> TextTable {
        var table = TextTable([
            .init("entry"), .init("pose", .right), .init("read as"), .init("confidence %", .decimal), .init("feature distance", .decimal),
        ])
        for peek in peeks {
            for pose in peek.poses {
                table.append([
                    peek.entry, pose.pose, pose.prediction, shown(100 * pose.confidence, 1), shown(pose.featureDistance, 2),
                ])
            }
        }
        return table
    }
}
