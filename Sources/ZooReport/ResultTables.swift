public import ZooProbes
public import ZooTraining

/// Results as tables.
public enum ResultTables {
    /// What is done to the images, as a column's title: "strokes-rotated" gives "rotated".
    private static func transformation(_ datasets: [String]) -> String {
        let names = Set(datasets.map { $0.prefix { $0 != "?" }.split(separator: "-").dropFirst().joined(separator: "-") })
        // "rotated" of "mnist-rotated"; what is left of "rotated-mnist-12k" or "mnist-size-1%" is no such word.
        guard names.count == 1, let name = names.first, !name.isEmpty, !name.contains(where: \.isNumber) else { return "transformed" }
        return name
    }

    /// One row per evaluation; errors in percent, the loss in nats on the images as the data set gives them.
    public static func table(of evaluations: [Evaluation]) -> TextTable {
        let transforms = evaluations.contains { $0.transformed != nil }
        let how = transformation(evaluations.map(\.dataset))
        let showsSeed = Set(evaluations.map(\.seed)).count > 1
        let showsDataSet = Set(evaluations.map(\.dataset)).count > 1
        var columns: [TextTable.Column] = [.init("entry")]
        if showsDataSet { columns.append(.init("dataset")) }
        if showsSeed { columns.append(.init("seed", .right)) }
        columns.append(.init("error upright %", .decimal))
        if transforms { columns.append(.init("error \(how) %", .decimal)) }
        columns += [
            .init(transforms ? "loss \(how)" : "loss", .decimal), .init("parameters", .right), .init("images/s", .right), .init("plugins"),
        ]
        var table = TextTable(columns)
        for evaluation in evaluations {
            var row = [evaluation.entry]
            if showsDataSet { row.append(evaluation.dataset) }
            if showsSeed { row.append("\(evaluation.seed)") }
            row.append(percent(evaluation.upright.error))
            if transforms { row.append(evaluation.transformed.map { percent($0.error) } ?? "") }
            row += [
                fixed((evaluation.transformed ?? evaluation.upright).loss, 4), evaluation.parameters.map { withCommas($0) } ?? "",
                withCommas(evaluation.imagesPerSecond),
                evaluation.plugins.joined(separator: ", "),
            ]
            table.append(row)
        }
        return table
    }

    /// One row per training run; errors in percent, losses in nats. Terminals with Unicode show the learning curve, too.
    public static func table(of runs: [TrainingResult], for terminal: Terminal = .plain) -> TextTable {
        let transforms = runs.contains { $0.transformed != nil }
        let showsDataSet = Set(runs.map(\.dataset)).count > 1
        var columns: [TextTable.Column] = [.init("entry")]
        if showsDataSet { columns.append(.init("dataset")) }
        columns += [
            .init("seed", .right), .init("epochs", .right), .init("train loss", .decimal), .init("error upright %", .decimal),
        ]
        if transforms { columns.append(.init("error \(transformation(runs.map(\.dataset))) %", .decimal)) }
        let showsCurve = terminal.showsUnicode && runs.contains { $0.history.count > 1 }
        if showsCurve { columns.append(.init("loss by epoch")) }
        columns += [.init("seconds", .decimal), .init("images/s", .right), .init("weights")]
        var table = TextTable(columns)
        for run in runs {
            var row = [run.entry]
            if showsDataSet { row.append(run.dataset) }
            row += ["\(run.seed)", "\(run.epochs)", fixed(run.trainLoss, 4), percent(run.upright.error)]
            if transforms { row.append(run.transformed.map { percent($0.error) } ?? "") }
            if showsCurve { row.append(Sparkline.text(run.history.map(\.trainLoss))) }
            row += [fixed(run.seconds, 1), withCommas(run.imagesPerSecond), run.weights]
            table.append(row)
        }
        return table
    }

    /// One line about a run that has just finished.
    public static func line(_ run: TrainingResult) -> String {
        let transformed = run.transformed.map { ", \(transformation([run.dataset])) \(percent($0.error)) %" } ?? ""
        return "\(run.entry), seed \(run.seed): error upright \(percent(run.upright.error)) %\(transformed); \(run.weights)"
    }

    /// Medians in milliseconds, the fastest and the slowest round beside them.
    public static func table(of timings: [TimingReport]) -> TextTable {
        var table = TextTable([
            .init("entry"), .init("batch", .right), .init("threads", .right), .init("training step ms", .decimal), .init("range"),
            .init("evaluation ms", .decimal), .init("range"),
        ])
        for timing in timings {
            func range(_ list: [Double]) -> String { "\(fixed(list.min() ?? .nan, 1)) to \(fixed(list.max() ?? .nan, 1))" }
            table.append([
                timing.entry, "\(timing.batch)", "\(timing.threads)", fixed(median(timing.trainStepMs), 1), range(timing.trainStepMs),
                fixed(median(timing.evaluateMs), 1), range(timing.evaluateMs),
            ])
        }
        return table
    }

    private static func median(_ list: [Double]) -> Double {
        let sorted = list.sorted()
        guard let last = sorted.indices.last else { return .nan }
        return (sorted[last / 2] + sorted[(last + 1) / 2]) / 2
    }
}
