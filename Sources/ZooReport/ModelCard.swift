import Foundation
import ZooCore
import ZooData
public import ZooJobs
public import ZooManifest
import ZooStatistics
import ZooStore

/// Model cards (M. Mitchell et al., *Model Cards for Model Reporting*, 2019) of weights that come with the zoo, as Markdown.
public enum ModelCard {
    /// The card of one entry: what it is, what it was trained on, with what recipe, and what was measured.
    ///
    /// - Parameters:
    ///   - studies: whose figures it shows. A study in which no network of the entry is trained says nothing.
    ///   - command: what wrote the card.
    /// - Returns: nil where no weights come with the entry that a study has trained.
    public static func document(of entry: Entry, in studies: [StudyResults], command: String) throws -> String? {
        let sections = try studies.compactMap { try section(entry, $0, DataSetCatalogue($0.run.manifest)) }
        guard !sections.isEmpty else { return nil }
        return try frontMatter(of: entry, in: studies) + """
            # \(entry.id)

            \(Markdown.escaped(entry.summary)). Written by `\(command)` from stored results; do not edit.

            | | |
            |---|---|
            | architecture | \(part(entry.architecture)) |
            \(entry.parts.sorted { $0.key < $1.key }.map { "| \($0.key) | \(part($0.value)) |\n" }.joined())
            `zoo show \(entry.id)` shows the wiring with its plugins and papers, `zoo export \(entry.id)` writes a PyTorch module with weights.


            """ + sections.joined(separator: "\n") + """

                ## Limits

                \(limits)
                How to: [data.md](../data.md).

                ## Licence

                \(licence)

                """
    }

    /// What model hubs read, between lines of three hyphens: YAML, whose values here are JSON, which is YAML too. Figures are as in the
    /// card's tables, means over seeds, shares as they are and not in percent. Where several studies have the same networks, the one with
    /// the most seeds counts.
    private static func frontMatter(of entry: Entry, in studies: [StudyResults]) throws -> String {
        let found = try studies.flatMap { results -> [(seeds: Int, result: EvaluationResult)] in
            let catalogue = try DataSetCatalogue(results.run.manifest)
            guard let row = results.rows.first(where: { $0.entry == entry.id }), !shipped(entry, row, results, catalogue).isEmpty
            else { return [] }
            let measured = results.run.study.columns.compactMap { column in
                results.estimate(column.figure, of: row, on: column.dataset).map { (column, $0.mean) }
            }
            let byDataSet = Dictionary(grouping: measured) { catalogue.canonical($0.0.dataset ?? results.run.tests[0].name) }
            return byDataSet.sorted { $0.key < $1.key }.map { name, figures in
                let dataSet = EvaluationResult.DataSet(name: (try? catalogue.named(name).summary) ?? name, type: name)
                let metrics = figures.map { EvaluationResult.Metric(name: $0.0.figure, type: $0.0.figure, value: $0.1) }
                return (row.trained.count, EvaluationResult(dataset: dataSet, metrics: metrics))
            }
        }
        let most = Dictionary(found.map { ($0.result.dataset.type, $0) }) { $1.seeds > $0.seeds ? $1 : $0 }
        let results = unique(found.map(\.result.dataset.type)).compactMap { most[$0]?.result }
        let index = [ModelIndex(name: entry.id, results: results)]
        return """
            ---
            license: apache-2.0
            library_name: stn-zoo
            pipeline_tag: image-classification
            tags: ["spatial-transformer"]
            model-index: \(String(decoding: try ResultCoding.line(index), as: UTF8.self))---

            """
    }

    /// One model's results as hubs list them (`model-index`).
    private struct ModelIndex: Encodable {
        let name: String
        let results: [EvaluationResult]
    }

    private struct EvaluationResult: Encodable {
        struct Task: Encodable { var type = "image-classification" }
        struct DataSet: Encodable { let name, type: String }
        struct Metric: Encodable {
            let name, type: String
            let value: Double
        }
        var task = Task()
        let dataset: DataSet
        let metrics: [Metric]
    }

    /// What the weights that come with the zoo are not good for.
    public static let limits = """
        The network knows its data set, in the poses that it draws, and nothing else: for other images train it on them. The weights
        are those of one seed; its figures differ from means over seeds, by how much the intervals let expect. A pose that the
        transformer predicts is no measurement of the pose of an object: which pose is upright is the network's own choice.
        """

