import Foundation
import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooManifest
import ZooModelFiles
import ZooProbes
public import ZooTraining

/// Answers looks; networks and images are kept between them. For one thread.
public final class LookBench {
    private struct Key: Hashable {
        let entry, dataset: String
        let seed: UInt64
    }

    private struct Trained {
        let network: Network
        let strides: [Double]?
    }

    /// Data sets whose images are kept at a time.
    private static let mostDataSets = 2

    private let laboratory: Laboratory
    private var networks: [Key: Trained] = [:]
    private var images: [(name: String, set: ImageSet)] = []

    public init(laboratory: Laboratory) { self.laboratory = laboratory }

    /// - Throws: `usage` if there is no such data set or image, or what is drawn has another size; what is wrong with an entry stands in
    ///   the answer.
    public func look(_ request: LookRequest) throws -> LookAnswer {
        let dataSet = try laboratory.dataSets.named(request.dataset)
        let whole = try images(of: dataSet)
        // A set of the one image, so that a look does not depend on how many there are.
        let set = try request.drawing.map { try drawn($0, like: whole) } ?? whole.part([whole.checked(request.image)])
        let shape = dataSet.shape(of: set)
        let sampling = Self.sampling(request, shape)
        var (entries, first): ([LookAnswer.Entry], Glance?) = ([], nil)
        for id in request.entries {
            var entry = LookAnswer.Entry(id)
            do {
                let trained = try trained(Key(entry: id, dataset: dataSet.name, seed: request.seed), dataSet, whole)
                let subject = ProbeSubject(host: laboratory.host, network: trained.network, dataSet: dataSet, images: set)
                let glance = try subject.glance(at: 0, sampling: sampling, strides: trained.strides)
                (entry.prediction, entry.confidence, entry.angle) = (glance.prediction, glance.confidence, glance.angle)
                entry.corners = glance.corners.map { $0.flatMap { [$0.x, $0.y] } }
                entry.aligned = try glance.aligned.map { Data(try $0.png()) }
                first = first ?? glance
            } catch { entry.problem = "\(error)" }
            entries.append(entry)
        }
        guard let first else {
            throw HostError(.usage, entries.first?.problem ?? "no entry is named")
        }
        return LookAnswer(
            dataset: dataSet.name, label: request.drawing == nil ? first.label : "", input: Data(try first.input.png()),
            width: shape.width, height: shape.height, images: whole.count, entries: entries)
    }

    /// Output to input: first the shift of the picture is undone, then its turn, its shear and its scale.
    private static func sampling(_ request: LookRequest, _ shape: ImageShape) -> [Double] {
        let aspect = Double(shape.height) / Double(shape.width)
        let turn = Perturbation.rotation(degrees: request.rotation, aspect: aspect)
        let scale = 1 / request.scale
        // R · [1 k; 0 1] · s, in coordinates of [-1, 1].
        let (a, b, c, d) = (
            turn[0] * scale, (turn[0] * request.shear + turn[1]) * scale, turn[3] * scale, (turn[3] * request.shear + turn[4]) * scale
        )
        let (x, y) = (2 * request.x / Double(shape.width), 2 * request.y / Double(shape.height))
        return [a, b, -a * x - b * y, c, d, -c * x - d * y]
    }

    private func images(of dataSet: DataSet) throws -> ImageSet {
        if let known = images.first(where: { $0.name == dataSet.name }) { return known.set }
        let set = try dataSet.load(.test, from: laboratory.dataDirectory)
        images.append((dataSet.name, set))
        if images.count > Self.mostDataSets { images.removeFirst() }
        return set
    }

    /// A set of the one image that is drawn.
    private func drawn(_ levels: Data, like set: ImageSet) throws -> ImageSet {
        guard levels.count == set.height * set.width else {
            throw HostError(
                .usage, file: set.name, field: "drawing", expected: "\(set.height)×\(set.width) grey levels", found: "\(levels.count)")
        }
        return try ImageSet(
            name: set.name, pixels: (0..<set.channels).flatMap { _ in Array(levels) }, labels: (0..<set.heads).map { _ in Int32(0) },
            heads: set.heads, channels: set.channels, height: set.height, width: set.width, classes: set.classes, verified: false)
    }

    private func trained(_ key: Key, _ dataSet: DataSet, _ images: ImageSet) throws -> Trained {
        if let known = networks[key] { return known }
        let entry = try laboratory.manifest.entry(key.entry)
        let network = try laboratory.network(entry, trainedOn: key.dataset, seed: key.seed, dataSet, images).network
        let subject = ProbeSubject(host: laboratory.host, network: network, dataSet: dataSet, images: images)
        let trained = Trained(network: network, strides: subject.strides)
        networks[key] = trained
        return trained
    }
}
