import Foundation
import ZooReport
import ZooStatistics

// The plots of a leaderboard.
extension Report.Board {
    /// - Parameter prefix: of the plots' ids.
    func plots(_ prefix: String, level: Double) -> [Plot] {
        costPlots(prefix, level) + curves.map { $0.plot("\(prefix)-\($0.transformation)", level) }
            + poses.map { $0.plot("\(prefix)-pose-\($0.part)") }
    }

    private static let costNames = [
        "parameters": "parameters", "cost.multiply-adds": "multiply-adds per image", "cost.latency.p50": "latency of one image, ms",
    ]

    /// Error against each cost that is stored.
    private func costPlots(_ prefix: String, _ level: Double) -> [Plot] {
        Set(rows.flatMap(\.costs.keys)).sorted().compactMap { cost in
            let points = rows.filter { ($0.costs[cost] ?? 0) > 0 }
            guard points.count > 1 else { return nil }
            let name = Self.costNames[cost] ?? cost
            let front = points.filter { $0.front.contains(cost) }
            let x = VegaLite.Channel.quantitative("cost", name, scale: .init(type: .log, nice: false), axis: .init(tickCount: 6))
            let y = VegaLite.Channel.quantitative("error", "error, %", scale: .init(zero: false))
            let tooltip: [VegaLite.Channel] = [
                .nominal("entry", "entry"), .quantitative("cost", name, format: ",.4~g"), .quantitative("error", "error, %", format: ".2f"),
                .quantitative("low", "from", format: ".2f"), .quantitative("high", "to", format: ".2f"),
            ]
            let onFront = VegaLite.Channel.withoutLegend(.nominal("front", "on the front"))
            let bounds = VegaLite.Encoding(
                x: x, y: .quantitative("low", "error, %", scale: .init(zero: false)), y2: .field("high"), color: onFront)
            let view = VegaLite.View(
                description: "Error in percent against \(name) of \(points.count) entries; the front is \(list(front.map(\.entry))).",
                height: 320,
                layer: [
                    .init(
                        .init(.line, opacity: 0.7, strokeDash: [4, 3], interpolate: "step-after", color: "currentColor", aria: false),
                        .init(x: x, y: y), where: "datum.front === 'yes'"),
                    .init(.init(.rule, opacity: 0.5, aria: false), bounds),
                    .init(.init(.point, opacity: 1, size: 60, filled: true), .init(x: x, y: y, color: onFront, tooltip: tooltip)),
                    .init(
                        .init(.text, align: "left", dx: 7, dy: -6, aria: false),
                        .init(x: x, y: y, text: .field("entry")), where: "datum.front === 'yes'"),
                ])
            var summary = DataTable([
                .text("entry", "entry"), .number("cost", name, decimals: 0), .number("error", "error, %", decimals: 2),
                .flag("front", "front"),
            ])
            for row in points {
                summary.append([
                    .text(row.entry), .number(row.costs[cost] ?? .nan), .number(100 * row.mean), .flag(row.front.contains(cost)),
                ])
            }
            let text =
                "Error of each entry against \(name), on a logarithmic axis; bars are \(percent(level)) intervals. No other entry is at least as good "
                + "and at least as cheap as those on the front: \(list(front.map(\.entry)))."
            return Plot(
                id: "\(prefix)-\(cost.replacing(".", with: "-"))", title: "Error against \(name)", text: text, view: view,
                columns: [
                    .init(name: "entry", values: .texts(points.map(\.entry))),
                    .init(name: "cost", values: .numbers(points.map { $0.costs[cost] ?? .nan })),
                    .init(name: "error", values: .numbers(points.map { 100 * $0.mean })),
                    .init(name: "low", values: .numbers(points.map { 100 * ($0.interval?.low ?? $0.mean) })),
                    .init(name: "high", values: .numbers(points.map { 100 * ($0.interval?.high ?? $0.mean) })),
                    .init(name: "front", values: .texts(points.map { $0.front.contains(cost) ? "yes" : "no" })),
                ], isChosen: false, summary: summary)
        }
    }
}

extension Report.Curve {
    /// Mean and lowest point of a series.
    private func range(_ series: Series) -> (mean: Double, worst: Point)? {
        guard let worst = series.points.min(by: { $0.accuracy.mean < $1.accuracy.mean }) else { return nil }
        return (series.points.reduce(0) { $0 + $1.accuracy.mean } / Double(series.points.count), worst)
    }

