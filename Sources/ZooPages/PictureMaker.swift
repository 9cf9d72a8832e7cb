import Foundation
public import ZooCore
import ZooData
import ZooHost
import ZooJobs
import ZooKit
import ZooManifest
import ZooModelFiles
import ZooPlugins
import ZooProbes
public import ZooReport
import ZooStore
public import ZooTraining

/// Makes pictures from the weights that are at hand.
public struct PictureMaker {
    /// Leaderboards, and entries of each, that pictures are made for.
    private static let (boards, entries) = (2, 24)

    private let laboratory: Laboratory

    public init(laboratory: Laboratory) { self.laboratory = laboratory }

    /// Pictures for the largest boards of a report.
    ///
    /// What cannot be made is said in the gallery's remarks.
    ///
    /// - Parameter images: numbers of test images; none for one that looks different in every pose.
    /// - Throws: `Interrupted` if asked to stop, `usage` if there is no such image.
    public func gallery(of report: Report, images: [Int], progress: any ZooCore.ProgressListener) throws -> PictureGallery {
        var gallery = PictureGallery()
        for board in report.boards.filter({ $0.origin == .trained && $0.pose == .transformed }).prefix(Self.boards) {
            let (dataSet, set): (DataSet, ImageSet)
            do {
                dataSet = try laboratory.dataSets.named(board.dataset)
                set = try dataSet.load(.test, from: laboratory.dataDirectory)
            } catch {
                gallery.remarks.append("There are no pictures of \(board.dataset): \(error).")
                continue
            }
            for image in try images.isEmpty ? [set.example] : images.map(set.checked) {
                let group = try self.group(board, dataSet, set, image, &gallery.remarks, progress)
                if !group.strips.isEmpty { gallery.groups.append(group) }
            }
        }
        return gallery
    }

    private func group(
        _ board: Report.Board, _ dataSet: DataSet, _ images: ImageSet, _ image: Int, _ remarks: inout [String],
        _ progress: any ZooCore.ProgressListener
    ) throws -> PictureGallery.Group {
        let poses = NamedPose.typical(of: dataSet, shape: dataSet.shape(of: images))
        let rows = ordered(board.rows).prefix(Self.entries)
        progress.begin("pictures of \(dataSet.name)", total: rows.count, unit: "entries")
        defer { progress.finish() }
        var strips: [PictureGallery.Strip] = []
        for row in rows {
            try Interrupt.check("the pictures are incomplete")
            do {
                if let strip = try strip(row, board, dataSet, images, image, poses) { strips.append(strip) }
            } catch is NotApplicable {
                // An entry that transforms nothing has nothing to show.
            } catch {
                let remark = "There are no pictures of \(row.entry) on \(board.dataset): \(error)."
                if !remarks.contains(remark) { remarks.append(remark) }
            }
            progress.advance(1)
        }
        return PictureGallery.Group(
            dataset: dataSet.name, label: images.classes[Int(images.labels[image * images.heads])], image: images.place(image),
            poses: poses.map(\.name), strips: strips)
    }

    /// Entries that transform something, in the order of the board; but the best that transforms feature maps comes first, and beside it
    /// the one that transforms its input with the same parts and as many parameters.
    private func ordered(_ rows: [Report.Row]) -> [Report.Row] {
        func entry(_ row: Report.Row) -> Entry? { laboratory.manifest.entries.first { $0.id == row.entry } }
        func target(_ row: Report.Row) -> Wiring.Target? {
            entry(row).flatMap { try? laboratory.host.resolve($0) }?.architecture.wiring?.target
        }
        let able = rows.filter { row in target(row).map { $0 != .nothing } ?? false }
        func twin(of row: Report.Row) -> Report.Row? {
            let parts = entry(row)?.parts.mapValues(\.id)
            return able.first { other in
                target(other) == .input && other.costs["parameters"] == row.costs["parameters"]
                    && entry(other)?.parts.mapValues(\.id) == parts
            }
        }
        let pairs = able.filter { target($0) == .features }.compactMap { row in twin(of: row).map { [row, $0] } }
        let lead = pairs.first ?? []
        return lead + able.filter { row in !lead.contains { $0.entry == row.entry } }
    }

