public import ZooStore

// What single results hold beyond their figures.
extension StoredEntries {
    /// The measured results of a probe that can be set beside each other, in the order of seeds.
    public func measured(_ probe: String) -> [StoredResult] {
        let own = results.filter { result in
            guard result.status == .measured, result.subject.probe == probe else { return false }
            return chosen.map { $0.probe != probe || $0.settings == result.settingsText } ?? true
        }
        return own.sorted { ($0.subject.entry, $0.subject.seed) < ($1.subject.entry, $1.subject.seed) }
    }

    /// A curve, confusion or scatter plot of a result; nil where it has none of that name.
    ///
    /// - Throws: `data` where what is stored cannot be read.
    public func table(_ name: String, of result: StoredResult) throws -> Measurement.Table? { try store.table(name, of: result) }

    /// The same of several results, by their ids.
    public func table(_ name: String, of results: [StoredResult]) throws -> [Int64: Measurement.Table] {
        try store.table(name, of: results)
    }
}
