import Foundation
import ZooData
public import ZooHost
import ZooKit
public import ZooStore

/// What is to be done, in order.
public struct Plan {
    public var jobs: [Job] = []
    /// What stands in the way of others: a plugin that is missing, data that are not there, weights that nobody trained.
    public var problems: [any Error] = []

    /// Part `index` (from 1) of `count`: every so many-th job, so that all parts together are the plan.
    public func shard(_ index: Int, of count: Int) -> Plan {
        var part = self
        part.jobs = jobs.enumerated().filter { $0.offset % count == index - 1 }.map(\.element)
        return part
    }
}

/// Turns entries × data sets × seeds × probes into jobs with their identities.
public struct JobPlanner {
    private let laboratory: Laboratory
    private let fingerprints: Fingerprints
    private let threads: Int

    /// - Parameters:
    ///   - store: remembers checksums of data.
    ///   - threads: of the engine in each worker.
    public init(laboratory: Laboratory, store: ResultStore?, threads: Int) {
        self.laboratory = laboratory
        fingerprints = Fingerprints(store: store)
        self.threads = threads
    }

    // MARK: Probes

    /// Which weights are probed.
    public enum Weights: Sendable {
        /// Of training runs, or shipped, or what the entry brings with it; nil for the data set that is tested on.
        case trained(on: String?)
        case initial
        case file(String)
    }

