public import ZooStore

/// An entry measured on the test images of a data set: what the error probe found.
public struct Evaluation: Codable, Sendable {
    public let entry: String
    public let dataset: String
    /// The seed of the training run that made the weights.
    public let seed: UInt64
    public let trainedOn: String
    /// The file of the weights, or "initial".
    public let weights: String
    public let upright: Score
    /// nil where the data set does not transform its images.
    public let transformed: Score?
    /// Trained values; nil where they cannot be counted.
    public let parameters: Int?
    /// The speed of the evaluation, drawing the images included.
    public let imagesPerSecond: Double
    /// File names of the libraries that the network comes from.
    public let plugins: [String]
    public let threads: Int
    public let engine: String
    /// What is wrong with the result: a collapsed θ, blank crops.
    public let warnings: [String]
    /// The name under which the store has it.
    public let job: String
    /// SHA-256 by file name, of the libraries.
    public let pluginChecksums: [String: String]
    /// SHA-256 of the weights' file; nil without one.
    public let weightsChecksum: String?
    /// Fingerprints of the very images, of the files that they came from, and of what was trained on; nil where they are not known.
    public let imagesFingerprint, data, trainingData: String?
    /// The instruction set of the zoo's kernels; "off" without them.
    public let instructions: String?

    /// nil unless it is a result of the error probe.
    ///
    /// - Parameter plugins: in the order in which they are to be listed.
    public init?(_ result: StoredResult, plugins: [String]? = nil) {
        func score(_ name: String) -> Score? {
            guard let error = result["error.\(name)"], let loss = result["loss.\(name)"], let count = result["images"] else { return nil }
            return Score(error: error, loss: loss, count: Int(count))
        }
        guard result.subject.probe == "error", let upright = score("upright") else { return nil }
        (entry, dataset, seed) = (result.subject.entry, result.subject.dataset, result.subject.seed)
        (trainedOn, weights) = (result.subject.trainedOn, result.subject.weights)
        self.upright = upright
        transformed = score("transformed")
        parameters = result["parameters"].map { Int($0) }
        imagesPerSecond = result["throughput"] ?? .nan
        self.plugins = plugins ?? result.provenance.plugins.keys.sorted()
        (threads, engine) = (result.provenance.threads, result.provenance.engine)
        warnings = result.warnings
        func known(_ text: String) -> String? { text.isEmpty ? nil : text }
        let provenance = result.provenance
        (job, pluginChecksums, weightsChecksum) = (result.job, provenance.plugins, known(provenance.weightsChecksum))
        imagesFingerprint = known(provenance.identity.images)
        (data, trainingData) = (known(provenance.identity.data), known(provenance.identity.trainingData))
        instructions = known(provenance.identity.instructions)
    }
}
