import ZooCore
import ZooJobs
import ZooManifest
import ZooStatistics
import ZooStore

// A report for papers, READMEs and programs: the same model as the page's, without what only a page can show.
extension Report {
    /// Leaderboards, claims and the theorem's table as a Markdown document.
    public var markdown: String {
        var text = "# Results\n\n"
        text +=
            "Written by zoo \(zoo) from \(stores.map { "`\($0)`" }.joined(separator: ", ")). Intervals are of \(fixed(100 * level, 0)) %.\n"
        for (title, table) in tables { text += "\n## \(Markdown.escaped(title))\n\n\(table.markdown)" }
        return text
    }

    /// The same as LaTeX tables with captions.
    public var latex: String {
        tables.enumerated().map { index, part in part.table.latex(caption: part.title, label: "tab:zoo-\(index + 1)") }.joined(
            separator: "\n")
    }

    /// All leaderboards in one table, for programs.
    public var csv: String {
        let costs = Set(boards.flatMap(\.rows).flatMap(\.costs.keys)).sorted()
        var table = DataTable(
            [
                .text("dataset", "data set"), .text("trained_on", "trained on"), .text("weights", "weights"), .text("figure", "figure"),
                .integer("rank", "rank"), .text("entry", "entry"), .integer("seeds", "seeds"), .integer("images", "images"),
                .estimate("error", "error", decimals: 4), .number("upright", "error upright", decimals: 4), .text("group", "group"),
            ] + costs.map { .number($0.replacing(".", with: "_").replacing("-", with: "_"), $0, decimals: 3) } + [
                .text("front", "front"), .number("published", "published", decimals: 4), .text("verdict", "verdict"),
                .text("source", "source"),
            ])
        for board in boards {
            for (index, row) in board.rows.enumerated() {
                var cells: [DataTable.Cell] = [
                    .text(board.dataset), .text(board.trainedOn), .text(board.origin.rawValue), .text(board.figure), .integer(index + 1),
                    .text(row.entry), .integer(row.seeds.count), .integer(board.images),
                    row.interval.map { .estimate(row.mean, low: $0.low, high: $0.high) } ?? .number(row.mean),
                    row.upright.map { .number($0) } ?? .missing, row.ranked.group.map { .text($0) } ?? .missing,
                ]
                cells += costs.map { cost in row.costs[cost].map { .number($0) } ?? .missing }
                cells.append(row.front.isEmpty ? .missing : .text(row.front.joined(separator: " ")))
                cells.append(row.published.map { .number($0.published.value) } ?? .missing)
                cells.append(row.published.map { .text($0.verdict.rawValue) } ?? .missing)
                cells.append(row.published.map { .text($0.published.source) } ?? .missing)
                table.append(cells)
            }
        }
        return table.csv
    }

    private var tables: [(title: String, table: DataTable)] {
        var list: [(title: String, table: DataTable)] = []
        for study in studies {
            list.append(("\(study.id), budget \(study.budget): \(study.title)", study.results))
            if !study.claims.isEmpty {
                list.append(("Claims of \(study.id), budget \(study.budget)", StudyTables.claims(study.claims.map(\.result))))
            }
        }
        for board in boards {
            let name = board.dataset + (board.trainedOn == board.dataset ? "" : ", trained on \(board.trainedOn)")
            let ranking = ComparisonTables.ranking(
                board.rows.map(\.ranked), figure: board.figure, published: board.rows.compactMap(\.published))
            list.append((board.origin == .initial ? "\(name), untrained" : name, ranking))
        }
        for theorem in theorems {
            var table = DataTable([
                .text("entry", "entry"), .text("transformation", "transformation"), .number("best", "smallest gap", decimals: 3),
                .number("floor", "floor", decimals: 3), .text("verdict", "features"), .text("input", "input aligned"),
            ])
            for row in theorem.rows {
                for cell in row.cells {
                    table.append([
                        .text(row.entry), .text(cell.title), .number(cell.best), .number(cell.floor), .text(cell.verdict),
                        .text(cell.inputVerdict),
                    ])
                }
            }
            list.append(("Alignment of features, images of \(theorem.dataset)", table))
        }
        return list
    }
}