    /// - Parameters:
    ///   - images: take only the first so many test images.
    ///   - skippingUntrained: leave out what has no weights, if anything has; else it is a problem.
    /// - Returns: the plan, and what was left out, by entry.
    public func evaluation(
        of entries: [Entry], on datasets: [String], seeds: [UInt64], probes: [any Probe], weights: Weights, images: Int? = nil,
        skippingUntrained: Bool = false
    ) -> (plan: Plan, untrained: [(entry: String, seeds: [UInt64])]) {
        var plan = Plan()
        var untrained: [(entry: String, seeds: [UInt64])] = []
        var broken: Set<String> = []
        for name in datasets {
            let (dataSet, data): (DataSet, String)
            do {
                dataSet = try DataSet.named(name)
                data = try fingerprints.fingerprint(of: dataSet, splits: [.test], in: laboratory.dataDirectory)
            } catch {
                plan.problems.append(error)
                continue
            }
            for entry in entries where !broken.contains(entry.id) {
                var missing: [UInt64] = []
                do {
                    let code = try code(of: entry)
                    for seed in seeds {
                        var own: String?
                        if case .trained(let source) = weights,
                            !laboratory.hasWeights(entry, dataset: try DataSet.named(source ?? name).name, seed: seed)
                        {
                            own = code.ownWeights
                            // They are the same for every seed, and one measurement.
                            if own != nil, seed != seeds.first { continue }
                            if own == nil, skippingUntrained {
                                missing.append(seed)
                                continue
                            }
                        }
                        do {
                            let found = try self.weights(weights, entry, own: own, dataSet: dataSet, seed: seed)
                            for probe in probes {
                                plan.jobs.append(
                                    try job(entry, code, dataSet, data: data, seed: seed, weights: found, probe, images: images))
                            }
                        } catch { plan.problems.append(error) }
                    }
                } catch {
                    plan.problems.append(error)
                    broken.insert(entry.id)
                }
                if !missing.isEmpty { untrained.append((entry.id, missing)) }
            }
        }
        if plan.jobs.isEmpty, let first = untrained.first, let entry = entries.first(where: { $0.id == first.entry }) {
            // Nobody has any: the reason is worth more than an empty table.
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

    /// What else than weights and data decides an entry's results.
    private struct Code {
        let settings: [String: [String: String]]
        let plugins: [String: String]
        let program: [String]
        /// The file whose weights the entry brings with it.
        let ownWeights: String?
    }

    private func code(of entry: Entry) throws -> Code {
        let resolved = try laboratory.host.resolve(entry)
        var settings: [String: [String: String]] = [:]
        for slot in [nil] + resolved.parts.keys.sorted().map(Optional.some) {
            settings[slot ?? "architecture"] = Dictionary(
                resolved.settings(of: slot).map { ($0.name, $0.value.description) }, uniquingKeysWith: { first, _ in first })
        }
        // A file is what is in it, wherever it lies.
        for file in resolved.namedFiles { settings[file.slot ?? "architecture"]?[file.option] = try Checksum.sha256(ofFile: file.path) }
        var plugins: [String: String] = [:]
        for file in resolved.files { plugins[(file as NSString).lastPathComponent] = try fingerprints.checksum(ofFile: file) }
        return Code(
            settings: settings, plugins: plugins,
            program: try ["/proc/self/exe", EngineControl.enginePath].map(fingerprints.checksum(ofFile:)),
            ownWeights: resolved.ownWeights.first?.path)
    }

    private struct Found {
        let origin: ResultSubject.Origin
        let path, checksum, trainedOn: String
    }

    private func weights(_ wanted: Weights, _ entry: Entry, own: String?, dataSet: DataSet, seed: UInt64) throws -> Found {
        switch wanted {
        case .trained(let source):
            let source = try DataSet.named(source ?? dataSet.name).name
            if let own { return Found(origin: .own, path: own, checksum: try Checksum.sha256(ofFile: own), trainedOn: source) }
            let (path, checksum) = try laboratory.weights(entry, dataset: source, seed: seed)
            return Found(origin: .trained, path: path, checksum: checksum, trainedOn: source)
        case .initial: return Found(origin: .initial, path: "initial", checksum: "", trainedOn: dataSet.name)
        case .file(let path):
            return Found(origin: .given, path: path, checksum: try Checksum.sha256(ofFile: path), trainedOn: dataSet.name)
        }
    }

    private func job(
        _ entry: Entry, _ code: Code, _ dataSet: DataSet, data: String, seed: UInt64, weights: Found, _ probe: any Probe, images: Int?
    ) throws -> Job {
        let identity = JobIdentity(
            entry: entry.id, definition: entry.definition, settings: code.settings, plugins: code.plugins,
            weights: weights.checksum.isEmpty ? "initial" : weights.checksum, origin: weights.origin, dataset: dataSet.name,
            trainedOn: weights.trainedOn, data: data, seed: seed, images: images, probe: probe.name, probeSettings: probe.settings,
            precision: EngineControl.precision.name, engine: Engine.name, kernels: ProcessInfo.processInfo.environment["ZOO_KERNELS"] ?? "",
            code: code.program, threads: threads)
        let subject = ResultSubject(
            entry: entry.id, dataset: dataSet.name, seed: seed, trainedOn: weights.trainedOn, origin: weights.origin,
            weights: weights.path, images: images, probe: probe.name, settings: probe.settings)
        return Job(
            id: try identity.digest(), task: .probe, subject: subject, weightsChecksum: weights.checksum, plugins: code.plugins,
            isTiming: probe.isTiming)
    }

    // MARK: Training

    /// Training runs. Their identity is the run's own: definition, data set, seed and recipe. A finished run stays finished
    /// when code changes; its row in the store says by which code it was made.
    public func training(
        of entries: [Entry], on datasets: [String], seeds: [UInt64], epochs: Int?, restart: Bool
    ) -> Plan {
        var plan = Plan()
        for name in datasets {
            do { _ = try DataSet.named(name).files([.train, .test], in: laboratory.dataDirectory) } catch {
                plan.problems.append(error)
                continue
            }
            for entry in entries {
                do {
                    let code = try code(of: entry)
                    for seed in seeds {
                        let identity = laboratory.identity(entry, dataset: name, seed: seed, epochs: epochs)
                        let directory = try RunDirectory(root: laboratory.runs, identity)
                        let subject = ResultSubject(
                            entry: entry.id, dataset: name, seed: seed, trainedOn: name, origin: .trained, weights: directory.weights,
                            probe: "training", settings: ["epochs": .int(identity.recipe.epochs)])
                        plan.jobs.append(
                            Job(
                                id: try Checksum.sha256(of: Data(("training " + identity.text()).utf8)),
                                task: .training(epochs: epochs, restart: restart), subject: subject, weightsChecksum: "",
                                plugins: code.plugins, isTiming: false))
                    }
                } catch { plan.problems.append(error) }
            }
        }
        return plan
    }

    /// With what the jobs of this process's workers are made.
    func provenance(of job: Job, threads: Int, command: String, seconds: Double) throws -> Provenance {
        Provenance(
            zoo: ZooVersion.current, code: try fingerprints.checksum(ofFile: "/proc/self/exe"), engine: EngineControl.described,
            plugins: job.plugins, weightsChecksum: job.weightsChecksum, machine: Machine.name, processor: Machine.processor,
            threads: threads, date: Date(), command: command, seconds: seconds)
    }
}
