import Foundation
import ZooCore
public import ZooData
import ZooHost
import ZooKit
public import ZooManifest
public import ZooProbes
public import ZooStore
public import ZooTraining

/// Turns entries × data sets × seeds × probes into jobs with their identities.
public struct JobPlanner {
    let laboratory: Laboratory
    private let threads: Int

    /// - Parameters:
    ///   - store: remembers checksums of data.
    ///   - threads: the number of threads of the engine in each worker.
    public init(laboratory: Laboratory, store: ResultStore?, threads: Int) {
        self.laboratory = laboratory
        self.threads = threads
        laboratory.fingerprints.store = store
    }

    // MARK: Probes

    /// Which weights are probed.
    public enum Weights: Sendable {
        /// The weights of a training run on that data set, shipped ones, or those that the entry brings with it; nil
        /// for the data set that is tested on.
        case trained(on: String?)
        /// The weights of the finished training runs on that data set with these recipes, by entry.
        case runs(on: String, recipes: [String: Recipe])
        case initial
        /// A file, with the data set and the seed that the user gives for it. What the file says of itself comes first.
        case file(String, trainedOn: String? = nil, seed: UInt64? = nil)
    }

    /// - Parameters:
    ///   - images: take this number of test images, spread over the set (`ImageSet.spread`).
    ///   - skippingUntrained: whether entries without weights are left out, as long as another entry has some;
    ///     otherwise they are a problem.
    /// - Returns: the plan, and what was left out, by entry.
    public func evaluation(
        of entries: [Entry], on datasets: [String], seeds: [UInt64], probes: [any Probe], weights: Weights, images: Int? = nil,
        skippingUntrained: Bool = false
    ) -> (plan: Plan, untrained: [(entry: String, seeds: [UInt64])]) {
        laboratory.fingerprints.planning {
            var plan = Plan()
            var untrained: [(entry: String, seeds: [UInt64])] = []
            var broken: Set<String> = []
            for name in datasets {
                let target: Target
                do { target = try self.target(name, images: images) } catch {
                    plan.problems.append(error)
                    continue
                }
                for entry in entries where !broken.contains(entry.id) {
                    do {
                        let missing = try add(entry, target, seeds, probes, weights, skippingUntrained: skippingUntrained, to: &plan)
                        if !missing.isEmpty { untrained.append((entry.id, missing)) }
                    } catch {
                        plan.problems.append(error)
                        broken.insert(entry.id)
                    }
                }
            }
            if plan.jobs.isEmpty, let first = untrained.first, let entry = entries.first(where: { $0.id == first.entry }) {
                // No entry has weights: the reason is worth more than an empty table.
                for name in datasets {
                    guard case .trained(let source) = weights else { break }
                    do { _ = try laboratory.weights(entry, dataset: source ?? name, seed: first.seeds.first ?? 0) } catch {
                        plan.problems.append(error)
                    }
                }
                untrained = []
            }
            return (plan, untrained)
        }
    }

    /// The images that entries are tested on.
    private struct Target {
        let dataSet: DataSet
        let seal: DataSeal
        let count: Int?
    }

    private func target(_ name: String, images: Int?) throws -> Target {
        let dataSet = try laboratory.dataSets.named(name)
        return Target(
            dataSet: dataSet, seal: try laboratory.fingerprints.seal(of: dataSet, [.test], in: laboratory.dataDirectory), count: images)
    }

    /// Adds an entry's jobs on one data set. Gives the seeds without weights that are left out.
    private func add(
        _ entry: Entry, _ target: Target, _ seeds: [UInt64], _ probes: [any Probe], _ weights: Weights, skippingUntrained: Bool,
        to plan: inout Plan
    ) throws -> [UInt64] {
        var missing: [UInt64] = []
        let code = try EntryCode(entry, host: laboratory.host)
        for seed in seeds {
            var own: String?
            if case .trained(let source) = weights, !laboratory.hasWeights(entry, dataset: source ?? target.dataSet.name, seed: seed) {
                own = code.ownWeights
                // They are the same for every seed, and one measurement.
                if own != nil, seed != seeds.first { continue }
                if own == nil, skippingUntrained {
                    missing.append(seed)
                    continue
                }
            }
            // One file is one measurement.
            if case .file = weights, seed != seeds.first { continue }
            do {
                let found = try self.weights(weights, entry, own: own, dataSet: target.dataSet, seed: seed)
                for probe in probes { plan.jobs.append(try job(entry, code, target, weights: found, probe)) }
            } catch { plan.problems.append(error) }
        }
        return missing
    }

