import Foundation
import TestSupport
import Testing
import ZooCore
import ZooStatistics

/// Tests of many pairs count bits; those of one pair add up numbers. They say the same.
@Suite struct PairedAnswersTests {
    private func samples(_ entry: String, wrong share: UInt64, seeds: Range<UInt64>, images: Int) throws -> EntrySamples {
        try EntrySamples(
            entry: entry,
            runs: seeds.map { seed in
                var draws = RandomStream(seed: seed, "paired answers/\(entry)").sequence()
                return EntrySamples.Run(seed: seed, correct: (0..<images).map { _ in draws.integer(below: 100) >= Int(share) })
            })
    }

    // 64 images fill one word, 65 begin another.
    @Test(arguments: [(1, 64), (2, 65), (5, 777)]) func aRankingTestsAsAComparisonDoes(_ seeds: UInt64, _ images: Int) throws {
        // The last one shares all of its seeds but one.
        let last: UInt64 = seeds > 1 ? 1 : 0
        let entries = try [("a", 5, 0), ("b", 12, 0), ("c", 30, 0), ("d", 31, last)].map { entry, share, from in
            try samples(entry, wrong: share, seeds: from..<from + seeds, images: images)
        }
        let ranking = Ranking(
            entries.map { entry in
                Ranking.Candidate(
                    entry: entry.entry, values: Dictionary(uniqueKeysWithValues: entry.runs.map { ($0.seed, $0.error) }), samples: entry)
            })
        var settings = Comparison.Settings()
        settings.resamples = 10
        let pairs = try Comparison.all(entries, settings)
        let p = try #require(ranking.significance)
        let order = ranking.rows.map(\.entry)
        for pair in pairs {
            let (first, second) = (try #require(order.firstIndex(of: pair.first)), try #require(order.firstIndex(of: pair.second)))
            // Rounding of some hundred additions, and what Student's t makes of it.
            #expect(
                abs(p[first, second] - pair.correctedP) < 1e-9, "\(pair.first), \(pair.second): \(p[first, second]), \(pair.correctedP)")
        }
    }

    /// It is written as the symmetric matrix that it stands for, and read again.
    @Test func aTableOfPairsIsASymmetricMatrix() throws {
        let entries = try (0..<5).map { try samples("e\($0)", wrong: UInt64(5 + 10 * $0), seeds: 0..<3, images: 200) }
        let p = try #require(
            Ranking(entries.map { Ranking.Candidate(entry: $0.entry, values: [0: $0.runs[0].error], samples: $0) }).significance)
        let data = try JSONEncoder().encode(p)
        let matrix = try JSONDecoder().decode([[Double]].self, from: data)
        #expect(matrix.count == 5 && Set(matrix.flatMap(\.self)).count > 5)
        for row in 0..<5 {
            for column in 0..<5 {
                #expect(matrix[row][column] == p[row, column] && p[row, column] == p[column, row])
                #expect(row != column || p[row, column] == 1)
            }
        }
        #expect(try JSONDecoder().decode(PairTable.self, from: data) == p)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(PairTable.self, from: Data("[[1, 0.5], [0.5]]".utf8)) }
    }
}
