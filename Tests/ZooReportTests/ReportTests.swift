import Foundation
import Testing
import ZooCore
import ZooReport
import ZooStatistics
import ZooStore

/// The model behind a report says what is stored.
@Suite struct ReportTests {
    @Test func aLeaderboardHoldsTheStoredErrors() throws {
        let store = try SyntheticStore()
        for seed in 0..<3 as Range<UInt64> {
            try store.addError("worse", seed: seed, period: 4)
            try store.addError("better", seed: seed, period: 20)
            try store.addError("alike", seed: seed, period: 20)
        }
        let board = try #require(try store.report().boards.first)
        #expect(board.rows.map(\.entry) == ["alike", "better", "worse"] && board.rows.allSatisfy { $0.seeds == [0, 1, 2] })
        #expect(board.images == 200 && board.figure == "error.transformed")
        // Rounding of the mean of three.
        #expect(zip(board.rows.map(\.mean), [0.05, 0.05, 0.25]).allSatisfy { abs($0 - $1) < 1e-15 })
        #expect(zip(board.rows.map(\.upright), [0.025, 0.025, 0.125]).allSatisfy { abs(($0 ?? 1) - $1) < 1e-15 })
        let p = try #require(board.significance)
        #expect(p[0, 1] == 1 && p[0, 2] < 0.001 && p[2, 0] == p[0, 2])
        // 1,000 parameters for each letter: nothing is as good and cheaper than "alike", and nothing as cheap is better.
        #expect(board.rows.filter { $0.front.contains("parameters") }.map(\.entry) == ["alike"])
    }

    /// A training run stores its errors, too, but no answers per image.
    @Test func errorsOfTheProbeComeBeforeThoseOfTraining() throws {
        let store = try SyntheticStore()
        for seed in 0..<3 as Range<UInt64> { try store.addTraining("one", seed: seed, losses: [1]) }
        try store.addError("one", seed: 0, period: 4)
        let board = try #require(try store.report().boards.first)
        #expect(board.images == 200 && board.rows.map(\.seeds) == [[0]] && board.rows.map(\.mean) == [0.25])
        #expect(board.rows.first?.interval?.method == .wilson)
    }

    @Test func confusionIsCountedOverSeeds() throws {
        let store = try SyntheticStore()
        for seed in 0..<2 as Range<UInt64> { try store.addError("one", seed: seed, period: 20) }
        let confusion = try #require(try store.report().boards.first?.confusions.first)
        // Seed 0 misses images 0, 20, … (class 0), seed 1 images 19, 39, … (class 9); each is read as the next class.
        #expect(confusion.seeds == 2 && confusion.counts[0][1] == 10 && confusion.counts[9][0] == 10)
        #expect(confusion.counts.flatMap(\.self).reduce(0, +) == 20)
        #expect(confusion.worst(1).map(\.label) == ["0"])
    }

    @Test func curvesAreMeansOverSeedsWithStudentsInterval() throws {
        let store = try SyntheticStore()
        for (seed, accuracy) in [(0, 0.8), (1, 0.9)] as [(UInt64, Double)] {
            try store.addError("one", seed: seed, period: 4)
            try store.addInvariance("one", seed: seed, accuracies: [-90: accuracy, 0: 1])
        }
        let curve = try #require(try store.report().boards.first?.curves.first)
        let points = try #require(curve.series.first?.points)
        #expect(curve.transformation == "rotation" && points.map(\.value) == [-90, 0])
        let turned = points[0].accuracy
        // t of one degree of freedom at 97.5 % is 12.7062, times 0.05: far beyond what an accuracy can be.
        #expect(abs(turned.mean - 0.85) < 1e-12 && abs((turned.low ?? 0) - (0.85 - 12.7062 * 0.05)) < 1e-4 && turned.high == 1)
        #expect(points[1].accuracy.low == 1 && points[1].accuracy.seeds == 2)
    }

