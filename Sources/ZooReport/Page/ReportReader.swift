public import Foundation
import ZooCore
import ZooData
import ZooJobs
public import ZooManifest
import ZooStore

/// Reads a report from stores.
public struct ReportReader: Sendable {
    let store: ResultStore
    let manifest: Manifest
    let dataSets: DataSetCatalogue
    let level: Double
    private let names: [String]

    /// - Parameters:
    ///   - paths: of the stores; what is in several counts once.
    ///   - level: confidence of intervals.
    /// - Throws: `noInput` if one is missing, `data` if one is no store.
    public init(_ paths: [String], manifest: Manifest, level: Double = 0.95) throws {
        store = try ResultStore.reading(paths)
        (self.manifest, self.level, names) = (manifest, level, paths)
        dataSets = try DataSetCatalogue(manifest)
    }

    /// A figure that counts something; 0 for one that cannot, whatever a store holds.
    func count(_ figure: Double?) -> Int { figure.flatMap { Int(exactly: $0.rounded()) } ?? 0 }

    /// What is stored of some entries.
    ///
    /// - Parameters:
    ///   - wanted: ids; empty for all that have results.
    ///   - catalogue: describes the entries that it knows; nil for results alone.
    /// - Throws: `noInput` if there are no results of an entry that is named, or none at all; what reading the store throws.
    public func report(of wanted: [String] = [], _ catalogue: Catalogue? = nil, date: Date = Date()) throws -> Report {
        let (history, current) = try store.history()
        let all = history.filter { current.contains($0.id) }
        let results = wanted.isEmpty ? all : all.filter { wanted.contains($0.subject.entry) }
        let known = Set(all.map(\.subject.entry))
        if let stranger = wanted.first(where: { !known.contains($0) }) {
            throw HostError(
                .noInput, "\(names.joined(separator: ", ")): no result of '\(stranger)'\(suggestion(stranger, Array(known)))")
        }
        guard !results.isEmpty else {
            throw HostError(
                .noInput,
                "\(names.joined(separator: ", ")): there are no results; this makes them: \(SuggestedCommand.evaluate(.init()))")
        }
        var report = Report(date: date, zoo: ZooVersion.current, stores: names, results: results.count, level: level)
        report.studies = try studies(of: wanted, &report.notes)
        report.boards = try boards(results, history: history, &report.notes)
        report.learning = try learning(results)
        report.theorems = try theorems(results)
        // In the order of the first leaderboard that has them, then of the manifest.
        let order = report.boards.flatMap(\.rows).map(\.entry) + manifest.entries.map(\.id) + results.map(\.subject.entry)
        let own = Dictionary(grouping: results, by: \.subject.entry)
        report.entries = cards(unique(order.filter { own[$0] != nil }), own, catalogue)
        return report
    }
}
