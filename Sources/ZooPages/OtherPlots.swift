import Foundation
import ZooReport

extension Report.PosePlot {
    /// Where the axes end: a little beyond what is applied, and alike, so that a slope of 1 is a diagonal.
    private var extent: Double {
        let most = panels.flatMap(\.applied).map(abs).filter { $0 < 1e6 }.max() ?? 1
        return part == "rotation" ? min(180, (1.2 * most / 15).rounded(.up) * 15) : 1.25 * max(most, 0.1)
    }

    func plot(_ id: String) -> Plot {
        let name = part.replacing("translation-x", with: "shift to the right").replacing("translation-y", with: "shift down")
        let end = extent
        let x = VegaLite.Channel.quantitative(
            "applied", "applied, \(unit)", scale: .init(domain: [-end, end], nice: false), axis: .init(tickCount: 5))
        let y = VegaLite.Channel.quantitative(
            "predicted", "predicted, \(unit)", scale: .init(domain: [-end, end], nice: false), axis: .init(tickCount: 5))
        func line(_ kind: String, _ mark: VegaLite.Mark) -> VegaLite.Layer {
            .init(mark, .init(x: x, y: y), where: "datum.kind === '\(kind)'")
        }
        let view = VegaLite.View(
            description: "Predicted against applied \(name), \(unit), with the Deming line; dashed is the diagonal.", height: 190,
            layer: [
                line(
                    "diagonal",
                    .init(
                        .line, opacity: 0.6, strokeWidth: 1, strokeDash: [3, 3], clip: true, color: "currentColor", aria: false)),
                .init(
                    .init(.point, opacity: 0.6, size: 14, filled: true, clip: true, aria: false),
                    .init(
                        x: x, y: y, color: VegaLite.Channel.withoutLegend(.nominal("entry", "entry")),
                        tooltip: [
                            .quantitative("applied", "applied, \(unit)", format: ".1f"),
                            .quantitative("predicted", "predicted, \(unit)", format: ".1f"),
                        ]),
                    where: "datum.kind === 'image'"),
                line("Deming", .init(.line, strokeWidth: 2, clip: true, color: "currentColor", aria: false)),
            ])
        var (entries, kinds, applied, predicted) = ([String](), [String](), [Double](), [Double]())
        func add(_ entry: String, _ kind: String, _ x: Double, _ y: Double) {
            entries.append(entry)
            kinds.append(kind)
            applied.append(x)
            predicted.append(y)
        }
        func rounded(_ value: Double) -> Double { (1000 * value).rounded() / 1000 }
        for panel in panels {
            for (x, y) in zip(panel.applied, panel.predicted) { add(panel.entry, "image", rounded(x), rounded(y)) }
            for x in [-end, end] {
                add(panel.entry, "Deming", x, panel.intercept + panel.slope * x)
                add(panel.entry, "diagonal", x, x)
            }
        }
        var summary = DataTable([
            .text("entry", "entry"), .estimate("slope", "slope", decimals: 3), .integer("seeds", "seeds"),
            .number("spread", "spread within classes, \(unit)", decimals: 2), .number("r2", "R²", decimals: 3),
            .integer("images", "images"),
        ])
        for panel in panels {
            summary.append([
                .text(panel.entry),
                .estimate(
                    panel.slopes.mean, low: panel.slopes.low ?? panel.low ?? .nan, high: panel.slopes.high ?? panel.high ?? .nan),
                .integer(panel.slopes.seeds), .number(panel.spread), .number(panel.r2), .integer(panel.images),
            ])
        }
        let near = panels.filter { abs($0.slopes.mean - 1) < 0.1 }.map(\.entry)
        let text =
            "Each point is a test image: the \(name) that its transformer undoes against the one that was applied. A transformer that aligns its images "
            + "has a Deming slope of 1 and a small spread within classes (the dashed diagonal); one that ignores the pose has a slope of 0. "
            + (near.isEmpty ? "No slope lies within 0.1 of 1." : "Slopes within 0.1 of 1: \(list(near)).")
            + " Points are of one seed, and a part of the images that lines are fitted to; intervals of slopes are over seeds, or of one seed over images."
        return Plot(
            id: id, title: "Predicted against applied \(name)", text: text, view: view,
            columns: [
                .init(name: "entry", values: .texts(entries)), .init(name: "kind", values: .texts(kinds)),
                .init(name: "applied", values: .numbers(applied)), .init(name: "predicted", values: .numbers(predicted)),
            ], isSplit: true, summary: summary)
    }
}

extension Report.Learning {
    func plot(_ id: String, level: Double) -> Plot {
        let name = { (series: Series) in series.recipe.isEmpty ? series.entry : "\(series.entry) (\(series.recipe))" }
        let x = VegaLite.Channel.quantitative(
            "epoch", "epoch", scale: .init(zero: false, nice: false), axis: .init(format: "d", tickMinStep: 1))
        let logarithmic = VegaLite.Scale(type: .log, nice: false)
        let y = VegaLite.Channel.quantitative("loss", "training loss, nats", scale: logarithmic)
        let color = VegaLite.Channel.nominal("entry", "entry")
        var band = VegaLite.Channel.quantitative("low", "training loss, nats", scale: logarithmic)
        band.stack = false
        let detail = VegaLite.Channel.nominal("series", "training")
        let view = VegaLite.View(
            description: "Training loss over epochs on \(dataset), a line for each of \(series.count) kinds of training.", height: 280,
            layer: [
                .init(
                    .init(.area, opacity: 0.18, aria: false),
                    .init(x: x, y: band, y2: .field("high"), color: color, detail: detail)),
                .init(
                    .init(.line, strokeWidth: 2),
                    .init(x: x, y: y, color: color, strokeDash: color, detail: detail)),
                .init(
                    .init(.point, size: 22, filled: true, aria: false),
                    .init(
                        x: x, y: y, color: color,
                        tooltip: [
                            detail, .quantitative("epoch", "epoch"), .quantitative("loss", "loss", format: ".4f"),
                            .quantitative("seeds", "seeds"),
                        ])),
            ])
        let rows = series.flatMap { series in series.points.map { (series, $0) } }
        var summary = DataTable([
            .text("series", "training"), .integer("epochs", "epochs"), .number("first", "loss after the first", decimals: 4),
            .number("last", "after the last", decimals: 4), .integer("seeds", "seeds"),
        ])
        for series in series {
            guard let first = series.points.first, let last = series.points.last else { continue }
            summary.append([
                .text(name(series)), .integer(last.epoch), .number(first.loss.mean), .number(last.loss.mean), .integer(last.loss.seeds),
            ])
        }
        func positive(_ value: Double) -> Double { max(value, 1e-6) }
        return Plot(
            id: id, title: "Learning curves on \(dataset)",
            text:
                "Mean cross entropy over each epoch's training images, in training mode, on a logarithmic axis; bands are \(percent(level)) intervals over seeds, "
                + "where there are several.",
            view: view,
            columns: [
                .init(name: "entry", values: .texts(rows.map(\.0.entry))), .init(name: "series", values: .texts(rows.map { name($0.0) })),
                .init(name: "epoch", values: .numbers(rows.map { Double($0.1.epoch) })),
                .init(name: "loss", values: .numbers(rows.map { positive($0.1.loss.mean) })),
                .init(name: "low", values: .numbers(rows.map { positive($0.1.loss.low ?? $0.1.loss.mean) })),
                .init(name: "high", values: .numbers(rows.map { positive($0.1.loss.high ?? $0.1.loss.mean) })),
                .init(name: "seeds", values: .numbers(rows.map { Double($0.1.loss.seeds) })),
            ], summary: summary)
    }
}
