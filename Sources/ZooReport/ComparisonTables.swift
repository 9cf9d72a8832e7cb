public import ZooJobs
import ZooManifest
public import ZooStatistics
import ZooStore

/// Comparisons of entries as tables; all shares in percent for people, as fractions for programs.
public enum ComparisonTables {
    /// One row per pair.
    public static func pairs(_ comparisons: [Comparison]) -> DataTable {
        let severalSeeds = comparisons.contains { $0.seeds.count > 1 }
        var columns: [DataTable.Column] = [
            .text("first", "A"), .text("second", "B"), .integer("seeds", "seeds"), .integer("images", "images"),
            percent("first_error", "error A %"), percent("second_error", "error B %"), share("difference", "A − B %"),
        ]
        if severalSeeds { columns.append(share("bootstrap", "bootstrap")) }
        columns += [
            .text("test", "test"), .probability("p", "p"), .probability("corrected_p", "p (Holm)"), .flag("significant", "significant"),
            .number("dz", "d_z", decimals: 2), .estimate("odds_ratio", "odds ratio", decimals: 2), .integer("only_first", "only A"),
            .integer("only_second", "only B"), .integer("both_wrong", "neither"),
        ]
        var table = DataTable(columns)
        for pair in comparisons {
            var row: [DataTable.Cell] = [
                .text(pair.first), .text(pair.second), .integer(pair.seeds.count), .integer(pair.images), .number(pair.firstError),
                .number(pair.secondError), estimate(pair.difference, pair.interval),
            ]
            if severalSeeds { row.append(estimate(pair.difference, pair.bootstrap)) }
            row += [
                .text(pair.test), .number(pair.p), .number(pair.correctedP), .flag(pair.isSignificant),
                pair.dz.map { .number($0) } ?? .missing, pair.oddsRatio.map { estimate($0.value, $0.interval) } ?? .missing,
                .integer(pair.agreement.onlyFirst.count), .integer(pair.agreement.onlySecond.count), .integer(pair.agreement.bothWrong),
            ]
            table.append(row)
        }
        return table.withoutEmptyColumns
    }

    /// The classes in which the entries of each pair differ most.
    ///
    /// - Parameter names: of the classes, by label; a label without one is shown as a number.
    public static func classes(_ comparisons: [Comparison], most: Int, names: [String] = []) -> DataTable {
        var table = DataTable([
            .text("first", "A"), .text("second", "B"), .text("class", "class"), .integer("images", "images"),
            percent("first_error", "error A %"), percent("second_error", "error B %"), percent("difference", "A − B %"),
            .probability("corrected_p", "p (Holm)"),
        ])
        for pair in comparisons {
            for row in pair.classes.prefix(max(0, most)) where row.difference != 0 {
                table.append([
                    .text(pair.first), .text(pair.second), .text(names.indices.contains(row.label) ? names[row.label] : "\(row.label)"),
                    .integer(row.images), .number(row.firstError),
                    .number(row.secondError), .number(row.difference), .number(row.correctedP),
                ])
            }
        }
        return table
    }

    /// Which test images only one of each pair gets, by index.
    public static func images(_ comparisons: [Comparison]) -> String {
        comparisons.map { pair in
            func line(_ entry: String, _ list: [Int]) -> String {
                "only \(entry) (\(list.count)):\(list.map { " \($0)" }.joined())\n"
            }
            return line(pair.first, pair.agreement.onlyFirst) + line(pair.second, pair.agreement.onlySecond)
        }.joined(separator: "\n")
    }

    /// What was compared, and how, for above the table.
    public static func heading(_ comparisons: [Comparison], dataset: String, pose: StoredEntries.ImagePose) -> String {
        let level = comparisons.first.map { fixed(100 * $0.interval.level, 0) } ?? "95"
        let single = comparisons.allSatisfy { $0.seeds.count == 1 }
        let how =
            single
            ? "one seed: of these trained networks only; \(level) % intervals by bootstrap over images, p by McNemar"
            : "\(level) % intervals and p by t over seeds × images; bootstrap over both beside it"
        return "\(dataset), \(pose.rawValue) test images; \(how)\n"
    }

    // MARK: Rankings

    /// One row per entry, best first.
    public static func ranking(_ rows: [Ranking.Row], figure: String, published: [PublishedComparison] = []) -> DataTable {
        let isShare = Measurement.Figure.isShare(figure)
        let costs = Set(rows.flatMap(\.costs.keys)).sorted()
        let value: DataTable.Column = isShare ? share("value", "\(figure) %") : .estimate("value", figure, decimals: 4)
        let isWhole = { (cost: String) in rows.allSatisfy { $0.costs[cost].map { $0 == $0.rounded() && abs($0) < 1e15 } ?? true } }
        var columns: [DataTable.Column] = [
            .integer("rank", "rank"), .text("entry", "entry"), .integer("seeds", "seeds"), value, .text("group", "group"),
        ]
        for cost in costs {
            let name = cost.replacing(".", with: "_").replacing("-", with: "_")
            columns.append(isWhole(cost) ? .integer(name, cost) : .number(name, cost, decimals: 3))
        }
        columns.append(.text("front", "front"))
        columns.append(isShare ? percent("published", "published %") : .number("published", "published", decimals: 4))
        columns.append(.text("verdict", ""))
        var table = DataTable(columns)
        for (index, row) in rows.enumerated() {
            let comparison = published.first { $0.entry == row.entry && $0.measured != nil }
            var cells: [DataTable.Cell] = [
                .integer(index + 1), .text(row.entry), .integer(row.seeds.count),
                row.interval.map { estimate(row.mean, $0) } ?? .number(row.mean), row.group.map { .text($0) } ?? .missing,
            ]
            for cost in costs {
                cells.append(row.costs[cost].map { isWhole(cost) ? .integer(Int($0)) : .number($0) } ?? .missing)
            }
            cells.append(row.front.isEmpty ? .missing : .text(row.front.joined(separator: " ")))
            cells.append(comparison.map { .number($0.published.value) } ?? .missing)
            cells.append(comparison.map { .text($0.verdict.rawValue) } ?? .missing)
            table.append(cells)
        }
        return table.withoutEmptyColumns
    }

    /// Figures of publications beside the measured ones.
    public static func published(_ comparisons: [PublishedComparison]) -> DataTable {
        var table = DataTable([
            .text("entry", "entry"), .text("dataset", "data set"), .text("metric", "metric"),
            .number("published", "published", decimals: 4),
            .number("spread", "spread", decimals: 4), .estimate("measured", "measured", decimals: 4), .text("verdict", "verdict"),
            .text("source", "source"), .text("note", "note"),
        ])
        for row in comparisons {
            let measured: DataTable.Cell? = row.measured.map { value in row.interval.map { estimate(value, $0) } ?? .number(value) }
            table.append([
                .text(row.entry), .text(row.published.dataset), .text(row.published.metric), .number(row.published.value),
                row.published.spread.map { .number($0) } ?? .missing, measured ?? .missing, .text(row.verdict.rawValue),
                .text(row.published.source), row.published.note.isEmpty ? .missing : .text(row.published.note),
            ])
        }
        return table.withoutEmptyColumns
    }

    // MARK: Pieces

    private static func percent(_ name: String, _ title: String) -> DataTable.Column { .number(name, title, scale: 100, decimals: 2) }
    private static func share(_ name: String, _ title: String) -> DataTable.Column { .estimate(name, title, scale: 100, decimals: 2) }

    private static func estimate(_ value: Double, _ interval: Interval) -> DataTable.Cell {
        .estimate(value, low: interval.low, high: interval.high)
    }
}
