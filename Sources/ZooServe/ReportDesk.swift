import Foundation
import ZooCore
import ZooData
import ZooJobs
import ZooManifest
import ZooPages
import ZooReport
import ZooStatistics
import ZooStore

/// Reports and comparisons of what is stored now; a report is made anew only when the stores have changed.
final class ReportDesk: @unchecked Sendable {
    private let stores: [String]
    private let manifest: Manifest
    private let catalogue: Catalogue
    private let page: ReportPage
    private let watch: StoreWatch
    private let lock = NSLock()
    private var cached: (version: String, report: Report, html: Data?)?
    private var opened: (version: String, store: ResultStore)?

    init(stores: [String], manifest: Manifest, catalogue: Catalogue, page: ReportPage) {
        (self.stores, self.manifest, self.catalogue, self.page) = (stores, manifest, catalogue, page)
        watch = StoreWatch(stores)
    }

    /// - Throws: `noInput` if nothing is stored yet.
    func report() throws -> Report { try lock.withLock { try current() } }

    /// The page of `zoo report`.
    func html() throws -> Data {
        try lock.withLock {
            let report = try current()
            if let html = cached?.html { return html }
            let html = Data(try page.html(report).utf8)
            cached?.html = html
            return html
        }
    }

    private func current() throws -> Report {
        let version = watch.version
        if let cached, cached.version == version { return cached.report }
        let report = try ReportReader(stores, manifest: manifest).report(of: [], catalogue)
        cached = (version, report, nil)
        return report
    }

    /// All stores as one. A single one is read as it is now; of several there is a copy, which is made anew when one has changed.
    private func store() throws -> ResultStore {
        let version = stores.count == 1 ? "" : watch.version
        return try lock.withLock {
            if let opened, opened.version == version { return opened.store }
            let store = try ResultStore.reading(stores)
            opened = (version, store)
            return store
        }
    }

    /// The newest results that match, the newest first.
    func results(_ filter: ResultFilter) throws -> [ResultDescription] {
        try store().results(matching: filter).sorted { ($1.provenance.date, $1.id) < ($0.provenance.date, $0.id) }.map(
            ResultDescription.init)
    }

    /// What sets entries apart, as `zoo compare` has it.
    func comparison(of entries: [String], dataset: String?) throws -> ComparisonReport {
        for entry in entries { _ = try manifest.entry(entry) }
        let store = try store()
        let dataSets = try DataSetCatalogue(manifest)
        let name = try dataset ?? dataSets.defaultDataSet { try store.contains(ResultFilter(datasets: [$0.name])) }.name
        let whole = try StoredEntries(store, dataset: name, of: dataSets)
        let source = whole.comparable(entries, figure: whole.figureName("error"))
        let found = try entries.compactMap { try source.samples(of: $0) }
        let comparisons = found.count > 1 ? try Comparison.all(found, reference: nil, Comparison.Settings()) : []
        return ComparisonReport(
            source, comparisons, classNames: try source.classNames(of: entries),
            missing: entries.compactMap { source.missing($0, seeds: nil) })
    }
}