    /// The licence of the weights that come with the zoo.
    public static let licence = "Weights: Apache-2.0, as the zoo. The licence of the images is that of their publishers."

    private static func part(_ part: PartSpecification) -> String {
        let settings = part.config.sorted { $0.key < $1.key }.map { "\($0.key) \(Listing.shown($0.value))" }
        return Markdown.escaped(part.id + (settings.isEmpty ? "" : " (\(settings.joined(separator: ", ")))"))
    }

    /// The weights that come with an entry and that a study has trained: others on the same data may have another recipe.
    private static func shipped(
        _ entry: Entry, _ row: StudyResults.Row, _ results: StudyResults, _ catalogue: DataSetCatalogue
    ) -> [WeightsReference] {
        entry.weights.filter { weights in
            catalogue.canonical(weights.dataset) == results.run.dataSet.name
                && row.trained[weights.seed]?.provenance.weightsChecksum == weights.sha256
        }
    }

    private static func section(_ entry: Entry, _ results: StudyResults, _ catalogue: DataSetCatalogue) throws -> String? {
        let run = results.run
        guard let row = results.rows.first(where: { $0.entry == entry.id }) else { return nil }
        let shipped = shipped(entry, row, results, catalogue)
        guard !shipped.isEmpty else { return nil }
        var text = "## \(run.dataSet.name)\n\n\(Markdown.escaped(run.dataSet.summary)).\n\n"
        for weights in shipped {
            text += "- Weights of seed \(weights.seed): `\(weights.file)`, SHA-256 `\(weights.sha256)`.\n"
        }
        text += "- Recipe: \(recipe(row.recipe)).\n"
        let seeds = row.trained.keys.sorted().map { "\($0)" }.joined(separator: ", ")
        text += "- Study `\(run.study.id)`, budget `\(run.budget.name)`: seeds \(seeds)"
        text += row.failed.isEmpty ? ".\n" : "; \(row.failed.count) failed.\n"
        for warning in Set(row.trained.values.flatMap(\.warnings)).sorted() { text += "- Warning: \(Markdown.escaped(warning)).\n" }
        return text + "\n" + (try figures(entry, row, results, catalogue)).markdown
    }

    private static func recipe(_ recipe: Recipe) -> String {
        var text = "\(recipe.optimizer.rawValue), learning rate \(recipe.learningRate), \(recipe.schedule.rawValue) schedule, "
        text += "\(recipe.epochs) epochs, batches of \(recipe.batch)"
        if recipe.localizationRate != 1 { text += ", the localization net at \(recipe.localizationRate) times the learning rate" }
        if recipe.weightDecay != 0 { text += ", weight decay \(recipe.weightDecay)" }
        return text
    }

    private static func figures(
        _ entry: Entry, _ row: StudyResults.Row, _ results: StudyResults, _ catalogue: DataSetCatalogue
    ) throws -> DataTable {
        var table = DataTable([
            .text("figure", "figure"), .text("dataset", "tested on"), .integer("seeds", "seeds"),
            .estimate("value", "mean, 95 % interval", decimals: 2), .text("unit", ""), .text("published", "published"),
        ])
        for column in results.run.study.columns {
            guard let found = results.estimate(column.figure, of: row, on: column.dataset) else { continue }
            let isShare = StudyResults.isShare(column.figure)
            let scale = isShare ? 100.0 : 1
            let tested = catalogue.canonical(column.dataset ?? results.run.tests[0].name)
            let published = entry.published.filter { figure in
                catalogue.canonical(figure.dataset) == tested && tested == results.run.dataSet.name
                    && "\(figure.metric).transformed" == column.figure
            }
            table.append([
                .text(column.figure), .text(tested), .integer(results.values(column.figure, of: row, on: column.dataset).count),
                .estimate(scale * found.mean, low: scale * (found.interval?.low ?? .nan), high: scale * (found.interval?.high ?? .nan)),
                isShare ? .text("%") : .missing,
                published.isEmpty
                    ? .missing : .text(published.map { "\(fixed(scale * $0.value, 2)) (\($0.source))" }.joined(separator: "; ")),
            ])
        }
        return table.withoutEmptyColumns
    }
}
