public import ZooCore
public import ZooData
public import ZooHost
import ZooKit
public import ZooManifest
import ZooModelFiles
import ZooPlugins

/// `zoo theorem`: extractors, trained and untrained, under every kind of transformation.
public struct Theorem {
    /// An extractor to be measured.
    public struct Subject {
        public let name: String
        /// "untrained", or the file of the weights.
        public let weights: String
        fileprivate let component: String
        fileprivate let make: (ImageShape) throws -> any FeatureExtractor
    }

    private let host: HostRuntime
    private let manifest: Manifest?
    private let dataSet: DataSet
    private let images: ImageSet
    private let settings: AlignmentSettings

    /// - Parameters:
    ///   - manifest: entries that may be asked for.
    ///   - options: those of the probe "equivariance".
    /// - Throws: `HostError` if the data are not there, `usage` for an option that the probe has not.
    public init(
        host: HostRuntime, manifest: Manifest?, dataSet: DataSet, dataDirectory: String?, options: [String: JSON] = [:]
    ) throws {
        self.host = host
        self.manifest = manifest
        self.dataSet = dataSet
        images = try dataSet.load(.test, from: dataDirectory)
        settings = AlignmentSettings(
            try ProbeSettings(options, options: AlignmentSettings.options, probe: EquivarianceProbe.name))
        EngineControl.flushDenormals()
    }

    /// The entries that show most with least: of those that transform nothing themselves, the first for each kind of symmetry that an
    /// extractor declares: none, rotations, reflections too, scalings.
    public func defaultNames() throws -> [String] {
        var seen: Set<[Bool]> = []
        return try (manifest?.entries ?? []).filter { entry in
            try Interrupt.check("no extractor is measured")
            // Entries for other images, and those without an extractor, show nothing here.
            guard let resolved = try? host.resolve(entry), resolved.architecture.wiring?.target == .nothing,
                let network = try? host.network(entry, input: dataSet.shape(of: images), classes: images.classes.count, seed: 0),
                let symmetry = try? subject(network).extractor().stages.first?.symmetry
            else { return false }
            return seen.insert([symmetry.rotations > 1, symmetry.mirror, symmetry.scaleRatio > 1]).inserted
        }.map(\.id)
    }

    /// What a name stands for: an entry's extractor, untrained and with each of `weights`, or an extractor of any plugin, untrained.
    ///
    /// - Parameters:
    ///   - whole: whether an entry's features are those that its whole network sees, behind its alignment of the image.
    ///   - weights: files for an entry.
    /// - Throws: `usage` if there is neither an entry nor an extractor of that name, `NotApplicable` for an entry without an extractor.
    public func subjects(_ name: String, whole: Bool = false, weights: (Entry) throws -> [String]) throws -> [Subject] {
        if let entry = manifest?.entries.first(where: { $0.id == name }) {
            let component = try component(of: entry)
            return try (["untrained"] + weights(entry)).map { file in
                Subject(name: name, weights: file, component: component) { input in
                    let shape = dataSet.shape(of: images)
                    if whole { return try wholeNetwork(entry, input, file == "untrained" ? nil : file) }
                    let network = try host.network(entry, input: shape, classes: images.classes.count, seed: 0)
                    if file != "untrained" { try SafetensorsFile(path: file).load(into: network.parameters) }
                    return try subject(network).extractor(input: input)
                }
            }
        }
        guard let component = host.components.first(where: { $0.kind == .extractor && $0.id == name }) else {
            let known = (manifest?.entries.map(\.id) ?? []) + host.components.filter { $0.kind == .extractor }.map(\.id)
            throw HostError(
                .usage,
                "there is no entry or extractor '\(name)'\(suggestion(name, known)); this shows what there is: \(SuggestedCommand.list)")
        }
        return [
            Subject(name: name, weights: "untrained", component: name) { input in
                try EngineControl.seed(0)
                let extractor = try ForeignExtractor(host.part(component, input: input, outputs: 0))
                try extractor.parameters.setTraining(false)
                try extractor.parameters.settle()
                return extractor
            }
        ]
    }

    /// Measures one of them.
    public func measure(_ subject: Subject, progress: any ProgressListener) throws -> TheoremReport {
        let scene = try settings.scene(images, dataSet, make: subject.make)
        progress.begin(
            "\(subject.name), \(subject.weights == "untrained" ? "untrained" : "trained")", total: scene.cases.count,
            unit: "transformations")
        defer { progress.finish() }
        return TheoremReport(
            name: subject.name, extractor: subject.component, weights: subject.weights, canvas: scene.side, remarks: scene.remarks,
            results: try settings.results(of: scene, normalisation: dataSet.normalisation) { progress.advance(1) })
    }

    private func wholeNetwork(_ entry: Entry, _ input: ImageShape, _ weights: String?) throws -> WholeNetwork {
        let network = try host.network(entry, input: input, classes: images.classes.count, seed: 0)
        let subject = subject(network)
        guard let slot = try subject.slot else { throw NotApplicable("the entry has no slot that an extractor fills") }
        return try WholeNetwork(network, extractor: subject.extractor(), slot: slot, weights: weights)
    }

    private func subject(_ network: Network) -> ProbeSubject {
        ProbeSubject(host: host, network: network, dataSet: dataSet, images: images)
    }

    /// - Throws: `NotApplicable` if the entry has no extractor.
    private func component(of entry: Entry) throws -> String {
        let resolved = try host.resolve(entry)
        let slot = resolved.architecture.slots.first { $0.kind == .extractor && resolved.parts[$0.name] != nil }
        guard let component = slot.flatMap({ resolved.parts[$0.name] }) else {
            throw NotApplicable("the entry has no slot that an extractor fills")
        }
        return component.id
    }
}
