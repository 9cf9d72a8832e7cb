import Foundation
public import ZooCore
public import ZooStore

/// A stored result for machines.
public struct ResultDescription: Encodable, Sendable {
    public let job: String
    public let entry, dataset: String
    public let seed: UInt64
    public let trainedOn, weights: String
    /// How many test images were taken, spread over the set; nil for all.
    public let images: Int?
    public let probe: String
    public let settings: [String: JSON]
    public let status: StoredResult.Status
    /// Why it failed or does not apply.
    public let cause: String?
    /// The figures by name; the probe documents their units.
    public let figures: [String: Double]
    public let warnings: [String]
    public let zoo, engine: String
    public let plugins: [String: String]
    public let machine, processor: String
    public let threads: Int
    public let date, command: String
    public let seconds: Double
    /// "trained", "initial", "given" or "own".
    public let origin: ResultSubject.Origin
    /// SHA-256 of the program, the engine's library and the weights' file; nil where there is none.
    public let code: String
    public let engineCode, weightsChecksum: String?
    /// The instruction set of the zoo's kernels; "off" without them.
    public let instructions: String?
    /// Fingerprints of the files that images came from, of the very images, and of what was trained on.
    public let data, imagesFingerprint, trainingData: String?

    public init(_ result: StoredResult) {
        let (subject, provenance) = (result.subject, result.provenance)
        job = result.job
        (entry, dataset, seed) = (subject.entry, subject.dataset, subject.seed)
        (trainedOn, weights, images) = (subject.trainedOn, subject.weights, subject.images)
        (probe, settings) = (subject.probe, subject.settings)
        status = result.status
        cause = result.cause.isEmpty ? nil : result.cause
        figures = Dictionary(result.figures.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        warnings = result.warnings
        (zoo, engine, plugins) = (provenance.zoo, provenance.engine, provenance.plugins)
        (machine, processor, threads) = (provenance.machine, provenance.processor, provenance.threads)
        date = provenance.date.formatted(.iso8601)
        (command, seconds) = (provenance.command, provenance.seconds)
        func known(_ text: String) -> String? { text.isEmpty ? nil : text }
        (origin, code) = (subject.origin, provenance.code)
        (engineCode, weightsChecksum) = (known(provenance.identity.engineCode), known(provenance.weightsChecksum))
        instructions = known(provenance.identity.instructions)
        data = known(provenance.identity.data)
        imagesFingerprint = known(provenance.identity.images)
        trainingData = known(provenance.identity.trainingData)
    }
}
