import Foundation
import ZooCore
import ZooData
public import ZooJobs
import ZooManifest
import ZooStatistics
import ZooStore

/// Studies as a Markdown document, docs/results.md: nothing in it but what stands in the studies and the store.
public enum StudyMarkdown {
    /// - Parameter command: what wrote the document.
    public static func document(_ studies: [(results: StudyResults, claims: [ClaimResult])], command: String) -> String {
        let parts = studies.map { section($0.results, $0.claims) }
        return """
            # Results

            Written by `\(command)` from stored results; do not edit. Every mean is over seeds, with its 95 % interval by Student's t unless \
            a section says otherwise. A claim is *supported* or *contradicted* where its test is significant after Holm's correction over all \
            claims of its study, and *undecided* otherwise. [statistics.md](statistics.md) explains the tests, [probes.md](probes.md) the \
            figures.


            """ + parts.joined(separator: "\n")
    }

    private static func section(_ results: StudyResults, _ claims: [ClaimResult]) -> String {
        let run = results.run
        let study = run.study
        var text = "## \(study.id)\n\n\(study.title)\(study.source.isEmpty ? "" : ", after \(study.source)").\n\n"
        if results.rows.allSatisfy({ $0.trained.isEmpty && $0.failed.isEmpty }) {
            return text + "Not carried out yet; `\(SuggestedCommand.reproduce(study.id, budget: run.budget.name))` does it.\n"
        }
        text += "Budget `\(run.budget.name)`: \(amount(run)). Trained on `\(run.dataSet.name)`"
        text += ", tested on \(run.tests.map { "`\($0.dataSet.name)`" }.joined(separator: ", ")).\n\n"
        text += list("Held fixed", study.fixed) + list("Differs from the publication", study.differences)
        if let choice = study.choice { text += rule(choice) + "\n\n" }
        text += StudyTables.results(results).markdown + "\n"
        text += remarks(results)
        if !claims.isEmpty { text += "### Claims\n\n" + claims.map { line($0, study) }.joined() + "\n" }
        let published = published(results)
        if !published.rows.isEmpty { text += "### Published figures\n\n" + published.markdown + "\n" }
        return text + cost(results) + "\n"
    }

    private static func amount(_ run: StudyRun) -> String {
        let (epochs, seeds) = (run.budget.epochs, run.budget.seeds)
        var parts = ["\(epochs) \(epochs == 1 ? "epoch" : "epochs")", "\(seeds) \(seeds == 1 ? "seed" : "seeds")"]
        if let train = run.budget.train { parts.append("\(withCommas(train)) training images") }
        if let size = run.budget.size { parts.append("images of \(size)×\(size)") }
        if let limit = run.budget.limit { parts.append("at most \(withCommas(limit)) images of each split") }
        return parts.joined(separator: ", ")
    }

    private static func list(_ title: String, _ items: [String]) -> String {
        items.isEmpty ? "" : "\(title):\n\n" + items.map { "- \($0)\n" }.joined() + "\n"
    }

    private static func rule(_ choice: Study.Choice) -> String {
        let rates = choice.learningRates.map { "\($0)" }.joined(separator: ", ")
        let localization = choice.localizationRates.map { "\($0)" }.joined(separator: ", ")
        let train = choice.train.map { "\(withCommas($0)) of the other training images" } ?? "the other training images"
        return
            "Rates were chosen by one rule: every learning rate of \(rates) with every localization rate of \(localization) was trained once "
            + "(seed \(choice.seed), \(choice.epochs) epochs, \(train)), and the smallest error on \(withCommas(choice.validation)) validation "
            + "images, which are training images, won. Test images chose nothing."
    }

    /// Failed trainings and warnings, which are counted in the table and named here.
    private static func remarks(_ results: StudyResults) -> String {
        let trained = results.rows.flatMap { $0.trained.values }
        // What is said of all is said once.
        let common = trained.count > 1 ? trained[0].warnings.filter { warning in trained.allSatisfy { $0.warnings.contains(warning) } } : []
        var lines = common.map { "every training: \($0)" }
        for row in results.rows {
            for (seed, cause) in row.failed.sorted(by: { $0.key < $1.key }) { lines.append("\(row.entry), seed \(seed) failed: \(cause)") }
            for (seed, result) in row.trained.sorted(by: { $0.key < $1.key }) {
                for warning in result.warnings where !common.contains(warning) { lines.append("\(row.entry), seed \(seed): \(warning)") }
            }
        }
        for (entry, seeds) in results.missing {
            lines.append("\(entry) is not trained with seed \(seeds.map { "\($0)" }.joined(separator: ", "))")
        }
        return lines.isEmpty ? "" : lines.map { "- \(Markdown.escaped($0))\n" }.joined() + "\n"
    }