    private func strip(
        _ row: Report.Row, _ board: Report.Board, _ dataSet: DataSet, _ images: ImageSet, _ image: Int, _ poses: [NamedPose]
    ) throws -> PictureGallery.Strip? {
        let entry = try laboratory.manifest.entry(row.entry)
        guard let seed = row.seeds.first(where: { laboratory.hasWeights(entry, dataset: board.trainedOn, seed: $0) }) else {
            throw HostError(.noInput, "there are no weights that were trained on \(board.trainedOn)")
        }
        let (pictures, weights) = try laboratory.pictures(
            entry, trainedOn: board.trainedOn, seed: seed, dataSet, images, image, in: poses)
        return PictureGallery.Strip(
            entry: entry.id, transformsFeatures: pictures.transformsFeatures, seed: seed, weights: weights.checksum,
            rows: try Self.rows(pictures))
    }

    private static func rows(_ pictures: PosedPictures) throws -> [PictureGallery.Row] {
        let frames = pictures.frames
        func row(_ name: String, _ cell: (PosedPictures.Frame) throws -> PictureGallery.Cell) rethrows -> PictureGallery.Row {
            PictureGallery.Row(name: name, cells: try frames.map(cell))
        }
        func png(_ picture: Picture) throws -> Data { Data(try picture.png()) }
        let input = try row("input") { frame in
            PictureGallery.Cell(
                png: try png(frame.input), corners: frame.corners.map { $0.flatMap { [$0.x, $0.y] } },
                caption: "\(frame.prediction), \(shown(100 * frame.confidence, 0)) %")
        }
        let below = pictures.rowsBelowTheInput
        return [input]
            + (try below.enumerated().map { index, part in
                // Only the last features are measured.
                let isLast = index == below.count - 1
                return try row(part.name) { frame in
                    PictureGallery.Cell(
                        png: try part.picture(frame).map(png) ?? Data(), caption: isLast ? shown(frame.distance, 2) : "")
                }
            })
    }
}

extension PosedPictures {
    /// What is drawn below the input, from the top: each iteration's image, then features before and after they are transformed.
    var rowsBelowTheInput: [(name: String, picture: (Frame) -> Picture?)] {
        let steps = frames.first?.aligned.count ?? 0
        var rows: [(name: String, picture: (Frame) -> Picture?)] = (0..<steps).map { step in
            (step == steps - 1 ? "what is classified" : "after iteration \(step + 1)", { $0.aligned[step] })
        }
        if transformsFeatures { rows.append(("features", { $0.before })) }
        rows.append((transformsFeatures ? "features, transformed" : "features of that", { $0.features }))
        return rows
    }
}

extension Laboratory {
    /// What an entry makes of one test image.
    ///
    /// - Throws: `NotApplicable` if the entry transforms nothing, `noInput` if there are no weights.
    func pictures(
        _ entry: Entry, trainedOn: String, seed: UInt64, _ dataSet: DataSet, _ images: ImageSet, _ image: Int, in poses: [NamedPose]
    ) throws -> (pictures: PosedPictures, weights: FoundWeights) {
        let (network, weights) = try network(entry, trainedOn: trainedOn, seed: seed, dataSet, images)
        let subject = ProbeSubject(host: host, network: network, dataSet: dataSet, images: images)
        return (try subject.pictures(of: image, in: poses), weights)
    }

    /// A trained network, ready to look at images.
    func network(
        _ entry: Entry, trainedOn: String, seed: UInt64, _ dataSet: DataSet, _ images: ImageSet
    ) throws -> (network: Network, weights: FoundWeights) {
        let weights = try weights(entry, dataset: trainedOn, seed: seed)
        let network = try host.network(entry, input: dataSet.shape(of: images), classes: images.classes.count, seed: seed)
        try SafetensorsFile(path: weights.path).load(into: network.parameters)
        try network.parameters.settle()
        try network.parameters.setTraining(false)
        return (network, weights)
    }
}

extension ImageSet {
    /// The index of a digit four, or the like: an image that looks different in every pose.
    var example: Int {
        let wanted = min(4, classes.count - 1)
        return (0..<count).first { Int(labels[$0 * heads]) == wanted } ?? 0
    }

    /// - Throws: `usage` if there is no such image.
    func checked(_ image: Int) throws(HostError) -> Int {
        guard (0..<count).contains(image) else {
            throw HostError(
                .usage, file: name, field: "image", expected: "one of its test images, 0 to \(count - 1)", found: "\(image)")
        }
        return image
    }
}
