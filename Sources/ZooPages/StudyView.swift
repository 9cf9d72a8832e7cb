import ZooJobs
import ZooReport
import ZooStatistics
import ZooStore

/// A study for its template.
struct StudyView {
    private let study: Report.Study
    private let id: String
    private let level: Double

    init(_ study: Report.Study, id: String, level: Double) { (self.study, self.id, self.level) = (study, id, level) }

    var view: View {
        let decided = study.claims.filter { $0.result.verdict != .undecided }
        let supported = decided.count { $0.result.verdict == .supported }
        let text =
            study.claims.isEmpty
            ? "The study makes no claims."
            : "At the budget \(study.budget), \(decided.count) of \(study.claims.count) claims are decided: \(supported) supported, "
                + "\(decided.count - supported) contradicted."
        return [
            "id": id, "name": study.id, "title": study.title, "text": (study.source.isEmpty ? "" : "After \(study.source). ") + text,
            "hasClaims": !study.claims.isEmpty, "claims": study.claims.map(claim),
            "table": study.results.view(caption: "Results of \(study.id), budget \(study.budget)"), "hasMissing": !study.missing.isEmpty,
            "missingCount": study.missing.count == 1
                ? "1 entry has trainings that are" : "\(study.missing.count) entries have trainings that are",
            "missing": study.missing, "hasConditions": !(study.fixed + study.differences).isEmpty, "fixed": study.fixed,
            "differences": study.differences,
        ]
    }

    private func claim(_ claim: Report.Claim) -> View {
        let result = claim.result
        let factor = claim.isShare ? 100.0 : 1
        let unit = claim.isShare ? " %" : ""
        var detail = "\(result.figure) of \(claim.terms), expected \(claim.expectation)"
        if !result.source.isEmpty { detail += "; \(result.source)" }
        if let contrast = result.contrast { detail += "; \(contrast.seeds) seeds, \(contrast.test.rawValue)" }
        if !result.reason.isEmpty { detail += "; not computed: \(result.reason)" }
        var view: View = [
            "verdict": result.verdict.rawValue, "statement": result.statement, "detail": detail, "difference": "", "p": "",
            "class": result.verdict == .supported ? "good" : result.verdict == .contradicted ? "bad" : "open", "isDrawn": false,
        ]
        if let p = result.correctedP { view["p"] = p < 0.0001 ? "< 0.0001" : shown(p, p < 0.01 ? 4 : p < 0.1 ? 3 : 2) }
        guard let contrast = result.contrast, let interval = result.interval, interval.low.isFinite, interval.high.isFinite else {
            return view
        }
        let scale = IntervalScale([0, interval.low, interval.high])
        view["difference"] =
            "\(fixed(factor * contrast.estimate, 2))\(unit) [\(fixed(factor * interval.low, 2)), \(fixed(factor * interval.high, 2))]"
        view["isDrawn"] = true
        view["zero"] = scale.place(0)
        view["low"] = scale.place(interval.low)
        view["high"] = scale.place(interval.high)
        view["dot"] = scale.dot(contrast.estimate)
        return view
    }
}

extension Report.Theorem {
    /// The values of the template "theorem".
    var view: View {
        var heads: [(transformation: String, title: String)] = []
        for cell in rows.flatMap(\.cells) where !heads.contains(where: { $0.transformation == cell.transformation }) {
            // A shift is as long as the extractor's stages need it, which differs between entries.
            heads.append((cell.transformation, cell.transformation == "translation" ? "shift" : cell.title))
        }
        let name = origin == .initial ? "untrained" : "trained on \(trainedOn)"
        return [
            "title": "Images of \(dataset), networks \(name)", "heads": heads.map(\.title),
            "rows": rows.map { row in
                [
                    "entry": row.entry,
                    "cells": heads.map { head in
                        row.cells.first { $0.transformation == head.transformation }.map { view($0, head.title) }
                            ?? ["isThere": false, "level": 0, "label": head.title]
                    } + [inputView(row)],
                ] as View
            },
        ]
    }

    private func view(_ cell: Cell, _ label: String) -> View {
        [
            "isThere": true, "label": label, "gap": number(cell.best), "floor": cell.floor > 1e-5 ? "/ \(number(cell.floor))" : "",
            "verdict": cell.verdict, "level": level(cell.best, cell.verdict),
        ]
    }

    /// The largest gap of all transformations once the input is aligned.
    private func inputView(_ row: Row) -> View {
        let worst = row.cells.filter { $0.input.isFinite }.max { $0.input < $1.input }
        let verdicts = Set(row.cells.map(\.inputVerdict))
        let verdict = ["not aligned", "below the floor", "aligned"].first(where: verdicts.contains) ?? "unknown"
        guard let worst else { return ["isThere": false, "level": 0, "label": "input aligned"] }
        return [
            "isThere": true, "label": "input aligned", "gap": number(worst.input), "floor": "at most", "verdict": verdict,
            "level": level(verdict == "not aligned" ? worst.input : 0, verdict),
        ]
    }

    /// How dark a cell is: by the gap where features are not aligned.
    private func level(_ gap: Double, _ verdict: String) -> Int {
        switch verdict {
        case "aligned": 1
        case "below the floor": 2
        case "not aligned": gap < 0.3 ? 3 : gap < 0.5 ? 4 : 5
        default: 0
        }
    }

    private func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        return value == 0 ? "0" : value < 0.001 ? "< 0.001" : fixed(value, 3)
    }
}