    private struct Found {
        let origin: ResultSubject.Origin
        let path, checksum, trainedOn: String
        let seed: UInt64
        var trainingData = ""
        var remarks: [String] = []
    }

    private func weights(_ wanted: Weights, _ entry: Entry, own: String?, dataSet: DataSet, seed: UInt64) throws -> Found {
        switch wanted {
        case .trained(let source):
            let source = try laboratory.dataSets.named(source ?? dataSet.name).name
            if let own { return Found(origin: .own, path: own, checksum: try Checksum.sha256(ofFile: own), trainedOn: source, seed: seed) }
            let found = try laboratory.weights(entry, dataset: source, seed: seed)
            return Found(
                origin: .trained, path: found.path, checksum: found.checksum, trainedOn: source, seed: seed,
                trainingData: found.trainingData)
        case .runs(let source, let recipes):
            let source = try laboratory.dataSets.named(source).name
            guard let recipe = recipes[entry.id],
                let run = try laboratory.finishedRun(entry, dataset: source, seed: seed, recipe: recipe, threads: threads),
                let conditions = run.conditions
            else { throw HostError(.noInput, "\(entry.id), seed \(seed): no finished training run on \(source) with the study's recipe") }
            return Found(
                origin: .trained, path: run.weights, checksum: conditions.weights, trainedOn: source, seed: seed,
                trainingData: conditions.trainingData)
        case .initial: return Found(origin: .initial, path: "initial", checksum: "", trainedOn: dataSet.name, seed: seed)
        case .file(let path, let trainedOn, let wantedSeed):
            let given = try GivenWeights(
                path, for: entry, on: dataSet, of: laboratory.dataSets, trainedOn: trainedOn, seed: wantedSeed)
            return Found(
                origin: .given, path: path, checksum: given.checksum, trainedOn: given.trainedOn, seed: given.seed ?? seed,
                trainingData: given.trainingData, remarks: given.remarks)
        }
    }

    private func job(_ entry: Entry, _ code: EntryCode, _ target: Target, weights: Found, _ probe: any Probe) throws -> Job {
        var conditions = try Conditions.here(laboratory.fingerprints, threads: threads)
        (conditions.plugins, conditions.files) = (code.plugins, code.files)
        conditions.weights = weights.checksum
        (conditions.data, conditions.trainingData) = (target.seal.content, weights.trainingData)
        let identity = JobIdentity(
            entry: entry.id, definition: entry.definition, settings: code.settings, plugins: code.plugins,
            weights: weights.checksum.isEmpty ? "initial" : weights.checksum, origin: weights.origin, dataset: target.dataSet.name,
            trainedOn: weights.trainedOn, data: target.seal.content, seed: weights.seed, images: target.count, probe: probe.name,
            probeSettings: probe.settings, engine: conditions.engine, instructions: conditions.instructions,
            environment: conditions.environment, code: [conditions.program, conditions.engineCode], threads: threads)
        let subject = ResultSubject(
            entry: entry.id, dataset: target.dataSet.name, seed: weights.seed, trainedOn: weights.trainedOn, origin: weights.origin,
            weights: weights.path, images: target.count, probe: probe.name, settings: probe.settings)
        return Job(
            id: try identity.digest(), task: .probe, subject: subject, conditions: conditions, remarks: weights.remarks,
            seals: [target.seal],
            isTiming: probe.isTiming)
    }

    // MARK: Training

