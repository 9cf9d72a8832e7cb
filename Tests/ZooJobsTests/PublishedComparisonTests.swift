import Foundation
import TestSupport
import Testing
import ZooJobs
import ZooManifest
import ZooStatistics

@Suite struct PublishedComparisonTests {
    @Test func publishedFigures() throws {
        let json = """
            {"version": 1, "entries": [{"id": "x", "architecture": "cnn", "published": [
              {"dataset": "strokes", "metric": "error", "value": 0.015, "source": "P"},
              {"dataset": "strokes", "metric": "error", "value": 0.05, "source": "P", "note": "longer training"},
              {"dataset": "strokes", "metric": "error", "value": 0.05, "spread": 0.04, "source": "P"},
              {"dataset": "mnist", "metric": "error", "value": 0.05, "source": "P"}
            ]}]}
            """
        let figures = try #require(try manifest(json).entries.first).published
        #expect(figures.map(\.spread) == [nil, nil, 0.04, nil] && figures[1].note == "longer training")
        let run = EntrySamples.Run(seed: 0, correct: (0..<1000).map { $0 >= 10 })
        let candidate = Ranking.Candidate(entry: "x", values: [0: run.error], samples: try EntrySamples(entry: "x", runs: [run]))
        let row = try #require(Ranking([candidate]).rows.first)
        func verdict(_ index: Int, _ row: Ranking.Row?) -> PublishedComparison.Verdict {
            PublishedComparison(entry: "x", figures[index], dataset: "strokes", trainedOn: "strokes", figure: "error", row: row).verdict
        }
        // 10 of 1000: Wilson's interval is 0.54 to 1.83 %.
        #expect(figures.indices.map { verdict($0, row) } == [.agrees, .disagrees, .agrees, .otherData])
        #expect(verdict(0, nil) == .notMeasured)
        // Published figures are of networks that were trained on what they are tested on.
        let elsewhere = PublishedComparison(
            entry: "x", figures[0], dataset: "strokes", trainedOn: "mnist", figure: "error", row: row)
        #expect(elsewhere.verdict == .otherData && elsewhere.measured == nil)
    }
}
