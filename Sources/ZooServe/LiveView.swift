import Foundation
import ZooCore
import ZooData
import ZooJobs
import ZooManifest
import ZooReport
import ZooStore
import ZooTraining

/// What runs now, and what has just come into the stores.
final class LiveView: Sendable {
    /// A run's learning curve so far.
    struct Curve: Encodable {
        let entry, dataset: String
        let seed: UInt64
        let epochs: [EpochRecord]
    }

    private let boards: [LiveBoard]
    private let laboratory: Shelf
    let hub: EventHub

    /// Reading runs needs no lock: it only looks at files.
    private struct Shelf: @unchecked Sendable { let laboratory: Laboratory }

    init(stores: [String], laboratory: Laboratory, desk: ReportDesk) {
        let boards = stores.map { LiveBoard(store: $0) }
        let shelf = Shelf(laboratory: laboratory)
        (self.boards, self.laboratory) = (boards, shelf)
        let newest = Newest(stores, desk)
        hub = EventHub {
            let batches = boards.flatMap { $0.batches() }
            let trainings = Set(
                batches.flatMap(\.running).filter { $0.probe == "training" }.map {
                    Run(entry: $0.entry, dataset: $0.dataset, seed: $0.seed)
                })
            return [Self.event("results", newest.results()), Self.event("jobs", batches)]
                + trainings.map { Self.event("curve", of: "\($0)", Self.curve(of: $0, shelf.laboratory)) }
        }
    }

    /// The newest results; they are read again when a store has changed.
    private final class Newest: @unchecked Sendable {
        private let watch: StoreWatch
        private let desk: ReportDesk
        // Used on the hub's thread only.
        private var known: (version: String, results: [ResultDescription])?

        init(_ stores: [String], _ desk: ReportDesk) { (watch, self.desk) = (StoreWatch(stores), desk) }

        func results() -> [ResultDescription] {
            let version = watch.version
            if let known, known.version == version { return known.results }
            var filter = ResultFilter()
            filter.newest = 20
            let results = (try? desk.results(filter)) ?? []
            known = (version, results)
            return results
        }
    }

    struct Run: Hashable {
        let entry, dataset: String
        let seed: UInt64
    }

    var batches: [LiveBatch] { boards.flatMap { $0.batches() } }

    /// - Throws: `usage` if there is no such entry or data set.
    func curve(of run: Run) throws -> Curve {
        _ = try laboratory.laboratory.manifest.entry(run.entry)
        _ = try laboratory.laboratory.dataSets.named(run.dataset)
        return Self.curve(of: run, laboratory.laboratory)
    }

    private static func curve(of run: Run, _ laboratory: Laboratory) -> Curve {
        Curve(
            entry: run.entry, dataset: run.dataset, seed: run.seed,
            epochs: laboratory.history(of: run.entry, dataset: run.dataset, seed: run.seed))
    }

    private static func event(_ name: String, of subject: String = "", _ value: some Encodable) -> EventHub.Event {
        EventHub.Event(
            name: name, subject: subject,
            data: (try? ResultCoding.line(value)).map { String(decoding: $0.dropLast(), as: UTF8.self) } ?? "null")
    }
}
