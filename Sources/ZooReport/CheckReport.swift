public import ZooCheck

extension ResultTables {
    /// What the checks of a plugin found, for people.
    public static func text(of report: PluginCheck.Report, for terminal: Terminal) -> String {
        var table = TextTable([.init(""), .init("check"), .init("s", .right), .init("found")])
        for result in report.checks {
            let mark =
                switch result.verdict {
                case .passed: "ok"
                case .skipped: "-"
                case .failed: "!!"
                }
            let details = result.details.isEmpty ? [""] : result.details.map(singleLine)
            for (index, detail) in details.enumerated() {
                table.append(index == 0 ? [mark, result.check, fixed(result.seconds, 1), detail] : ["", "", "", detail])
            }
        }
        // A complaint cut to the terminal's width would hide what is wrong.
        let unlimited = Terminal(isTerminal: terminal.isTerminal, width: nil, usesColor: terminal.usesColor)
        let failures = report.checks.count { $0.verdict == .failed }
        let verdict =
            failures == 0
            ? "all \(report.checks.count) checks passed or do not apply" : "\(failures) of \(report.checks.count) checks failed"
        return table.rendered(for: unlimited) + "\(report.file): \(verdict); seed \(report.seed)\n"
    }
}
