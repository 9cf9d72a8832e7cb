public import Foundation
public import ZooHost
public import ZooStore

/// How results are written and read: sorted keys, and numbers that JSON does not have as the strings NaN and ±Infinity.
public enum ResultCoding {
    public static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return encoder
    }
    public static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return decoder
    }
}

/// How well a network does on a set of images.
public struct Score: Codable, Sendable, Equatable {
    /// Fraction of images that are classified wrongly.
    public let error: Double
    /// Mean cross entropy in nats.
    public let loss: Double
    /// Number of images.
    public let count: Int
}

/// An entry measured on the test images of a data set: what the error probe found.
public struct Evaluation: Codable, Sendable {
    public let entry: String
    public let dataset: String
    /// Of the training run that made the weights.
    public let seed: UInt64
    public let trainedOn: String
    /// The file of the weights, or "initial".
    public let weights: String
    public let upright: Score
    /// nil where the data set does not transform its images.
    public let transformed: Score?
    /// Trained values; nil where they cannot be counted.
    public let parameters: Int?
    /// Of the evaluation, drawing the images included.
    public let imagesPerSecond: Double
    /// File names of the libraries that the network comes from.
    public let plugins: [String]
    public let threads: Int
    public let engine: String
    /// What is wrong with the result: a collapsed θ, blank crops.
    public let warnings: [String]
    /// What the store has it under.
    public let job: String
    /// SHA-256 by file name, of the libraries.
    public let pluginChecksums: [String: String]
    /// SHA-256 of the weights' file; nil without one.
    public let weightsChecksum: String?
    /// Fingerprints of the very images, of the files that they came from, and of what was trained on; nil where they are not known.
    public let imagesFingerprint, data, trainingData: String?
    /// Of the zoo's kernels, "off" without those.
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

/// One epoch of a training run.
public struct EpochRecord: Codable, Sendable, Equatable {
    /// Counted from 1.
    public let epoch: Int
    /// Mean cross entropy over the epoch's training images, in training mode.
    public let trainLoss: Double
    public let learningRate: Double
    public let seconds: Double
}

/// A finished training run.
public struct TrainingResult: Codable, Sendable {
    public let entry: String
    public let dataset: String
    public let seed: UInt64
    public let epochs: Int
    public let recipe: Recipe
    /// Of the last epoch.
    public let trainLoss: Double
    public let upright: Score
    public let transformed: Score?
    /// Of training, over all its sittings, without evaluation.
    public let seconds: Double
    public let imagesPerSecond: Double
    /// The file of the final weights. In the run's directory it is kept without its folder, which may be moved.
    public internal(set) var weights: String
    /// The epoch after which this sitting went on; 0 from the start.
    public let resumedFrom: Int
    public let plugins: [String]
    /// What is wrong with the result: a collapsed θ, blank crops, NaN logits.
    public let warnings: [String]
    public let history: [EpochRecord]
    /// The run's identity as JSON; nil of a run from before the result had it.
    public let run: String?
    /// What it was made with at its end; nil likewise.
    public let conditions: Conditions?
    /// When it was finished, UTC in ISO 8601; nil likewise.
    public let date: String?

    /// As it is kept: by the name of its file alone.
    var withoutPlace: TrainingResult {
        var result = self
        result.weights = (weights as NSString).lastPathComponent
        return result
    }
}

/// How long things take.
public struct Timing: Codable, Sendable {
    public let entry: String
    public let batch: Int
    public let threads: Int
    /// Forward, loss, backward and update of one batch, one number per round, milliseconds.
    public let trainStepMs: [Double]
    /// Forward of one batch in evaluation mode, milliseconds.
    public let evaluateMs: [Double]

    enum CodingKeys: String, CodingKey {
        case entry, batch, threads
        case trainStepMs = "train_step_ms"
        case evaluateMs = "evaluate_ms"
    }
}
