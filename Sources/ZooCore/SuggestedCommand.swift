/// A command that a message suggests; `Wording` says how it is typed.
///
///     "there are no weights; train them with: \(SuggestedCommand.train("cnn", dataset: "mnist", seed: 0))"
public enum SuggestedCommand: Sendable, Hashable, CustomStringConvertible {
    /// Shows what there is.
    case list
    /// - seed: nil for the usual one.
    case train(_ entry: String, dataset: String, seed: UInt64?)
    case evaluate(Evaluation)
    /// Makes weights of an entry of what is in a file.
    case importWeights(String)
    /// Trains and measures what a study asks for.
    case reproduce(_ study: String, budget: String)

    /// What is to be evaluated; nil and empty leave the command's defaults.
    public struct Evaluation: Sendable, Hashable {
        /// nil for all entries.
        public var entry: String?
        public var dataset: String?
        public var seeds: [UInt64]
        public var probe: String?
        /// The data set of the training run.
        public var trainedOn: String?
        /// Whether weights are untrained.
        public var isInitial: Bool
        /// The file of weights.
        public var weights: String?
        /// The result store.
        public var store: String?

        public init(
            _ entry: String? = nil, dataset: String? = nil, seeds: [UInt64] = [], probe: String? = nil, trainedOn: String? = nil,
            isInitial: Bool = false, weights: String? = nil, store: String? = nil
        ) {
            self.entry = entry
            self.dataset = dataset
            self.seeds = seeds
            self.probe = probe
            self.trainedOn = trainedOn
            self.isInitial = isInitial
            self.weights = weights
            self.store = store
        }
    }

    /// The command as it is typed for the running program.
    public var description: String { Wordings.current.text(of: self) }
}
