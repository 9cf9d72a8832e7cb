import ZooData
public import ZooJobs
import ZooManifest
import ZooStatistics
import ZooStore

/// A study's results as tables; shares in percent for people, as fractions for programs.
public enum StudyTables {
    /// One row per entry, with the study's columns.
    public static func results(_ results: StudyResults) -> DataTable {
        let study = results.run.study
        var columns: [DataTable.Column] = [
            .text("entry", "entry"), .integer("seeds", "seeds"), .integer("failed", "failed"), .integer("odd", "with warnings"),
            .number("learning_rate", "rate", decimals: 4), .number("localization_rate", "× localization", decimals: 2),
        ]
        for column in study.columns {
            let name = [column.dataset, column.figure].compactMap(\.self).joined(separator: "_")
            columns.append(.figure(column.figure, named: name, column.title))
        }
        columns.append(.number("seconds", "s per training", decimals: 0))
        var table = DataTable(columns)
        for row in results.rows {
            let odd = row.trained.values.count { !$0.warnings.isEmpty }
            var cells: [DataTable.Cell] = [
                .text(row.entry), .integer(row.trained.count), row.failed.isEmpty ? .missing : .integer(row.failed.count),
                odd == 0 ? .missing : .integer(odd), .number(row.recipe.learningRate),
                row.recipe.localizationRate == 1 ? .missing : .number(row.recipe.localizationRate),
            ]
            for column in study.columns {
                let found = results.estimate(column.figure, of: row, on: column.dataset)
                cells.append(
                    found.map { found in
                        .estimate(found.mean, low: found.interval?.low ?? .nan, high: found.interval?.high ?? .nan)
                    } ?? .missing)
            }
            let seconds = row.trained.values.compactMap { $0["seconds"] }
            cells.append(seconds.isEmpty ? .missing : .number(seconds.reduce(0, +) / Double(seconds.count)))
            table.append(cells)
        }
        return table.withoutEmptyColumns
    }

    /// One row per claim.
    public static func claims(_ claims: [ClaimResult]) -> DataTable {
        var table = DataTable([
            .text("claim", "claim"), .text("verdict", "verdict"), .text("figure", "figure"),
            .estimate("difference", "difference", decimals: 2), .text("unit", ""), .text("test", "test"),
            .probability("p", "p"), .probability("corrected_p", "p (Holm)"), .text("reason", ""), .text("statement", "statement"),
        ])
        for claim in claims {
            let scale = StudyResults.isShare(claim.figure) ? 100.0 : 1
            table.append([
                .text(claim.claim), .text(claim.verdict.rawValue), .text(claim.figure),
                claim.contrast.map {
                    .estimate(
                        scale * $0.estimate, low: scale * (claim.interval?.low ?? .nan), high: scale * (claim.interval?.high ?? .nan))
                } ?? .missing, StudyResults.isShare(claim.figure) ? .text("%") : .missing,
                claim.contrast.map { .text($0.test.rawValue) } ?? .missing, claim.p.map { .number($0) } ?? .missing,
                claim.correctedP.map { .number($0) } ?? .missing, claim.reason.isEmpty ? .missing : .text(claim.reason),
                .text(claim.statement),
            ])
        }
        return table.withoutEmptyColumns
    }
}

/// A study's results as one JSON document.
public struct StudyReport: Encodable {
    public struct Row: Encodable {
        let entry: String
        let recipe: Recipe
        let seeds: [UInt64]
        /// Cause by seed.
        let failed: [String: String]
        let warnings: [String]
        let figures: [Figure]
    }

    public struct Figure: Encodable {
        let figure: String
        let dataset: String
        let title: String
        let bySeed: [String: Double]
        let mean: Double
        let interval: Interval?
    }

    let study, title, source, budget, dataset: String
    let fixed, differences: [String]
    let level: Double
    let entries: [Row]
    let claims: [ClaimResult]

    public init(_ results: StudyResults, _ claims: [ClaimResult]) {
        let study = results.run.study
        (self.study, title, source, budget) = (study.id, study.title, study.source, results.run.budget.name)
        dataset = results.run.dataSet.name
        (fixed, differences, level) = (study.fixed, study.differences, study.level)
        self.claims = claims
        entries = results.rows.map { row in
            Row(
                entry: row.entry, recipe: row.recipe, seeds: row.trained.keys.sorted(),
                failed: Dictionary(uniqueKeysWithValues: row.failed.map { ("\($0.key)", $0.value) }),
                warnings: row.trained.sorted { $0.key < $1.key }.flatMap { seed, result in result.warnings.map { "seed \(seed): \($0)" } },
                figures: study.columns.compactMap { column in
                    results.estimate(column.figure, of: row, on: column.dataset).map { found in
                        Figure(
                            figure: column.figure, dataset: column.dataset ?? study.tests[0].dataset, title: column.title,
                            bySeed: Dictionary(
                                uniqueKeysWithValues: results.values(column.figure, of: row, on: column.dataset)
                                    .map { ("\($0.key)", $0.value) }),
                            mean: found.mean, interval: found.interval)
                    }
                })
        }
    }
}
