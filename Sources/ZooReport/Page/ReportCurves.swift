import Foundation
import ZooJobs
import ZooStore

// Curves over a transformation and over epochs.
extension ReportReader {
    private static let transformations = [("rotation", "°"), ("scale", "×"), ("shear", ""), ("shift", "px")]

    /// Accuracy against each transformation, the mean over seeds at every value.
    ///
    /// - Parameter order: of the entries.
    func curves(_ whole: StoredEntries, _ order: [String]) throws -> [Report.Curve] {
        let stored = whole.comparable(order, figure: "invariance.rotation.mean")
        let results = Dictionary(grouping: stored.measured("invariance"), by: \.subject.entry)
        return try Self.transformations.compactMap { transformation, unit in
            var images = 0
            let series: [Report.Curve.Series] = try order.compactMap { entry in
                var accuracies: [Double: [Double]] = [:]
                for result in results[entry] ?? [] {
                    guard let table = try stored.table("invariance.\(transformation)", of: result),
                        case .numbers(let values)? = table["value"], case .numbers(let found)? = table["accuracy"]
                    else { continue }
                    for (value, accuracy) in zip(values, found) { accuracies[value, default: []].append(accuracy) }
                    images = count(result["invariance.images"])
                }
                let points = accuracies.sorted { $0.key < $1.key }.compactMap { value, list in
                    Report.Estimate(list, level: level, within: 0...1).map { Report.Curve.Point(value: value, accuracy: $0) }
                }
                return points.isEmpty ? nil : Report.Curve.Series(entry: entry, points: points)
            }
            guard !series.isEmpty else { return nil }
            return Report.Curve(transformation: transformation, unit: unit, images: images, series: series)
        }
    }

    /// Training loss over epochs, by data set.
    func learning(_ results: [StoredResult]) throws -> [Report.Learning] {
        let trainings = results.filter { $0.subject.probe == "training" && $0.status == .measured }
        return try unique(trainings.map(\.subject.dataset)).map { dataset in
            let own = trainings.filter { $0.subject.dataset == dataset }
            let series = try unique(own.map(\.subject.entry)).flatMap { entry -> [Report.Learning.Series] in
                let runs = own.filter { $0.subject.entry == entry }
                let recipes = unique(runs.map(recipe))
                return try recipes.flatMap { recipe in
                    let name = recipes.count == 1 ? "" : difference(recipe, recipes)
                    return try losses(runs.filter { self.recipe($0) == recipe }).map { loss, points in
                        let words = [name, loss.isEmpty ? "" : "loss \(loss)"].filter { !$0.isEmpty }
                        return Report.Learning.Series(entry: entry, recipe: words.joined(separator: ", "), points: points)
                    }
                }
            }
            return Report.Learning(dataset: dataset, series: series)
        }.filter { !$0.series.isEmpty }
    }

    /// The cross entropy under "", and the losses that an architecture declares under their names; without those that have no points.
    private func losses(_ runs: [StoredResult]) throws -> [(name: String, points: [Report.Learning.Point])] {
        let prefix = "loss.train"
        var losses: [String: [Int: [Double]]] = [:]
        for run in runs {
            guard let table = try store.table("learning curve", of: run), case .integers(let epochs)? = table["epoch"] else { continue }
            for column in table.columns where column.name == prefix || column.name.hasPrefix(prefix + ".") {
                guard case .numbers(let found) = column.values else { continue }
                let name = String(column.name.dropFirst(prefix.count + 1))
                for (epoch, loss) in zip(epochs, found) { losses[name, default: [:]][epoch, default: []].append(loss) }
            }
        }
        return losses.sorted { $0.key < $1.key }.map { name, epochs in
            let points = epochs.sorted { $0.key < $1.key }.compactMap { epoch, list in
                Report.Estimate(list, level: level, within: name.isEmpty ? 0 ... .infinity : -Double.infinity...Double.infinity).map {
                    Report.Learning.Point(epoch: epoch, loss: $0)
                }
            }
            return (name, points)
        }.filter { !$0.points.isEmpty }
    }

    /// "learning_rate 0.01, localization_rate 0.1, …"
    private func recipe(_ run: StoredResult) -> String {
        run.subject.settings.sorted { $0.key < $1.key }.map { "\($0.key) \(Listing.shown($0.value))" }.joined(separator: ", ")
    }

    /// What of a recipe the others have not.
    private func difference(_ recipe: String, _ all: [String]) -> String {
        func parts(_ text: String) -> [String] { text.components(separatedBy: ", ") }
        let common = all.map { Set(parts($0)) }.reduce(Set(parts(recipe))) { $0.intersection($1) }
        return parts(recipe).filter { !common.contains($0) }.joined(separator: ", ")
    }
}
