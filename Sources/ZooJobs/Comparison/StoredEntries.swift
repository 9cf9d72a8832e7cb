public import ZooCore
public import ZooData
import ZooProbes
public import ZooStatistics
public import ZooStore

/// What a result store holds about entries on one data set. It reads only; it measures nothing.
public struct StoredEntries: Sendable {
    /// Which images: as recorded, or as the data set transforms them.
    public enum ImagePose: String, Sendable, CaseIterable, Codable { case upright, transformed }

    /// What is asked for and is not there.
    public struct Missing: Codable, Sendable, Equatable, CustomStringConvertible {
        public let entry: String
        public let seeds: [UInt64]
        /// The reason if it was tried; "" if it was not.
        public let cause: String
        /// The command that would make it.
        public let command: String

        public var description: String {
            let list = seeds.map { "\($0)" }.joined(separator: ", ")
            return
                "\(entry): no stored result\(seeds.isEmpty ? "" : " for seed \(list)")\(cause.isEmpty ? "" : " (\(cause))"); this makes it: \(command)"
        }
    }

    public let dataset: String
    public let trainedOn: String
    public let origin: ResultSubject.Origin
    public let pose: ImagePose
    let store: ResultStore
    /// Measured results of whole test sets, and failures: the newest on each set of images.
    let all: [StoredResult]
    /// The results that count: all of them, or those that `comparable` has chosen.
    var results: [StoredResult] { didSet { byEntry = Dictionary(grouping: results, by: \.subject.entry) } }
    /// The same by entry: thousands of entries each look for their own.
    private var byEntry: [String: [StoredResult]]
    /// What `comparable` has left out.
    public internal(set) var leftOut: [LeftOut] = []
    /// The group that `comparable` has chosen.
    var chosen: Group?
    /// Whether the program draws the images itself.
    let isDrawn: Bool

    /// - Parameters:
    ///   - trainedOn: nil for the data set itself.
    ///   - pose: nil for transformed images where the data set transforms them.
    ///   - history: all results of the store, superseded ones included, where they are at hand; nil to read those that are needed.
    /// - Throws: `HostError` if there is no such data set, `usage` if it does not transform its images but that is asked for.
    public init(
        _ store: ResultStore, dataset: String, of catalogue: DataSetCatalogue, trainedOn: String? = nil,
        origin: ResultSubject.Origin = .trained, pose: ImagePose? = nil, history: [StoredResult]? = nil
    ) throws {
        let set = try catalogue.named(dataset)
        let transforms = set.upright != set
        if pose == .transformed, !transforms {
            throw HostError(.usage, "\(set.name) does not transform its images: there are upright ones only")
        }
        self.store = store
        self.dataset = set.name
        self.trainedOn = try trainedOn.map { try catalogue.named($0).name } ?? set.name
        self.origin = origin
        self.pose = pose ?? (transforms ? .transformed : .upright)
        let trainedOn = self.trainedOn
        let origins: [ResultSubject.Origin] = origin == .trained ? [.trained, .own] : [origin]
        var filter = ResultFilter(datasets: [set.name], trainedOn: [trainedOn], origins: origins)
        filter.wholeSets = true
        filter.history = true
        isDrawn = set.isDrawn
        let found =
            try history?.filter {
                let subject = $0.subject
                return subject.dataset == set.name && subject.trainedOn == trainedOn && origins.contains(subject.origin)
                    && subject.images == nil
            } ?? store.results(matching: filter)
        all = SeenImages.current(found.filter { ProbeCatalogue.isCurrent($0.subject) }, isDrawn: isDrawn)
        results = all
        byEntry = Dictionary(grouping: all, by: \.subject.entry)
        hasClasses = set.heads == 1
    }

    let hasClasses: Bool

    /// "error.transformed" for "error", and so on; a full name stays as it is.
    public func figureName(_ name: String) -> String { ["error", "loss"].contains(name) ? "\(name).\(pose.rawValue)" : name }

    /// Answers per image of an entry, of the seeds wanted or of all there are; nil if there are none.
    ///
    /// - Throws: `data` where what is stored does not fit together.
    public func samples(of entry: String, seeds: [UInt64]? = nil) throws -> EntrySamples? {
        var labels: [String: [Int]] = [:]
        return try samples(of: entry, seeds: seeds, labels: &labels)
    }

    /// - Parameter labels: those of images whose fingerprint is known, which are not read again for every network.
    private func samples(of entry: String, seeds: [UInt64]?, labels: inout [String: [Int]]) throws -> EntrySamples? {
        // If several settings exist, the newest counts, which comes last.
        var runs: [UInt64: EntrySamples.Run] = [:]
        let wanted = errors(of: entry).filter { result in
            result.status == .measured && seeds.map { $0.contains(result.subject.seed) } ?? true
        }
        let answers = try store.samples("\(pose.rawValue).correct", of: wanted)
        for result in wanted {
            guard case .integers(let correct)? = answers[result.id] else { continue }
            let images = result.provenance.identity.images
            if hasClasses, labels[images] == nil || images.isEmpty {
                labels[images] = try store.samples("\(pose.rawValue).label", of: result).flatMap {
                    if case .integers(let list) = $0 { list } else { nil }
                }
            }
            runs[result.subject.seed] = EntrySamples.Run(
                seed: result.subject.seed, correct: correct.map { $0 == 1 }, labels: labels[images])
        }
        return runs.isEmpty ? nil : try EntrySamples(entry: entry, runs: Array(runs.values))
    }

