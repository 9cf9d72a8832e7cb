import ZooData
import ZooManifest
import ZooTraining

/// Which entries have weights, of seed 0.
struct WeightShelf: @unchecked Sendable {
    // It only looks at files.
    private let laboratory: Laboratory
    let defaultDataSet: String

    init(_ laboratory: Laboratory) throws {
        self.laboratory = laboratory
        defaultDataSet = try laboratory.defaultDataSet().name
    }

    /// Data sets that any entry has weights for and whose images are here, the default one first.
    var dataSets: [String] {
        var names = [defaultDataSet]
        for name in laboratory.manifest.entries.flatMap(\.weights).map(\.dataset) where !names.contains(name) { names.append(name) }
        return names.filter { !entries(on: $0).isEmpty && isThere($0) }
    }

    /// - Throws: `usage` if there is no such data set.
    func lookable(on dataset: String) throws -> [String] { entries(on: try laboratory.dataSets.named(dataset).name) }

    private func entries(on dataset: String) -> [String] {
        laboratory.manifest.entries.filter { laboratory.hasWeights($0, dataset: dataset, seed: 0) }.map(\.id)
    }

    private func isThere(_ dataset: String) -> Bool {
        (try? laboratory.dataSets.named(dataset).isHere(in: laboratory.dataDirectory)) ?? false
    }
}
