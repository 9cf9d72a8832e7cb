import ZooStatistics
public import ZooStore

/// Chosen figures of several probes side by side, one row per network.
public enum FigureTable {
    /// Each figure is a column, in the order in which they are named. Errors have Wilson's interval over the images.
    ///
    /// - Parameters:
    ///   - results: what was measured; results that are not measured leave a blank.
    ///   - store: where their answers per image are.
    /// - Throws: `data` where the store cannot be read.
    public static func table(of results: [StoredResult], figures: [String], store: ResultStore) throws -> DataTable {
        let measured = results.filter { $0.status == .measured }
        var columns: [DataTable.Column] = [.text("entry", "entry")]
        let several = (dataSet: varies(measured, \.dataset), source: varies(measured, \.trainedOn), seed: varies(measured, \.seed))
        if several.dataSet { columns.append(.text("dataset", "dataset")) }
        if several.source { columns.append(.text("trained_on", "trained on")) }
        if several.seed { columns.append(.integer("seed", "seed")) }
        for figure in figures { columns.append(.figure(figure, named: figure, figure.replacing(".", with: " "))) }

        var table = DataTable(columns)
        for network in networks(measured) {
            guard let subject = network.first?.subject else { continue }
            var cells: [DataTable.Cell] = [.text(subject.entry)]
            if several.dataSet { cells.append(.text(subject.dataset)) }
            if several.source { cells.append(.text(subject.trainedOn)) }
            if several.seed { cells.append(.integer(Int(clamping: subject.seed))) }
            for figure in figures {
                let found = network.last { $0[figure] != nil }
                cells.append(try found.flatMap { try cell($0, figure, store) } ?? .missing)
            }
            table.append(cells)
        }
        return table
    }

    /// Names of figures that no result has, of those that were asked for.
    public static func unknown(_ figures: [String], in results: [StoredResult]) -> [String] {
        figures.filter { figure in !results.contains { $0[figure] != nil } }
    }

    private static func varies<V: Hashable>(_ results: [StoredResult], _ field: KeyPath<ResultSubject, V>) -> Bool {
        Set(results.map { $0.subject[keyPath: field] }).count > 1
    }

    /// The results of each network on each data set, in the order of the first of them.
    private static func networks(_ results: [StoredResult]) -> [[StoredResult]] {
        struct Key: Hashable { let entry, dataset, trainedOn, weights: String, seed: UInt64 }
        var order: [Key] = []
        var byKey: [Key: [StoredResult]] = [:]
        for result in results {
            let subject = result.subject
            let key = Key(
                entry: subject.entry, dataset: subject.dataset, trainedOn: subject.trainedOn, weights: subject.weights, seed: subject.seed)
            if byKey[key] == nil { order.append(key) }
            byKey[key, default: []].append(result)
        }
        return order.compactMap { byKey[$0] }
    }

    private static func cell(_ result: StoredResult, _ figure: String, _ store: ResultStore) throws -> DataTable.Cell? {
        guard let value = result[figure] else { return nil }
        let pose = figure.hasPrefix("error.") ? figure.dropFirst("error.".count) : ""
        guard !pose.isEmpty, case .integers(let correct)? = try store.samples("\(pose).correct", of: result),
            let interval = Proportion(correct.count { $0 != 1 }, of: correct.count)?.wilson(level: 0.95)
        else { return .estimate(value, low: .nan, high: .nan) }
        return .estimate(value, low: interval.low, high: interval.high)
    }
}
