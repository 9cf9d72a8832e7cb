import ZooData
public import ZooManifest
import ZooProbes
public import ZooStatistics
public import ZooStore

/// What a store holds about a study at one budget. It reads only; it measures nothing.
///
/// Networks are identified by what they were trained with: the training results of the study's data set, entries, seeds and recipes say the
/// checksums of their weights, and the figures are those of these weights, whatever version of the zoo measured them.
public struct StudyResults {
    /// One entry with its seeds.
    public struct Row {
        public let entry: String
        public let recipe: Recipe
        /// Finished training runs by seed.
        public let trained: [UInt64: StoredResult]
        /// Training runs that failed, with the cause.
        public let failed: [UInt64: String]
        /// Results of probes by test, as the study names it.
        let measured: [String: [StoredResult]]
    }

    public let run: StudyRun
    public let rows: [Row]
    let store: ResultStore

    public init(_ store: ResultStore, _ run: StudyRun) throws {
        (self.store, self.run) = (store, run)
        var filter = ResultFilter(entries: run.study.entries, datasets: [run.dataSet.name], seeds: run.seeds, probes: ["training"])
        filter.history = true
        let trainings = try store.results(matching: filter)
        filter = ResultFilter(
            entries: run.study.entries, datasets: run.tests.map(\.dataSet.name), seeds: run.seeds, trainedOn: [run.dataSet.name],
            origins: [.trained], statuses: [.measured])
        filter.history = true
        let measured = try store.results(matching: filter)
        rows = try run.entries.map { entry in
            try Self.row(entry, run, trainings.filter { $0.subject.entry == entry.id }, measured.filter { $0.subject.entry == entry.id })
        }
    }

    private static func row(
        _ entry: Entry, _ run: StudyRun, _ trainings: [StoredResult], _ measured: [StoredResult]
    ) throws -> Row {
        let recipe = run.recipes[entry.id] ?? Recipe()
        let settings = try recipe.settings
        var (trained, failed) = ([UInt64: StoredResult](), [UInt64: String]())
        // The newest comes last.
        for result in trainings where result.subject.settings == settings {
            if result.status == .measured { trained[result.subject.seed] = result } else { failed[result.subject.seed] = result.cause }
        }
        failed = failed.filter { trained[$0.key] == nil }
        var chosen: [String: [StoredResult]] = [:]
        for test in run.tests {
            for probe in test.probes {
                var newest: [UInt64: StoredResult] = [:]
                for result in measured
                where result.subject.dataset == test.dataSet.name && result.subject.probe == probe.name
                    && result.subject.settings == probe.settings && result.subject.images == nil
                    && result.provenance.weightsChecksum == trained[result.subject.seed]?.provenance.weightsChecksum
                {
                    newest[result.subject.seed] = result
                }
                chosen[test.name, default: []] += newest.values.sorted { $0.subject.seed < $1.subject.seed }
            }
        }
        return Row(entry: entry.id, recipe: recipe, trained: trained, failed: failed, measured: chosen)
    }

    /// The seeds that are neither trained nor failed, by entry.
    public var missing: [(entry: String, seeds: [UInt64])] {
        rows.compactMap { row in
            let seeds = run.seeds.filter { row.trained[$0] == nil && row.failed[$0] == nil }
            return seeds.isEmpty ? nil : (row.entry, seeds)
        }
    }

    /// Every result that the study rests on.
    public var all: [StoredResult] { rows.flatMap { row in row.trained.values + row.measured.values.flatMap(\.self) } }

    // MARK: Figures

    private func test(_ name: String?) -> StudyRun.Test { run.tests.first { $0.name == name } ?? run.tests[0] }

    /// "error.transformed" for "error" where the data set transforms its images, and so on; a full name stays as it is.
    func fullName(_ figure: String, on dataset: String?) -> String {
        guard ["error", "loss"].contains(figure) else { return figure }
        let set = test(dataset).dataSet
        return figure + (set.upright == set ? ".upright" : ".transformed")
    }

    /// A figure of an entry by seed; training figures are found, too.
    public func values(_ figure: String, of row: Row, on dataset: String? = nil) -> [UInt64: Double] {
        let name = fullName(figure, on: dataset)
        var values: [UInt64: Double] = [:]
        for result in row.measured[test(dataset).name] ?? [] { if let value = result[name] { values[result.subject.seed] = value } }
        return values
    }

    /// The mean of a figure over seeds, with its interval by Student's t. nil where nothing is stored.
    public func estimate(_ figure: String, of row: Row, on dataset: String? = nil) -> (mean: Double, interval: Interval?)? {
        let values = values(figure, of: row, on: dataset).sorted { $0.key < $1.key }.map(\.value)
        guard let mean = MeanEstimate(values, level: run.study.level) else { return nil }
        return (mean.mean, Self.isShare(figure) ? mean.interval?.clipped(to: 0...1) : mean.interval)
    }

    /// Whether a figure is a share, which people read in percent.
    public static func isShare(_ figure: String) -> Bool { Measurement.Figure.isShare(figure) }

    /// By seed a 1 for each image that an entry gets wrong, and the fingerprint of the images; nil if the figure has no answers per image.
    func wrong(_ figure: String, of row: Row, on dataset: String?) throws -> [UInt64: (images: String, values: [Double])]? {
        let name = fullName(figure, on: dataset)
        guard name.hasPrefix("error.") else { return nil }
        var answers: [UInt64: (images: String, values: [Double])] = [:]
        for result in row.measured[test(dataset).name] ?? [] where result[name] != nil {
            guard case .integers(let correct)? = try store.samples("\(name.dropFirst("error.".count)).correct", of: result) else {
                continue
            }
            answers[result.subject.seed] = (result.provenance.identity.images, correct.map { $0 == 1 ? 0 : 1 })
        }
        return answers
    }
}