    @Test func panelsShowTheFirstSeedAndTheSlopesOfAll() throws {
        let store = try SyntheticStore()
        for (seed, slope) in [(3, 0.9), (7, 1.1)] as [(UInt64, Double)] {
            try store.addError("one", seed: seed, period: 4)
            try store.addPose("one", seed: seed, slope: slope)
        }
        let plot = try #require(try store.report().boards.first?.poses.first)
        let panel = try #require(plot.panels.first)
        #expect(plot.part == "rotation" && panel.seed == 3 && panel.slope == 0.9 && abs(panel.slopes.mean - 1) < 1e-12)
        #expect(panel.images == 500 && panel.applied.count <= 250 && panel.applied.count == panel.predicted.count)
        #expect(zip(panel.applied, panel.predicted).allSatisfy { abs($1 - 0.9 * $0) < 1e-9 })
    }

    @Test func recipesOfOneEntryAreToldApart() throws {
        let store = try SyntheticStore()
        try store.addTraining("one", seed: 0, losses: [2, 1])
        try store.addTraining("one", seed: 1, losses: [4, 1])
        try store.addTraining("one", seed: 0, losses: [3, 2, 1], rate: 0.1)
        let learning = try #require(try store.report().learning.first)
        #expect(learning.series.map(\.recipe) == ["epochs 2, learning_rate 0.01", "epochs 3, learning_rate 0.1"])
        #expect(learning.series[0].points.map(\.loss.mean) == [3, 1] && learning.series[0].points[0].loss.low == 0)
    }

    @Test func onlyTheEntriesThatAreNamed() throws {
        let store = try SyntheticStore()
        for entry in ["one", "two"] { try store.addError(entry, seed: 0, period: 4) }
        #expect(try store.report(of: ["two"]).boards.first?.rows.map(\.entry) == ["two"])
        let error = #expect(throws: HostError.self) { try store.report(of: ["tow"]) }
        #expect(error?.kind == .noInput && error?.message.contains("'tow'") == true && error?.message.contains("two") == true)
    }

    /// What two stores hold in common counts once.
    @Test func severalStoresAreOne() throws {
        let (first, second) = (try SyntheticStore(), try SyntheticStore())
        try first.addError("one", seed: 0, period: 4)
        try second.addError("two", seed: 0, period: 5)
        let report = try ReportReader([first.path, second.path, first.path], manifest: first.manifest).report()
        #expect(report.results == 2 && report.boards.first?.rows.map(\.entry) == ["two", "one"])
    }

    @Test func theModelIsWrittenAsJSON() throws {
        let store = try SyntheticStore()
        try store.addError("one", seed: 0, period: 4)
        try store.addPose("one", seed: 0, slope: 0.5)
        let report = try store.report()
        let written = try JSONSerialization.jsonObject(with: ResultCoding.encoder.encode(report)) as? [String: Any]
        let rows = (written?["boards"] as? [[String: Any]])?.first?["rows"] as? [[String: Any]]
        let ranked = try #require(rows?.first?["ranked"] as? [String: Any])
        #expect(ranked["entry"] as? String == "one" && ranked["mean"] as? Double == report.boards.first?.rows.first?.mean)
    }

    @Test func otherFormatsHoldTheSameFigures() throws {
        let store = try SyntheticStore()
        try store.addError("one_entry", seed: 0, period: 4)
        let report = try store.report()
        let lines = report.csv.split(separator: "\n")
        #expect(
            lines.count == 2 && lines[0].hasPrefix("dataset,trained_on,weights,figure,rank,entry,seeds,images,error,error_low,error_high"))
        #expect(lines[1].hasPrefix("strokes-rotated,strokes-rotated,trained,error.transformed,1,one_entry,1,200,0.25,"))
        #expect(report.markdown.contains("one\\_entry") && report.markdown.contains("25.00"))
        #expect(report.latex.contains("one\\_entry") && report.latex.contains("\\toprule"))
    }
}