    /// Training runs. Their identity is `RunIdentity`, which is that of the run's directory, too.
    ///
    /// - Parameter recipe: gives the recipe of an entry on a data set.
    public func training(
        of entries: [Entry], on datasets: [String], seeds: [UInt64], restart: Bool = false, recipe: (Entry, DataSet) throws -> Recipe
    ) -> Plan {
        laboratory.fingerprints.planning {
            var plan = Plan()
            for name in datasets {
                let (dataSet, seals): (DataSet, [DataSeal])
                do {
                    dataSet = try laboratory.dataSets.named(name)
                    seals = try [.train, .test].map {
                        try laboratory.fingerprints.seal(of: dataSet, [$0], in: laboratory.dataDirectory)
                    }
                } catch {
                    plan.problems.append(error)
                    continue
                }
                for entry in entries {
                    do {
                        let code = try EntryCode(entry, host: laboratory.host)
                        let recipe = try recipe(entry, dataSet)
                        for seed in seeds {
                            let identity = try laboratory.identity(entry, on: dataSet, seed: seed, recipe: recipe, threads: threads)
                            plan.jobs.append(try job(identity, code, seals, task: .training(recipe, restart: restart)))
                        }
                    } catch { plan.problems.append(error) }
                }
            }
            return plan
        }
    }

    private func job(_ identity: RunIdentity, _ code: EntryCode, _ seals: [DataSeal], task: Job.Task) throws -> Job {
        var conditions = try Conditions.here(laboratory.fingerprints, threads: threads)
        (conditions.plugins, conditions.files) = (code.plugins, code.files)
        (conditions.data, conditions.trainingData) = (identity.testData ?? "", identity.data ?? "")
        let subject = ResultSubject(
            entry: identity.entry, dataset: identity.dataset, seed: identity.seed, trainedOn: identity.dataset, origin: .trained,
            weights: try RunDirectory(root: laboratory.runs, identity).weights, probe: "training",
            settings: try identity.recipe.settings)
        return Job(
            id: try Checksum.sha256(of: "training " + identity.text()), task: task, subject: subject, conditions: conditions,
            remarks: [], seals: seals, isTiming: false)
    }

    /// Notes before training begins: other runs of the same entry, data set, seed and recipe are there, but this is none of them.
    public func otherRuns(than jobs: [Job]) -> [String] {
        laboratory.fingerprints.planning {
            jobs.compactMap { job in
                guard case .training(let recipe, _) = job.task, let entry = try? laboratory.manifest.entry(job.subject.entry),
                    let dataSet = try? laboratory.dataSets.named(job.subject.dataset),
                    let identity = try? laboratory.identity(entry, on: dataSet, seed: job.subject.seed, recipe: recipe, threads: threads),
                    let runs = try? laboratory.otherRuns(than: identity).filter({ run in
                        !run.differences.contains(RunIdentity.recipeName) && !run.differences.contains(RunIdentity.definitionName)
                    }), let other = runs.min(by: { $0.differences.count < $1.differences.count })
                else { return nil }
                return "\(entry.id), seed \(job.subject.seed): this is another run than \(other.path), which differs in: "
                    + other.differences.joined(separator: ", ")
            }
        }
    }

    // MARK: Known results

    /// Whether a result belongs to that very job, the parts that the architecture asked for by `kind:id` included.
    func isCurrent(_ result: StoredResult, _ job: Job) -> Bool {
        result.provenance.plugins.allSatisfy { name, checksum in
            (job.conditions.plugins[name] ?? laboratory.host.checksum(named: name)) == checksum
        }
    }

    /// Provenance recorded with each result.
    ///
    /// - Parameter found: what the worker did it with; nil if it failed before that was known.
    func provenance(of job: Job, _ found: Conditions?, command: String, seconds: Double) -> Provenance {
        let conditions = found ?? job.conditions
        return Provenance(
            zoo: ZooVersion.current, code: conditions.program, engine: conditions.engine, plugins: conditions.plugins,
            weightsChecksum: conditions.weights, machine: conditions.machine, processor: conditions.processor, threads: conditions.threads,
            date: Date(),
            command: command, seconds: seconds,
            identity: Provenance.Identity(
                plan: job.id, engineCode: conditions.engineCode, instructions: conditions.instructions, data: conditions.data,
                images: conditions.images, trainingData: conditions.trainingData))
    }
}
