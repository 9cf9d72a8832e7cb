import Foundation
import ZooJobs
import ZooManifest
import ZooReport
import ZooStatistics
import ZooStore

/// A leaderboard for its template.
struct BoardView {
    private let board: Report.Board
    private let id: String
    private let anchors: Anchors
    private let level: Double
    private let isDrawn: Bool

    init(_ board: Report.Board, id: String, anchors: Anchors, level: Double, isDrawn: Bool) {
        (self.board, self.id, self.anchors, self.level, self.isDrawn) = (board, id, anchors, level, isDrawn)
    }

    var view: View {
        get throws {
            let rows = board.rows
            let scale = scale
            let costs = Self.costs.filter { cost in rows.contains { $0.costs[cost.name] != nil } }
            let hasPublished = rows.contains { $0.published != nil }
            return [
                "id": id, "title": "Leaderboard of \(board.shortName)", "text": text, "file": "\(id).csv", "figure": board.figure,
                "from": shown(100 * scale.low, 2), "to": shown(100 * scale.high, 2), "best": rows.first?.entry ?? "",
                "hasUpright": rows.contains { $0.upright != nil }, "hasSignificance": board.significance != nil && rows.count > 1,
                "hasPublished": hasPublished, "costs": costs.map { ["title": $0.title] as View },
                "rows": rows.indices.map { row($0, scale, costs, hasPublished) }, "significance": try significance(),
                "legend": legend(hasPublished),
                "notes": [board.remark.map { "The entries are not tested against each other: \($0)." }].compactMap(\.self),
                "plots": try board.plots(id, level: level).map { try $0.view(isDrawn: isDrawn) },
                "hasConfusions": !confusions.isEmpty, "confusions": confusions.map(confusion), "confusionText": confusionText,
                "confusionData": try confusionData(),
            ]
        }
    }

    private static let costs = [
        (name: "parameters", title: "parameters", decimals: 0), (name: "cost.multiply-adds", title: "multiply-adds", decimals: 0),
        (name: "cost.latency.p50", title: "ms per image", decimals: 3),
    ]

    private static let classes: [PublishedComparison.Verdict: String] = [.agrees: "good", .disagrees: "bad"]

    private var text: String {
        let seeds = board.rows.map(\.seeds.count)
        let (fewest, most) = (seeds.min() ?? 0, seeds.max() ?? 0)
        let pose = board.pose == .transformed ? "transformed as the data set does" : "as they were recorded"
        var text = "\(board.rows.count) \(board.rows.count == 1 ? "entry" : "entries"), \(grouped(board.images)) test images, \(pose); "
        text += fewest == most ? "\(most) \(most == 1 ? "seed" : "seeds") each. " : "\(fewest) to \(most) seeds each. "
        text += board.origin == .initial ? "Weights are untrained." : "Trained on \(board.trainedOn)."
        return text
    }

    /// Of errors; what is far worse than the rest would squeeze it, and ends at the bar's end.
    private var scale: IntervalScale {
        let means = board.rows.map(\.mean).sorted()
        let limit = 4 * means[means.count / 2]
        let values = board.rows.flatMap { row in
            [row.mean, row.interval?.low ?? row.mean, row.interval?.high ?? row.mean] + (row.published.map { [$0.published.value] } ?? [])
        }
        let scale = IntervalScale(values.map { limit > 0 ? min($0, limit) : $0 })
        return IntervalScale([max(0, scale.low), scale.high], margin: 0)
    }

    private func legend(_ hasPublished: Bool) -> String {
        let single = board.rows.allSatisfy { $0.seeds.count == 1 }
        var text =
            single
            ? "Intervals are Wilson’s over the test images, of one trained network each. "
            : "Intervals are Student’s t over seeds, or Wilson’s over images where there is a single seed. "
        if board.significance != nil {
            text +=
                single
                ? "Differences are tested by McNemar’s test on the same images, of these trained networks only, "
                : "Differences are tested by t over seeds × images, "
            text += "with Holm’s correction over all pairs. "
        }
        return text + (hasPublished ? "The dashed mark is the published error." : "")
    }

    // MARK: Rows

