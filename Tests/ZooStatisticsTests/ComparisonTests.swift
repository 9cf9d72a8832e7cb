import Foundation
import TestSupport
import Testing
import ZooCore
import ZooStatistics

/// Networks that miss given images of 1000, ten classes in turn.
private func entry(_ id: String, _ wrong: [UInt64: Set<Int>], images: Int = 1000) throws -> EntrySamples {
    try EntrySamples(
        entry: id,
        runs: wrong.map { seed, missed in
            EntrySamples.Run(seed: seed, correct: (0..<images).map { !missed.contains($0) }, labels: (0..<images).map { $0 % 10 })
        })
}

@Suite struct ComparisonTests {
    private let settings: Comparison.Settings = {
        var settings = Comparison.Settings()
        settings.resamples = 500
        return settings
    }()

    @Test func oneSeedIsMcNemar() throws {
        // 20 are missed by both, 30 only by the first, 10 only by the second.
        let a = try entry("a", [0: Set(0..<50)])
        let b = try entry("b", [0: Set(0..<20).union(50..<60)])
        let result = try Comparison(a, b, settings)
        #expect(result.firstError == 0.05 && result.secondError == 0.03)
        #expect(abs(result.difference - 0.02) < 1e-12)
        #expect(result.p == McNemar(onlyFirst: 10, onlySecond: 30).p && result.test == "mid-p")
        #expect(result.interval == result.bootstrap && result.interval.low > 0 && result.interval.contains(0.02))
        #expect(result.agreement.onlyFirst == Array(50..<60) && result.agreement.onlySecond == Array(20..<50))
        #expect(result.agreement.bothRight == 940 && result.agreement.bothWrong == 20)
        #expect(result.oddsRatio?.value == 3)
        #expect(result.dz == nil)
        let mirrored = try Comparison(b, a, settings)
        #expect(mirrored.p == result.p && mirrored.difference == -result.difference)
    }

    @Test func anEntryDoesNotDifferFromItself() throws {
        let a = try entry("a", [0: [1, 2], 1: [2, 3]])
        let result = try Comparison(a, a, settings)
        #expect(result.p == 1 && result.difference == 0 && result.permutationP == 1)
        #expect(result.interval.low == 0 && result.interval.high == 0)
        #expect(result.agreement.onlyFirst.isEmpty && result.agreement.onlySecond.isEmpty)
        #expect(result.oddsRatio == nil && !result.isSignificant)
    }

    @Test func seedsDecideTogether() throws {
        // Seed 0 says a, seed 1 says b: no claim, though each seed alone would make one.
        let a = try entry("a", [0: Set(0..<40), 1: []])
        let b = try entry("b", [0: [], 1: Set(0..<40)])
        let result = try Comparison(a, b, settings)
        #expect(result.test == "crossed t" && result.p > 0.5 && result.interval.contains(0))
        #expect(McNemar(onlyFirst: 0, onlySecond: 40).p < 1e-9)
        // Three seeds that agree make one.
        let same = try Comparison(
            try entry("a", [0: Set(0..<40), 1: Set(1..<42), 2: Set(0..<41)]), try entry("b", [0: [], 1: [], 2: []]), settings)
        #expect(same.p < 0.01 && same.isSignificant)
        #expect(same.agreement.onlySecond == Array(0..<41))
        #expect(same.oddsRatio == nil && (same.dz ?? 0) > 1)
    }

    @Test func onlyCommonSeedsCount() throws {
        let a = try entry("a", [0: [1], 1: [2], 5: [3]])
        let b = try entry("b", [1: [2], 5: [], 7: [0]])
        #expect(try Comparison(a, b, settings).seeds == [1, 5])
        let error = #expect(throws: HostError.self) { try Comparison(a, try entry("c", [9: []]), settings) }
        #expect(error?.kind == .noInput && error?.message.contains("no seed in common") == true)
    }

    @Test func classesThatDifferComeFirst() throws {
        // All misses of the first are of class 3, those of the second of class 7, half as many.
        let a = try entry("a", [0: Set((0..<40).map { 10 * $0 + 3 })])
        let b = try entry("b", [0: Set((0..<20).map { 10 * $0 + 7 })])
        let classes = try Comparison(a, b, settings).classes
        #expect(classes.count == 10)
        #expect(classes[0].label == 3 && abs(classes[0].difference - 0.4) < 1e-12 && classes[0].images == 100)
        #expect(classes[1].label == 7 && abs(classes[1].difference + 0.2) < 1e-12)
        #expect(classes[0].correctedP < 1e-6 && classes[2].correctedP == 1)
    }

    @Test func allPairsAreCorrectedTogether() throws {
        let entries = [
            try entry("a", [0: Set(0..<50)]), try entry("b", [0: Set(0..<20).union(50..<60)]), try entry("c", [0: Set(0..<50)]),
        ]
        let all = try Comparison.all(entries, settings)
        #expect(all.map { "\($0.first)\($0.second)" } == ["ab", "ac", "bc"])
        #expect(all.map(\.correctedP) == Holm.corrected(all.map(\.p)))
        #expect(all[0].correctedP > all[0].p)
        #expect(try Comparison.all(entries, reference: "b", settings).map(\.second) == ["a", "c"])
        #expect(throws: HostError.self) { try Comparison.all(entries, reference: "d", settings) }
        #expect(try Comparison.all(entries, settings) == all, "the same bits every time")
    }

