import ZooData
public import ZooManifest
public import ZooStore

/// The choice of learning rates by a study's rule, on validation images.
extension StudyRun {
    /// One training that is compared with others.
    public struct Trial: Sendable {
        public let entry: String
        public let recipe: Recipe
        let job: String
    }

    /// What was chosen for an entry.
    public struct Decision: Sendable {
        public let entry: String
        public let recipe: Recipe
        /// Every recipe that was tried with its error, smaller rates first; nil for a training that failed.
        public let tried: [(recipe: Recipe, error: Double?)]
    }

    /// The trainings that the choice compares.
    public func choosing(_ planner: JobPlanner, by choice: Study.Choice) throws -> (plan: Plan, trials: [Trial]) {
        let set = try whole.taking(validation: choice.validation, train: choice.train, limit: budget.limit)
        var plan = Plan()
        var trials: [Trial] = []
        for entry in entries {
            for recipe in try candidates(choice, of: entry) {
                let part = planner.training(of: [entry], on: [set.name], seeds: [choice.seed]) { _, _ in recipe }
                plan += part
                trials += part.jobs.map { Trial(entry: entry.id, recipe: recipe, job: $0.id) }
            }
        }
        return (plan, trials)
    }

    private func candidates(_ choice: Study.Choice, of entry: Entry) throws -> [Recipe] {
        var base = try study.recipe.applied(to: entry.recipe(for: study.dataset))
        base.epochs = choice.epochs
        // Without a localization net its rate changes nothing.
        let localizationRates = entry.parts["localization"] == nil ? [base.localizationRate] : choice.localizationRates
        return choice.learningRates.flatMap { rate in
            localizationRates.map { localization in
                var recipe = base
                (recipe.learningRate, recipe.localizationRate) = (rate, localization)
                return recipe
            }
        }
    }

    /// Takes the rates with the smallest error; of equal ones the smaller rates. A training that failed counts as the worst; where all
    /// of an entry's failed, its rates stay as they were.
    ///
    /// - Parameter results: the results by job.
    public mutating func choose(_ trials: [Trial], _ results: [String: StoredResult]) -> [Decision] {
        entries.compactMap { entry in
            let tried = trials.filter { $0.entry == entry.id }.map { trial in
                let result = results[trial.job]
                return (recipe: trial.recipe, error: result?["error.transformed"] ?? result?["error.upright"])
            }
            guard let best = tried.filter({ $0.error != nil }).min(by: { $0.error ?? 1 < $1.error ?? 1 }) else { return nil }
            recipes[entry.id]?.learningRate = best.recipe.learningRate
            recipes[entry.id]?.localizationRate = best.recipe.localizationRate
            return Decision(entry: entry.id, recipe: best.recipe, tried: tried)
        }
    }
}