    private func row(_ index: Int, _ scale: IntervalScale, _ costs: [(name: String, title: String, decimals: Int)], _ hasPublished: Bool)
        -> View
    {
        let row = board.rows[index]
        let p = index > 0 ? board.significance?[0, index] : nil
        let (low, high) = (row.interval?.low ?? row.mean, row.interval?.high ?? row.mean)
        return [
            "index": index, "rank": index + 1, "entry": row.entry, "anchor": anchors[row.entry], "value": "\(100 * row.mean)",
            "error": fixed(100 * row.mean, 2), "interval": interval(row), "low": scale.place(low), "high": scale.place(high),
            "dot": scale.dot(row.mean), "publishedAt": section(row.published.map { scale.place($0.published.value) }),
            "upright": row.upright.map { fixed(100 * $0, 2) } ?? "", "uprightValue": row.upright.map { "\(100 * $0)" } ?? "",
            "versus": p.map { $0 < 1 - level ? "differs" : "no difference" } ?? "–", "versusValue": p.map { "\($0)" } ?? "",
            "seeds": row.seeds.count, "hasWarnings": !row.warnings.isEmpty, "warnings": row.warnings.joined(separator: "; "),
            "costCells": costs.map { cost in
                let value = row.costs[cost.name]
                return [
                    "title": cost.title, "value": value.map { "\($0)" } ?? "",
                    "text": value.map { cost.decimals == 0 ? whole($0) : fixed($0, cost.decimals) } ?? "",
                    "isFront": row.front.contains(cost.name),
                ] as View
            },
            "published": row.published.map(published) ?? "", "publishedValue": row.published.map { "\(100 * $0.published.value)" } ?? "",
            "verdict": section(row.published?.verdict.rawValue),
            "verdictClass": Self.classes[row.published?.verdict ?? .notMeasured] ?? "open",
            "source": row.published.map { $0.published.source + ($0.published.note.isEmpty ? "" : "; " + $0.published.note) } ?? "",
        ]
    }

    private func interval(_ row: Report.Row) -> String {
        guard let interval = row.interval, interval.low.isFinite, interval.high.isFinite else { return "" }
        return "[\(fixed(100 * interval.low, 2)), \(fixed(100 * interval.high, 2))]"
    }

    private func published(_ comparison: PublishedComparison) -> String {
        fixed(100 * comparison.published.value, 2) + (comparison.published.spread.map { " ± \(fixed(100 * $0, 2))" } ?? "")
    }

    /// The part of the matrix above its diagonal, row by row: of each p-value −log₁₀ p in steps of 1/4000, 16 bits little-endian, as Base64.
    /// The digits of the half a million p-values of a thousand entries would take longer than all other things on the page.
    private func significance() throws -> String {
        struct Payload: Encodable {
            let p: String
            let rows: Int
            let steps: Double
            let alpha: Double
        }
        guard let table = board.significance else { return "" }
        let steps = 4000.0
        let codes = table.values.map { p -> UInt16 in
            (p.isFinite ? UInt16(min(max(-log10(p) * steps, 0), Double(UInt16.max)).rounded()) : 0).littleEndian
        }
        let bytes = codes.withUnsafeBytes { Data($0) }
        return try ScriptText.json(Payload(p: bytes.base64EncodedString(), rows: table.count, steps: steps, alpha: 1 - level))
    }

    // MARK: Confusion

    /// Those with the same classes as the first.
    private var confusions: [Report.Confusion] { board.confusions.filter { $0.classes == board.confusions[0].classes } }

    private var confusionText: String {
        let seeds = confusions.map(\.seeds).max() ?? 1
        let entries = confusions.count < board.rows.count ? ", of the best \(confusions.count) entries" : ""
        return
            "What each class was read as, counted over all test images\(seeds > 1 ? " and all seeds" : "")\(entries). "
            + "Off the diagonal, darker is more frequent."
    }

    private func confusion(_ confusion: Report.Confusion) -> View {
        let worst = confusion.worst(5).map { "\($0.label) as \($0.prediction) (\($0.images))" }
        return ["entry": confusion.entry, "worst": worst.isEmpty ? "none" : worst.joined(separator: ", ")]
    }

    private func confusionData() throws -> String {
        struct Payload: Encodable {
            let classes: [String]
            let entries: [[[Int]]]
        }
        guard let classes = confusions.first?.classes else { return "" }
        return try ScriptText.json(Payload(classes: classes, entries: confusions.map(\.counts)))
    }
}

func fixed(_ value: Double, _ decimals: Int) -> String {
    value.isFinite ? String(format: "%.\(decimals)f", value).replacing("-", with: "−") : "–"
}

/// A count that a store holds, which may be any number.
private func whole(_ value: Double) -> String { Int(exactly: value.rounded()).map(grouped) ?? "–" }

/// 12,345
func grouped(_ number: Int) -> String { number.formatted(.number.locale(Locale(identifier: "en_US"))) }
