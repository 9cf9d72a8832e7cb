public import ZooCore

/// What a result is about: which network was probed, how, and on what.
public struct ResultSubject: Codable, Sendable, Equatable {
    /// Where the weights come from.
    public enum Origin: String, Codable, Sendable, CaseIterable {
        /// A training run on `trainedOn` with `seed`: the newest finished one, or the one shipped with the zoo.
        case trained
        /// Untrained, drawn from `seed`.
        case initial
        /// A file that was named.
        case given
        /// Trained elsewhere: they came with the entry's model.
        case own
    }

    public var entry: String
    public var dataset: String
    /// The seed of the training run that made the weights.
    public var seed: UInt64
    /// The data set of that run.
    public var trainedOn: String
    public var origin: Origin
    /// The file of the weights; "initial" without one.
    public var weights: String
    /// How many test images were taken, spread over the set; nil for all.
    public var images: Int?
    /// "error", "invariance" …; "training" for a training run.
    public var probe: String
    /// All that can change the probe's result, defaults included.
    public var settings: [String: JSON]

    public init(
        entry: String, dataset: String, seed: UInt64, trainedOn: String, origin: Origin, weights: String, images: Int? = nil,
        probe: String, settings: [String: JSON] = [:]
    ) {
        self.entry = entry
        self.dataset = dataset
        self.seed = seed
        self.trainedOn = trainedOn
        self.origin = origin
        self.weights = weights
        self.images = images
        self.probe = probe
        self.settings = settings
    }
}
