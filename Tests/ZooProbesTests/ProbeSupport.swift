import struct Foundation.URL
import TestSupport
import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooManifest
import ZooModelFiles
import ZooProbes
import ZooStore

/// The zoo as it is shipped.
struct ShippedZoo {
    let manifest: Manifest
    let host: HostRuntime

    init() throws {
        manifest = try Repository.manifest()
        host = try makeHost()
    }

    func weights(_ entry: String, _ dataset: String) throws -> String? {
        try manifest.entry(entry).weights.first { $0.dataset == dataset }?.path
    }

    /// An entry on a data set, with the weights that are shipped or initial ones.
    func subject(_ id: String, on dataset: String, trainedOn source: String? = nil) throws -> ProbeSubject {
        try subject(manifest.entry(id), on: dataset, weights: source.flatMap { try weights(id, $0) })
    }

    func subject(_ entry: Entry, on dataset: String, weights: String? = nil) throws -> ProbeSubject {
        let dataSet = try DataSet.named(dataset)
        let images = try dataSet.load(.test)
        let network = try host.network(
            entry, input: dataSet.shape(of: images), classes: images.classes.count, seed: 0)
        if let weights { try SafetensorsFile(path: weights).load(into: network.parameters) }
        try network.parameters.setTraining(false)
        try network.parameters.convert(format: .channelsLast)
        return ProbeSubject(host: host, network: network, dataSet: dataSet, images: images)
    }

    func run(_ probe: String, _ subject: ProbeSubject) throws -> Measurement {
        try ProbeCatalogue.probe(probe).measure(subject, progress: SilentProgress())
    }
}

extension LieGenerator {
    /// Where a picture under it moves to, in pixels per unit of t, at a place counted in pixels from the centre:
    /// anticlockwise, with y down.
    func velocity(_ x: Double, _ y: Double) -> (Double, Double) {
        switch self {
        case .rotation: (y, -x)
        case .scale: (x, y)
        case .shear: (y, 0)
        case .translationX: (1, 0)
        case .translationY: (0, 1)
        }
    }
}
