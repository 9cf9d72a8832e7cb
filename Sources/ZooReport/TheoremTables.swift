public import ZooProbes

/// The theorem of [JMFL20, arXiv:2004.14716] as tables for people.
public enum TheoremTables {
    /// The question, the answers after the last stage, then every extractor stage by stage.
    public static func page(_ reports: [TheoremReport], for terminal: Terminal) -> String {
        var text = terminal.bold("Can features be aligned by transforming the features?") + "\n"
        text += """
            ‖T_h Λ(T_g f) − Λ(f)‖ / ‖Λ(f)‖ after the last stage, for the best affine h that a search finds; 'aligned' is rounding
            (\(scientific(AlignmentVerdict.rounding))), and 'below floor' is no more than interpolation alone brings (the figure after /).
            'by channels' is rounding too, once channels are moved as the extractor declares.

            """
        text += "\n" + summary(reports).rendered(for: terminal)
        for report in reports {
            text += "\n" + terminal.bold(title(report)) + "\n" + stages(report).rendered(for: terminal)
            for remark in report.remarks { text += "–: \(remark)\n" }
        }
        text += """

            at g⁻¹    h undoes the transformation: T_g⁻¹ Λ(T_g f) against Λ(f)
            permuted  the same with the channels moved as the stage declares
            best h    the smallest gap of any affine h that was found, one h for all images
            input     the image is aligned first: Λ(T_g⁻¹ T_g f) against Λ(f)
            floor     what interpolation alone does to the image, to its features and (for best h) to the map; 0 where pixels only move

            """
        return text
    }

    /// Transformations down, extractors across.
    static func summary(_ reports: [TheoremReport]) -> TextTable {
        var table = TextTable([.init("transformation")] + reports.map { .init("\($0.name)\($0.isTrained ? ", trained" : "")") })
        for row in order(reports.flatMap(\.conclusions)) {
            table.append(
                [row.title]
                    + reports.map { report in
                        report.conclusions.first { $0.transformation == row.transformation }.map(answer) ?? "–"
                    })
        }
        table.append(
            ["any, input aligned"]
                + reports.map { report in
                    switch AlignmentVerdict.all(report.results.map(\.inputVerdict)) {
                    case .aligned: "aligned"
                    case .belowFloor: "at the floor"
                    case .notAligned: "not aligned"
                    case .unknown: "–"
                    }
                })
        return table
    }

    /// One extractor: a row for every stage under every transformation.
    static func stages(_ report: TheoremReport) -> TextTable {
        var table = TextTable([
            .init("transformation"), .init("stage"), .init("at g⁻¹", .right), .init("permuted", .right), .init("best h", .right),
            .init("floor", .right), .init("features"), .init("input", .right), .init("/ floor", .right), .init("input"),
        ])
        var last = ""
        for result in report.results {
            table.append([
                result.title == last ? "" : result.title, result.stage, number(result.gap), result.permuted.map(number) ?? "–",
                number(result.best), number(result.floor), result.isAlignedByChannels ? "by channels" : short(result.verdict),
                number(result.inputAligned), number(result.inputFloor),
                short(result.inputVerdict),
            ])
            last = result.title
        }
        return table
    }

    private static func title(_ report: TheoremReport) -> String {
        let id = report.name == report.extractor ? report.name : "\(report.name) (\(report.extractor))"
        return "\(id), \(report.isTrained ? "weights \(report.weights)" : "untrained")"
    }

    private static func answer(_ result: AlignmentResult) -> String {
        if result.isAlignedByChannels, let permuted = result.permuted { return "by channels \(number(permuted))" }
        return switch result.verdict {
        case .aligned: "aligned \(number(result.best))"
        case .belowFloor: "below floor \(number(result.best)) / \(number(result.floor))"
        case .notAligned:
            "not aligned \(number(result.best))" + (result.floor > AlignmentVerdict.rounding ? " / \(number(result.floor))" : "")
        case .unknown: "–"
        }
    }

    private static func short(_ verdict: AlignmentVerdict) -> String {
        switch verdict {
        case .aligned: "aligned"
        case .belowFloor: "below floor"
        case .notAligned: "not aligned"
        case .unknown: "–"
        }
    }

    /// One result of each transformation, in the order in which they first appear.
    private static func order(_ results: [AlignmentResult]) -> [AlignmentResult] {
        var seen: Set<String> = []
        return results.filter { seen.insert($0.transformation).inserted }
    }

    /// 0.412, 3e-7, 0.
    private static func number(_ value: Double) -> String {
        if !value.isFinite { return "–" }
        return value == 0 ? "0" : value < 0.001 ? scientific(value) : fixed(value, 3)
    }
}