    fileprivate var axisTitle: String {
        switch transformation {
        case "rotation": "rotation, degrees anticlockwise"
        case "scale": "size of the picture, × its own"
        case "shear": "shear, pixels of x per pixel of y"
        default: "shift to the right and down, pixels"
        }
    }

    func plot(_ id: String, _ level: Double) -> Plot {
        let isScale = transformation == "scale"
        let x = VegaLite.Channel.quantitative(
            "value", axisTitle, scale: .init(type: isScale ? .log : nil, zero: isScale ? nil : false, nice: false),
            axis: .init(values: transformation == "rotation" ? [-180, -135, -90, -45, 0, 45, 90, 135, 180] : nil))
        let y = VegaLite.Channel.quantitative("accuracy", "accuracy, %", scale: .init(zero: false))
        let color = VegaLite.Channel.nominal("entry", "entry")
        let tooltip: [VegaLite.Channel] = [
            .nominal("entry", "entry"), .quantitative("value", axisTitle), .quantitative("accuracy", "accuracy, %", format: ".2f"),
            .quantitative("seeds", "seeds"),
        ]
        var band = VegaLite.Channel.quantitative("low", "accuracy, %", scale: .init(zero: false))
        band.stack = false
        let view = VegaLite.View(
            description: "Accuracy in percent against \(axisTitle), a line for each of \(series.count) entries.", height: 280,
            layer: [
                .init(
                    .init(.area, opacity: 0.18, aria: false),
                    .init(x: x, y: band, y2: .field("high"), color: color)),
                .init(
                    .init(.line, strokeWidth: 2),
                    .init(x: x, y: y, color: color, strokeDash: color)),
                .init(
                    .init(.point, size: 22, filled: true, aria: false),
                    .init(x: x, y: y, color: color, tooltip: tooltip)),
            ])
        let rows = series.flatMap { series in series.points.map { (series.entry, $0) } }
        let ranges = series.compactMap { series in range(series).map { (entry: series.entry, mean: $0.mean, worst: $0.worst) } }
        var summary = DataTable([
            .text("entry", "entry"), .number("mean", "mean accuracy, %", decimals: 2), .number("worst", "lowest, %", decimals: 2),
            .number("at", "at\(unit.isEmpty ? "" : ", \(unit)")", decimals: 2), .integer("seeds", "seeds"),
        ])
        for range in ranges {
            summary.append([
                .text(range.entry), .number(100 * range.mean), .number(100 * range.worst.accuracy.mean), .number(range.worst.value),
                .integer(range.worst.accuracy.seeds),
            ])
        }
        let seeds = rows.map(\.1.accuracy.seeds).max() ?? 1
        let best = ranges.max { $0.worst.accuracy.mean < $1.worst.accuracy.mean }
        let text =
            "Accuracy on \(images) upright test images, all transformed alike. "
            + (seeds > 1 ? "Lines are means over seeds, bands \(percent(level)) intervals over seeds. " : "Each line is of a single seed. ")
            + (best.map {
                "Where it is worst, \($0.entry) is better than the others are: \(shown(100 * $0.worst.accuracy.mean, 1)) % at \(shown($0.worst.value, 2))\(unit)."
            } ?? "")
        return Plot(
            id: id, title: "Accuracy against \(transformation)", text: text, view: view,
            columns: [
                .init(name: "entry", values: .texts(rows.map(\.0))), .init(name: "value", values: .numbers(rows.map(\.1.value))),
                .init(name: "accuracy", values: .numbers(rows.map { 100 * $0.1.accuracy.mean })),
                .init(name: "low", values: .numbers(rows.map { 100 * ($0.1.accuracy.low ?? $0.1.accuracy.mean) })),
                .init(name: "high", values: .numbers(rows.map { 100 * ($0.1.accuracy.high ?? $0.1.accuracy.mean) })),
                .init(name: "seeds", values: .numbers(rows.map { Double($0.1.accuracy.seeds) })),
            ], summary: summary)
    }
}

/// "a, b and c"
func list(_ words: [String]) -> String {
    guard words.count > 1, let last = words.last else { return words.first ?? "none" }
    return words.dropLast().joined(separator: ", ") + " and " + last
}

/// "95 %"
func percent(_ level: Double) -> String { "\(shown(100 * level, 0))\u{A0}%" }

/// The number with at most that many decimals, without zeros at the end.
func shown(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return "–" }
    var text = String(format: "%.\(decimals)f", value)
    if text.contains(".") {
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
    }
    return text == "-0" ? "0" : text.replacing("-", with: "−")
}
