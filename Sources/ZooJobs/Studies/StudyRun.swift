import ZooCore
public import ZooData
public import ZooManifest
public import ZooProbes
import ZooStore

/// A study at one budget: what is trained, and what the trained networks are measured on.
public struct StudyRun {
    /// Images and what is measured on them.
    public struct Test {
        /// The data set's name in the study.
        public let name: String
        /// The data set with the budget's limit of images.
        public let dataSet: DataSet
        public let probes: [any Probe]
    }

    public let study: Study
    public let budget: Study.Budget
    /// Describes the entries and the data sets.
    public let manifest: Manifest
    public let entries: [Entry]
    /// The data set that is trained on, as the budget limits it.
    public let dataSet: DataSet
    /// The data set that is trained on, without the budget's limits.
    let whole: DataSet
    public let tests: [Test]
    /// The recipe of each entry, by its id.
    public internal(set) var recipes: [String: Recipe] = [:]

    public var seeds: [UInt64] { (0..<UInt64(budget.seeds)).map(\.self) }

    /// - Parameter common: the manifest in use, for studies that name none.
    /// - Throws: `HostError` where the study names an entry, a data set or a probe that there is not, or there is no such budget.
    public init(_ study: Study, budget: String, manifest common: Manifest) throws {
        self.study = study
        let manifest = try Self.named(study, "manifest") { try study.manifest(or: common) }
        self.manifest = manifest
        self.budget = try study.budget(budget)
        entries = try Self.named(study, "entries") { try study.entries.map { try manifest.entry($0) } }
        let dataSets = try DataSetCatalogue(manifest)
        let (train, limit, size) = (self.budget.train, self.budget.limit, self.budget.size)
        let testLimit = [limit, self.budget.test].compactMap(\.self).min()
        tests = try Self.named(study, "tests") {
            try study.tests.map { test in
                Test(
                    name: test.dataset, dataSet: try dataSets.named(test.dataset).taking(limit: testLimit, size: size),
                    probes: try test.probes.map { try ProbeCatalogue.probe($0) })
            }
        }
        let whole = try Self.named(study, "dataset") { try dataSets.named(study.dataset).taking(size: size) }
        (self.whole, dataSet) = (whole, try whole.taking(train: train, limit: limit))
        for entry in entries { recipes[entry.id] = try study.recipe(of: entry, budget: self.budget) }
    }

    /// An error in what a field names, said of the study.
    private static func named<R>(_ study: Study, _ field: String, _ body: () throws -> R) throws -> R {
        do { return try body() } catch let error as HostError {
            throw HostError(.config, "\(study.path): $.\(field): \(error.message)")
        }
    }

    // MARK: Jobs

    public func training(_ planner: JobPlanner) -> Plan {
        planner.training(of: entries, on: [dataSet.name], seeds: seeds) { entry, _ in recipes[entry.id] ?? Recipe() }
    }

    /// What is to be measured of networks that are trained.
    ///
    /// - Parameter trained: the seeds by entry.
    public func measuring(_ planner: JobPlanner, trained: [String: [UInt64]]) -> Plan {
        var plan = Plan()
        for test in tests {
            for entry in entries {
                guard let seeds = trained[entry.id], !seeds.isEmpty else { continue }
                let part = planner.evaluation(
                    of: [entry], on: [test.dataSet.name], seeds: seeds, probes: test.probes,
                    weights: .runs(on: dataSet.name, recipes: recipes)
                ).plan
                plan += part
            }
        }
        return plan
    }
}
