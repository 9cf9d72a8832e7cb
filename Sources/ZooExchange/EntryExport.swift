import ZooCore
import ZooData
public import ZooHost
public import ZooKit
public import ZooManifest
import ZooModelFiles

/// `zoo export`: an entry with its weights as a module for PyTorch.
public struct EntryExport: Sendable {
    public let entry: Entry
    public let manifest: Manifest
    /// A file, "initial" for untrained ones, nil for those that the manifest names for `dataset` and `seed`.
    public var weights: String?
    /// What the weights were trained on; nil: what a file of weights says of itself, else the manifest's default data set.
    public var dataset: String?
    /// The seed of the weights that the manifest names.
    public var seed: UInt64 = 0
    /// Size of one image; nil: that of the data set's.
    public var input: ImageShape?
    public var classes = 10

    private let dataSets: DataSetCatalogue

    /// - Throws: `config` if the manifest describes a data set wrongly.
    public init(_ entry: Entry, of manifest: Manifest) throws {
        (self.entry, self.manifest) = (entry, manifest)
        dataSets = try DataSetCatalogue(manifest)
    }

    /// What came of it.
    public struct Outcome: Codable, Sendable {
        public let entry: String
        /// The paths of what was written.
        public let files: [String]
        public let preparation: Preparation
        public let warnings: [String]
    }

    /// - Parameters:
    ///   - check: a file for random images, as bytes (`pixels`) and prepared (`input`), and the logits that the zoo gives for them.
    /// - Throws: `noInput` if there are no weights, `data` if they do not fit, `usage` if there is no such data set, `unavailable` if the
    ///   entry cannot be recorded.
    public func run(host: HostRuntime, to directory: String, check: String? = nil) throws -> Outcome {
        let file = try weights == "initial" ? nil : SafetensorsFile(path: weights ?? shipped())
        var warnings: [String] = []
        let dataSet = try trainingSet(file, &warnings)
        let preparation = dataSet.map { Preparation($0) } ?? .unknown
        let size = input ?? dataSet?.shape ?? ImageSize.mnist.shape
        guard [1, size.channels].contains(preparation.means.count) else {
            throw HostError(
                .usage,
                "the input has \(size.channels) channels, but \(dataSet?.name ?? "the data set") has \(preparation.means.count)")
        }
        let network = try host.network(entry, input: size, classes: classes, seed: seed)
        try file?.load(into: network.parameters)
        var files = try PythonModule(network, preparation).write(as: entry.id, to: directory)
        if let check {
            try write(check, network, preparation)
            files.append(check)
        }
        return Outcome(entry: entry.id, files: files, preparation: preparation, warnings: warnings)
    }

    /// What the weights were trained on, by what is asked for or by the file's own words; nil if neither says.
    private func trainingSet(_ file: SafetensorsFile?, _ warnings: inout [String]) throws -> DataSet? {
        if let trained = file?.metadata["entry"], trained != entry.id {
            warnings.append("\(file?.path ?? ""): these weights say that they are of '\(trained)'")
        }
        let said = file?.metadata["dataset"]
        if let dataset {
            let asked = try dataSets.named(dataset)
            if let said, (try? dataSets.named(said).name) != asked.name {
                warnings.append("\(file?.path ?? ""): these weights say that they were trained on \(said), not on \(asked.name)")
            }
            return asked
        }
        guard weights != nil, weights != "initial" else { return try usual() }
        if let said, let known = try? dataSets.named(said) { return known }
        let reason =
            said.map { "there is no data set '\($0)', on which they say they were trained" }
            ?? "they do not say on which data they were trained"
        warnings.append(
            "\(weights ?? ""): \(reason): the module does not normalise its images; name the data with \(ProgramOption.dataset)")
        return nil
    }

    /// Another number of images than any that was recorded.
    private func write(_ path: String, _ network: Network, _ preparation: Preparation) throws {
        let input = network.input
        let pixels = try (Tensor.rand([7, input.channels, input.height, input.width], generator: Generator(seed: 11)) * 256).to(
            dtype: .uint8)
        func constant(_ values: [Double]) throws -> Tensor { try Tensor(values.map { Float($0) }, [values.count, 1, 1]) }
        let images = try (pixels.to(dtype: .float32) * (1.0 / 255) - constant(preparation.means)) / constant(preparation.stds)
        let logits = try noGrad { try network.architecture.forward(images) }
        try SafetensorsFile.write(
            tensors: [("pixels", pixels), ("input", images), ("logits", logits)], metadata: ["entry": entry.id], to: path)
    }

    /// The first default data set that there are weights for.
    private func usual() throws -> DataSet {
        try dataSets.defaultDataSet { set in entry.weights.contains { dataSets.canonical($0.dataset) == set.name && $0.seed == seed } }
    }

    private func shipped() throws -> String {
        let name = try (dataset.map(dataSets.named) ?? usual()).name
        let all = entry.weights.filter { (try? dataSets.named($0.dataset).name) == name }
        guard let found = all.first(where: { $0.seed == seed }) else {
            let others = all.isEmpty ? "" : "; there are those of seed \(all.map { "\($0.seed)" }.joined(separator: ", "))"
            throw HostError(
                .noInput,
                "entry '\(entry.id)' comes without weights for \(name), seed \(seed)\(others): name a file with \(ProgramOption.weights), or 'initial' for untrained ones"
            )
        }
        let path = found.path
        guard try Checksum.sha256(ofFile: path) == found.sha256 else {
            throw HostError(.data, "\(path): its checksum is not the one in \(found.manifest): the file was changed or cut")
        }
        return path
    }
}