    @Test func whatCannotBePairedIsRefused() throws {
        let a = try entry("a", [0: []])
        let short = try entry("b", [0: []], images: 10)
        #expect(throws: HostError.self) { try Comparison(a, short, settings) }
        let other = try EntrySamples(
            entry: "b", runs: [.init(seed: 0, correct: [Bool](repeating: true, count: 1000), labels: [Int](repeating: 0, count: 1000))])
        let error = #expect(throws: HostError.self) { try Comparison(a, other, settings) }
        #expect(error?.message.contains("labels differ") == true)
        #expect(throws: HostError.self) { try EntrySamples(entry: "a", runs: []) }
        #expect(throws: HostError.self) {
            try EntrySamples(entry: "a", runs: [.init(seed: 0, correct: [true]), .init(seed: 1, correct: [true, false])])
        }
    }
}

@Suite struct RankingTests {
    private func candidate(_ id: String, _ wrong: [UInt64: Set<Int>], parameters: Double) throws -> Ranking.Candidate {
        let samples = try entry(id, wrong)
        return Ranking.Candidate(
            entry: id, values: wrong.mapValues { Double($0.count) / 1000 }, samples: samples, costs: ["parameters": parameters])
    }

    @Test func orderGroupsAndFront() throws {
        let ranking = Ranking([
            try candidate("large", [0: Set(0..<10)], parameters: 1000), try candidate("small", [0: Set(0..<90)], parameters: 100),
            try candidate("like-large", [0: Set(0..<8).union(20..<25)], parameters: 1050),
            try candidate("bad", [0: Set(0..<200)], parameters: 900),
        ])
        #expect(ranking.rows.map(\.entry) == ["large", "like-large", "small", "bad"])
        #expect(ranking.rows.map(\.group) == ["a", "a", "b", "c"])
        #expect(ranking.rows.map { $0.front.isEmpty } == [false, true, false, true])
        #expect(ranking.rows[0].interval == Proportion(10, of: 1000)?.wilson())
        #expect(try ranking.matching("large").map(\.entry) == ["large", "like-large", "bad"])
        #expect(try ranking.matching("large", within: 0.05).map(\.entry) == ["large", "like-large"])
        #expect(throws: HostError.self) { try ranking.matching("lage") }
    }

    @Test func seedsGiveAnInterval() throws {
        let ranking = Ranking([try candidate("a", [0: Set(0..<10), 1: Set(0..<14), 2: Set(0..<12)], parameters: 1)])
        #expect(abs(ranking.rows[0].mean - 0.012) < 1e-12)
        #expect(ranking.rows[0].interval?.method == .studentT)
        #expect(ranking.rows[0].seeds == [0, 1, 2])
        #expect(Ranking([]).rows.isEmpty)
    }

    @Test func whatCannotBePairedHasNoGroups() throws {
        let ranking = Ranking([try candidate("a", [0: [1]], parameters: 1), try candidate("b", [1: [1, 2]], parameters: 1)])
        #expect(ranking.rows.map(\.entry) == ["a", "b"] && ranking.rows.allSatisfy { $0.group == nil })
        #expect(ranking.remark?.contains("no seed in common") == true)
    }

    @Test func anyFigureCanBeRanked() throws {
        let ranking = Ranking(
            [
                .init(entry: "a", values: [0: 3]), .init(entry: "b", values: [0: 5, 1: 6]), .init(entry: "c", values: [:]),
                .init(entry: "d", values: [0: .nan]),
            ],
            descending: true)
        #expect(ranking.rows.map(\.entry) == ["b", "a"])
        #expect(ranking.rows.allSatisfy { $0.group == nil })
        #expect(ranking.rows[1].interval == nil)
    }

    @Test func fronts() {
        #expect(ParetoFront.members([(1, 5), (2, 4), (2, 5), (3, 4), (3, 1)]) == [true, true, false, false, true])
        #expect(ParetoFront.members([(1, 1), (1, 1)]) == [true, true], "equal points do not dominate each other")
        #expect(ParetoFront.members([]).isEmpty)
    }

    /// An entry shares a letter with the first that has it exactly if they do not differ, and none goes without one.
    @Test func lettersSayWhatDiffers() {
        for round in 0..<200 {
            var draws = RandomStream(seed: 1, "letters", UInt64(round)).sequence()
            let count = 1 + draws.integer(below: 9)
            var differ = [[Bool]](repeating: [Bool](repeating: false, count: count), count: count)
            for a in 0..<count {
                for b in 0..<a where draws.uniform() < 0.5 {
                    differ[a][b] = true
                    differ[b][a] = true
                }
            }
            let letters = LetterGroups.letters(count: count) { differ[$0][$1] }
            #expect(letters.allSatisfy { !$0.isEmpty })
            for letter in Set(letters.joined()) {
                let leader = letters.firstIndex { $0.contains(letter) } ?? 0
                for other in leader + 1..<max(leader + 1, count) {
                    #expect(letters[other].contains(letter) != differ[leader][other], "\(letters)")
                }
            }
        }
        #expect(LetterGroups.letters(count: 3) { $0 + $1 == 2 && $0 != $1 } == ["a", "a", "b"])
        #expect(LetterGroups.letters(count: 3) { $0 == 0 && $1 == 1 || $0 == 1 && $1 == 0 } == ["a", "b", "ab"])
    }
}