    /// Names of the classes by label, as the data set has them; empty where images have several labels or nothing is stored.
    ///
    /// - Throws: `data` where what is stored cannot be read.
    public func classNames(of entries: [String]) throws -> [String] {
        guard hasClasses, let result = entries.lazy.compactMap({ errors(of: $0).last { $0.status == .measured } }).first,
            let table = try store.tables(of: result).first(where: { $0.name == "classes.\(pose.rawValue)" }),
            case .texts(let names)? = table["class"]
        else { return [] }
        return names
    }

    /// What is not stored of an entry: results of the seeds that are wanted or, without `seeds`, any result.
    public func missing(_ entry: String, seeds: [UInt64]?) -> Missing? {
        let there = Set(errors(of: entry).filter { $0.status == .measured }.map(\.subject.seed))
            .union(leftOut.filter { $0.entry == entry }.flatMap(\.seeds))
        let lacking = seeds.map { $0.filter { !there.contains($0) } } ?? []
        guard !lacking.isEmpty || there.isEmpty else { return nil }
        let failure = errors(of: entry).last { $0.status != .measured && (lacking.isEmpty || lacking.contains($0.subject.seed)) }
        return Missing(entry: entry, seeds: lacking, cause: failure?.cause ?? "", command: command(entry, seeds: lacking))
    }

    /// The command that measures an entry, or all, as it can be pasted.
    package func command(_ entry: String? = nil, seeds: [UInt64] = [], probe: String = "error") -> String {
        let evaluation = SuggestedCommand.Evaluation(
            entry, dataset: dataset, seeds: seeds, probe: probe == "error" ? nil : probe, trainedOn: trainedOn == dataset ? nil : trainedOn,
            isInitial: origin == .initial)
        return "\(SuggestedCommand.evaluate(evaluation))"
    }

    /// A figure by seed, from whichever probe measured it.
    public func values(_ figure: String, of entry: String) -> [UInt64: Double] {
        var values: [UInt64: Double] = [:]
        for result in byEntry[entry] ?? [] where result.status == .measured {
            if let value = result[figure] { values[result.subject.seed] = value }
        }
        return values
    }

    /// Names of all figures that are stored, in order.
    public var figures: [String] { Set(results.flatMap { $0.figures.map(\.name) }).sorted() }

    /// Why an entry has no such figure, where the probe that measures it of others does not apply to it.
    public func whyNot(_ figure: String, of entry: String) -> String? {
        let probes = Set(results.filter { $0[figure] != nil }.map(\.subject.probe))
        return byEntry[entry]?.last { $0.status == .notApplicable && probes.contains($0.subject.probe) }?.cause
    }

    private func errors(of entry: String) -> [StoredResult] { (byEntry[entry] ?? []).filter { $0.subject.probe == "error" } }
}

extension StoredEntries {
    /// What is stored of some entries, to be ranked; those without the figure are left out.
    ///
    /// - Parameters:
    ///   - figure: a full name; of errors the answers per image come along.
    ///   - seeds: nil for all there are.
    ///   - costs: full names of figures, their mean over seeds; where none is named, the usual ones that are stored.
    /// - Throws: `usage` where a cost is named that no result has, `data` where what is stored does not fit together.
    public func candidates(
        _ entries: [String], figure: String, seeds: [UInt64]? = nil, costs: [String] = []
    ) throws -> [Ranking.Candidate] {
        let known = figures
        if let unknown = costs.first(where: { !known.contains($0) }) {
            throw HostError(
                .usage,
                "no stored result has a figure '\(unknown)'\(suggestion(unknown, known)); there are: \(known.joined(separator: ", "))")
        }
        let wanted = costs.isEmpty ? known.filter { Self.usualCosts.contains($0) && $0 != figure } : costs
        let isError = figure == "error.\(pose.rawValue)"
        var labels: [String: [Int]] = [:]
        return try entries.compactMap { entry in
            let values = self.values(figure, of: entry).filter { value in seeds.map { $0.contains(value.key) } ?? true }
            guard !values.isEmpty else { return nil }
            var own: [String: Double] = [:]
            for cost in wanted {
                let list = self.values(cost, of: entry).sorted { $0.key < $1.key }.map(\.value)
                if !list.isEmpty { own[cost] = list.mean }
            }
            let samples = isError ? try samples(of: entry, seeds: Array(values.keys), labels: &labels) : nil
            return Ranking.Candidate(entry: entry, values: values, samples: samples, costs: own)
        }
    }

    /// What an entry costs, as far as it is stored.
    public static let usualCosts = ["parameters", "cost.multiply-adds", "cost.latency.p50"]

    /// Why there is nothing to rank.
    public func nothing(_ figure: String) -> HostError {
        let known = figures
        if known.isEmpty {
            return HostError(
                .noInput,
                "\(store.path): no results for \(dataset); this makes them: \(SuggestedCommand.evaluate(.init(dataset: dataset)))")
        }
        let measured = Set(results.filter { $0[figure] != nil }.map(\.subject.entry)).sorted()
        if !measured.isEmpty {
            let names = measured.prefix(10).joined(separator: ", ") + (measured.count > 10 ? " and \(measured.count - 10) more" : "")
            return HostError(
                .noInput, "\(store.path): '\(figure)' for \(dataset) is stored of \(names), which the manifest does not describe")
        }
        return HostError(
            .usage,
            "no stored result for \(dataset) has a figure '\(figure)'\(suggestion(figure, known)); there are: \(known.joined(separator: ", "))"
        )
    }
}
