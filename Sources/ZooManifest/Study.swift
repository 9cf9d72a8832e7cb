public import ZooCore

/// A study: entries that are trained and measured under one protocol, and the claims that its results decide.
///
/// Studies are files, `Protocols/NAME.json`; their schema is docs/protocol.schema.json.
public struct Study: Sendable {
    /// Images that every trained network is measured on, and how.
    public struct Test: Sendable, Equatable {
        public let dataset: String
        /// The probes as `zoo evaluate --probe` takes them: "pose?images=2000".
        public let probes: [String]
    }

    /// How learning rates are chosen: every learning rate with every localization rate, each trained once on a part of the training
    /// images. The smallest error on the validation images wins; of equal ones the smaller rates.
    public struct Choice: Sendable, Equatable {
        /// Number of training images that are set aside; see docs/data.md.
        public let validation: Int
        /// Number of the other training images that are trained on; nil for all.
        public let train: Int?
        public let epochs: Int
        public let seed: UInt64
        public let learningRates: [Double]
        /// Entries without a localization net take the first.
        public let localizationRates: [Double]
    }

    /// How much a reproduction may cost.
    public struct Budget: Sendable, Equatable {
        public let name: String
        public let epochs: Int
        /// Seeds 0 ..< n.
        public let seeds: Int
        /// Number of training images, and most images of each split, where these are fewer than the data set has.
        public let train, limit: Int?
        /// Number of images of each test, where these are fewer than the data set and `limit` leave.
        public let test: Int?
        /// Height and width of images that are made smaller.
        public let size: Int?
    }

    /// A figure that the table of results shows.
    public struct Column: Sendable, Equatable {
        /// "error.transformed"
        public let figure: String
        /// nil for the first test.
        public let dataset: String?
        public let title: String
    }

    public let id: String
    public let path: String
    public let title: String
    /// Paper and section.
    public let source: String
    /// What is the same for all entries.
    public let fixed: [String]
    /// Where the study differs from the publication.
    public let differences: [String]
    /// The data set that entries are trained on.
    public let dataset: String
    public let tests: [Test]
    /// The manifest that describes the entries, beside the study's file; nil for the one that is in use.
    public let manifest: String?
    public let entries: [String]
    /// Over the entry's own recipe.
    public let recipe: RecipeChanges
    public let choice: Choice?
    /// What the choice has given, by entry: over `recipe`.
    public let chosen: [String: RecipeChanges]
    public let budgets: [Budget]
    public let columns: [Column]
    public let claims: [Claim]
    /// Confidence of intervals; claims are tested at its complement, after Holm's correction over all of them.
    public let level: Double

    /// The manifest of the study's entries.
    ///
    /// - Parameter common: the one that is in use.
    public func manifest(or common: Manifest) throws -> Manifest {
        guard let manifest else { return common }
        return try Manifest(path: Manifest.resolve(manifest, in: Manifest.folder(of: path)))
    }

    /// - Throws: `usage`, with the nearest name there is.
    public func budget(_ name: String) throws(HostError) -> Budget {
        if let budget = budgets.first(where: { $0.name == name }) { return budget }
        let known = budgets.map(\.name)
        throw HostError(
            .usage, file: path, field: "budget", expected: known.joined(separator: ", "), found: "'\(name)'\(suggestion(name, known))")
    }

    /// The recipe of an entry in this study.
    public func recipe(of entry: Entry, budget: Budget) throws(HostError) -> Recipe {
        let base = try recipe.applied(to: entry.recipe(for: dataset))
        var recipe = try (chosen[entry.id] ?? RecipeChanges()).applied(to: base)
        recipe.epochs = budget.epochs
        return recipe
    }
}