    private static func line(_ result: ClaimResult, _ study: Study) -> String {
        var text = "- **\(result.verdict.rawValue.prefix(1).uppercased() + result.verdict.rawValue.dropFirst())**: \(result.statement)"
        if !result.source.isEmpty { text += " (\(result.source))" }
        if let contrast = result.contrast, let interval = result.interval, let p = result.p, let corrected = result.correctedP {
            let scale = StudyResults.isShare(result.figure) ? 100.0 : 1
            let unit = scale == 100 ? " %" : ""
            let terms = study.claims.first { $0.id == result.claim }.map { sum($0.contrast) } ?? ""
            text += ". `\(result.figure)` of \(terms): \(fixed(scale * contrast.estimate, 2))\(unit)"
            text += " [\(fixed(scale * interval.low, 2)), \(fixed(scale * interval.high, 2))], \(contrast.seeds) seeds, "
            text += "\(contrast.test.rawValue), p \(equals(p)), corrected \(equals(corrected))"
        }
        if !result.reason.isEmpty { text += ". Not computed: \(result.reason)" }
        return text + ".\n"
    }

    private static func equals(_ p: Double) -> String {
        let text = probability(p)
        return text.hasPrefix("<") ? text : "= " + text
    }

    /// "stn-c1 − stn-c0"
    static func sum(_ contrast: [String: Double]) -> String {
        contrast.filter { $0.value != 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.enumerated().map { index, term in
            let size = abs(term.value) == 1 ? "" : "\(fixed(abs(term.value), 2)) "
            let sign = term.value < 0 ? (index == 0 ? "−" : "− ") : index == 0 ? "" : "+ "
            return sign + size + term.key
        }.joined(separator: " ")
    }

    private static func published(_ results: StudyResults) -> DataTable {
        // A figure of a part of the test images is no measurement of the published one.
        guard results.run.budget.limit == nil else { return ComparisonTables.published([]) }
        guard let dataSets = try? DataSetCatalogue(results.run.manifest) else { return ComparisonTables.published([]) }
        var comparisons: [PublishedComparison] = []
        // Published figures are those of networks that were trained on the set that they are tested on.
        let trained = dataSets.canonical(results.run.study.dataset)
        for test in results.run.study.tests where dataSets.canonical(test.dataset) == trained {
            for row in results.rows {
                guard let entry = results.run.entries.first(where: { $0.id == row.entry }) else { continue }
                for figure in entry.published where dataSets.canonical(figure.dataset) == dataSets.canonical(test.dataset) {
                    let found = results.estimate(figure.metric, of: row, on: test.dataset)
                    comparisons.append(
                        PublishedComparison(entry: row.entry, figure, measured: found?.mean, interval: found?.interval))
                }
            }
        }
        return ComparisonTables.published(comparisons)
    }

    /// What the results took, and on what machines.
    private static func cost(_ results: StudyResults) -> String {
        let all = results.all
        guard !all.isEmpty else { return "" }
        func time(_ list: [StoredResult]) -> String {
            let seconds = list.reduce(0) { $0 + $1.provenance.seconds }
            return seconds < 3600 ? "\(fixed(seconds / 60, 1)) minutes" : "\(fixed(seconds / 3600, 1)) hours"
        }
        let trainings = all.filter { $0.subject.probe == "training" }
        let machines = Set(
            all.map { result in
                let made = result.provenance
                return "\(made.processor) (\(made.identity.instructions)), \(made.threads) \(made.threads == 1 ? "thread" : "threads")"
            }
        ).sorted()
        return
            "\(trainings.count) trainings took \(time(trainings)), \(all.count - trainings.count) measurements "
            + "\(time(all.filter { $0.subject.probe != "training" })), one job at a time per core, on "
            + "\(machines.joined(separator: "; ")). "
            + "`\(SuggestedCommand.reproduce(results.run.study.id, budget: results.run.budget.name))` makes them again.\n"
    }
}
