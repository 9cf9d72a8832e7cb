import ZooCore
import ZooJobs
import ZooManifest
import ZooStore

// Studies, and what is known of entries.
extension ReportReader {
    /// Every study of the manifest's folder, at every budget that something is stored of.
    ///
    /// - Parameter wanted: entries; a study that none of them is in is left out. Empty for all.
    func studies(of wanted: [String], _ notes: inout [String]) throws -> [Report.Study] {
        var list: [Report.Study] = []
        for study in try StudyShelf(beside: manifest).all() where wanted.isEmpty || study.entries.contains(where: wanted.contains) {
            for budget in study.budgets {
                let results: StudyResults
                do { results = try StudyResults(store, StudyRun(study, budget: budget.name, manifest: manifest)) } catch let error
                    as HostError where error.kind == .config
                {
                    notes.append("The study \(study.id) is left out: \(error.message).")
                    break
                }
                guard !results.all.isEmpty else { continue }
                let claims = try zip(study.claims, results.claims()).map { claim, result in
                    Report.Claim(
                        result: result, terms: StudyMarkdown.sum(claim.contrast), isShare: StudyResults.isShare(result.figure),
                        expectation: expectation(claim))
                }
                list.append(
                    Report.Study(
                        id: study.id, title: study.title, source: study.source, budget: budget.name, fixed: study.fixed,
                        differences: study.differences, results: StudyTables.results(results), claims: claims,
                        missing: results.missing.map { entry, seeds in
                            "\(entry) is not trained with seed \(seeds.map { "\($0)" }.joined(separator: ", "))."
                        }))
            }
        }
        return list
    }

    private func expectation(_ claim: Claim) -> String {
        switch claim.expectation {
        case .positive: "above 0"
        case .negative: "below 0"
        case .near(let target, let margin): "within \(margin) of \(target)"
        }
    }

    /// What is known of entries, in that order.
    ///
    /// - Parameter results: by entry.
    func cards(_ ids: [String], _ results: [String: [StoredResult]], _ catalogue: Catalogue?) -> [Report.EntryCard] {
        let wanted = Set(ids)
        let descriptions = catalogue?.describe(manifest.entries.filter { wanted.contains($0.id) }, checkingWeights: false) ?? []
        let described = Dictionary(descriptions.map { ($0.id, $0) }) { first, _ in first }
        let plugins = catalogue?.plugins ?? []
        return concurrentMap(ids.count) { index in
            let id = ids[index]
            let files = Set(described[id]?.plugins ?? [])
            return Report.EntryCard(
                id: id, description: described[id], plugins: plugins.filter { files.contains($0.fileName) },
                provenance: provenance(results[id] ?? []))
        }
    }

    /// - Parameter results: of one entry.
    func provenance(_ results: [StoredResult]) -> [Report.ProvenanceLine] {
        struct Place: Hashable { let dataset, trainedOn, probe: String, origin: ResultSubject.Origin }
        let groups = Dictionary(grouping: results.filter { $0.status == .measured }) { result in
            let subject = result.subject
            return Place(dataset: subject.dataset, trainedOn: subject.trainedOn, probe: subject.probe, origin: subject.origin)
        }
        let lines = groups.compactMap { place, rows -> Report.ProvenanceLine? in
            guard let newest = rows.max(by: { ($0.provenance.date, $0.id) < ($1.provenance.date, $1.id) })?.provenance else { return nil }
            return Report.ProvenanceLine(
                dataset: place.dataset, trainedOn: place.trainedOn, probe: place.probe, origin: place.origin,
                seeds: Set(rows.map(\.subject.seed)).sorted(),
                weights: unique(rows.map(\.provenance.weightsChecksum).filter { !$0.isEmpty }), zoo: newest.zoo, engine: newest.engine,
                processor: newest.processor, instructions: newest.identity.instructions, threads: newest.threads, date: newest.date,
                seconds: rows.reduce(0) { $0 + $1.provenance.seconds }, command: newest.command)
        }
        return lines.sorted { ($0.dataset, $0.trainedOn, $0.probe) < ($1.dataset, $1.trainedOn, $1.probe) }
    }
}
