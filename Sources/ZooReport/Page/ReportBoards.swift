import ZooCore
import ZooData
import ZooJobs
import ZooManifest
import ZooProbes
import ZooStatistics
import ZooStore

// Leaderboards: what was measured on one data set with networks that were trained on one data set.
extension ReportReader {
    /// Which results stand together.
    private struct Place: Hashable {
        let dataset, trainedOn: String
        let origin: ResultSubject.Origin

        init(_ subject: ResultSubject) {
            (dataset, trainedOn) = (subject.dataset, subject.trainedOn)
            // A model that was imported with its weights stands beside those that were trained here.
            origin = subject.origin == .own ? .trained : subject.origin
        }
    }

    /// All boards, those with the most entries first.
    ///
    /// - Parameter history: all results of the store.
    func boards(_ results: [StoredResult], history: [StoredResult], _ notes: inout [String]) throws -> [Report.Board] {
        let measured = results.filter {
            $0.subject.probe == "error" && $0.status == .measured && $0.subject.images == nil && $0.subject.origin != .given
        }
        let places = Dictionary(grouping: measured) { Place($0.subject) }
        let order = unique(measured.map { Place($0.subject) })
        let histories = Dictionary(grouping: history, by: \.subject.dataset)
        let tried = Set(results.map { Tried(dataset: $0.subject.dataset, probe: $0.subject.probe) })
        // They have nothing in common, and a thousand entries on ten data sets take a while.
        let found = concurrentMap(order.count) { index in
            let place = order[index]
            return Result {
                let stored = try StoredEntries(
                    store, dataset: place.dataset, of: dataSets, trainedOn: place.trainedOn, origin: place.origin,
                    history: histories[place.dataset] ?? [])
                return try board(stored, unique((places[place] ?? []).map(\.subject.entry)), tried)
            }
        }
        var boards: [Report.Board] = []
        for (place, result) in zip(order, found) {
            do {
                if let board = try result.get() { boards.append(board) }
            } catch let error as HostError where error.kind == .usage {
                notes.append("The results on \(place.dataset) are left out: \(error.message).")
            }
        }
        return boards.sorted { ($1.rows.count, $0.dataset, $0.trainedOn) < ($0.rows.count, $1.dataset, $1.trainedOn) }
    }

    /// A probe that there are results of, even if they say that it does not apply.
    private struct Tried: Hashable { let dataset, probe: String }

    private func board(_ whole: StoredEntries, _ entries: [String], _ tried: Set<Tried>) throws -> Report.Board? {
        let figure = whole.figureName("error")
        let stored = whole.comparable(entries, figure: figure)
        let ranking = Ranking(try stored.candidates(entries, figure: figure), level: level)
        guard !ranking.rows.isEmpty else { return nil }
        let errors = Dictionary(grouping: stored.measured("error"), by: \.subject.entry)
        let known = Dictionary(manifest.entries.map { ($0.id, $0) }) { first, _ in first }
        let rows = ranking.rows.map { row in
            Report.Row(
                ranked: row, upright: figure == "error.upright" ? nil : mean("error.upright", errors[row.entry] ?? []),
                published: stored.trainedOn == stored.dataset ? known[row.entry].flatMap { published($0, row, on: stored.dataset) } : nil,
                warnings: unique((errors[row.entry] ?? []).flatMap { result in result.warnings }))
        }
        let order = rows.map(\.entry)
        var board = Report.Board(
            dataset: stored.dataset, trainedOn: stored.trainedOn, origin: stored.origin, pose: stored.pose, figure: figure,
            images: count(errors.values.first?.first?["images"]), rows: rows, significance: ranking.significance,
            remark: ranking.remark, leftOut: stored.leftOut)
        board.curves = try curves(whole, order)
        board.poses = try poses(whole, order)
        board.confusions = try confusions(stored, order)
        for (probe, isThere) in [("invariance", !board.curves.isEmpty), ("pose", !board.poses.isEmpty)] where !isThere {
            guard !tried.contains(Tried(dataset: board.dataset, probe: probe)) else { continue }
            board.unmeasured.append(.init(probe: probe, command: stored.command(probe: probe)))
        }
        return board
    }

    private func mean(_ figure: String, _ results: [StoredResult]) -> Double? {
        let values = results.compactMap { $0[figure] }
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    private func published(_ entry: Entry, _ row: Ranking.Row, on dataset: String) -> PublishedComparison? {
        entry.published.first { $0.metric == "error" && dataSets.canonical($0.dataset) == dataset }
            .map { PublishedComparison(entry: row.entry, $0, measured: row.mean, interval: row.interval) }
    }

    // MARK: Confusion

    private func confusions(_ stored: StoredEntries, _ order: [String]) throws -> [Report.Confusion] {
        let results = Dictionary(grouping: stored.measured("error"), by: \.subject.entry)
        // A list of more is no use to anybody, and takes megabytes of a page.
        return try order.prefix(100).compactMap { entry in
            var classes: [String] = []
            var cells: [String: [String: Int]] = [:]
            let own = results[entry] ?? []
            let tables = try stored.table("confusion.\(stored.pose.rawValue)", of: own)
            for result in own {
                if classes.isEmpty, case .texts(let names)? = try stored.table("classes.\(stored.pose.rawValue)", of: result)?["class"] {
                    classes = names
                }
                if let table = tables[result.id], case .texts(let labels)? = table["label"],
                    case .texts(let predictions)? = table["prediction"], case .integers(let images)? = table["images"]
                {
                    for (label, (prediction, count)) in zip(labels, zip(predictions, images)) {
                        cells[label, default: [:]][prediction, default: 0] &+= count
                    }
                }
            }
            guard !cells.isEmpty, !classes.isEmpty else { return nil }
            return Report.Confusion(
                entry: entry, classes: classes,
                counts: classes.map { label in classes.map { cells[label]?[$0] ?? 0 } }, seeds: results[entry]?.count ?? 0)
        }
    }
}
