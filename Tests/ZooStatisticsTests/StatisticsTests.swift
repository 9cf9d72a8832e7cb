import Foundation
import Testing
import ZooCore
import ZooStatistics

/// Against SciPy, to 1e-6; what is drawn at random, within its own error.
@Suite struct StatisticsTests {
    let fixture: StatisticsFixture

    init() throws { fixture = try StatisticsFixture.load() }

    // MARK: Distributions

    @Test func distributions() {
        let expected = fixture.distributions
        for row in expected.normal { #expect(agrees(Normal.quantile(row[0]), row[1])) }
        for row in expected.t_quantile { #expect(agrees(StudentT(degrees: row[0]).quantile(row[1]), row[2]), "\(row)") }
        for row in expected.t_two_sided { #expect(agrees(StudentT(degrees: row[0]).twoSided(row[1]), row[2]), "\(row)") }
        for row in expected.beta {
            #expect(agrees(Beta(row[0], row[1]).cumulative(row[2]), row[3]), "\(row)")
            #expect(agrees(Beta(row[0], row[1]).quantile(0.025), row[4]), "\(row)")
        }
        for row in expected.binomial {
            let binomial = Binomial(count: Int(row[0]), chance: row[1])
            #expect(agrees(binomial.cumulative(Int(row[2])), row[3]), "\(row)")
            #expect(agrees(binomial.mass(Int(row[2])), row[4]), "\(row)")
        }
    }

    @Test func farTailsKeepTheirDigits() throws {
        // Relative: a p-value of 1e-9 must not come out as 1e-10.
        let row = try #require(fixture.distributions.t_quantile.first { $0[0] == 4 && $0[1] == 1e-9 })
        #expect(abs(StudentT(degrees: 4).quantile(1e-9) / row[2] - 1) < 1e-6)
        let p = try #require(fixture.distributions.t_two_sided.first { $0[0] == 1000.5 && $0[1] == 12.7 })
        #expect(abs(StudentT(degrees: 1000.5).twoSided(12.7) / p[2] - 1) < 1e-6)
    }

    // MARK: Intervals

    @Test func meansAndProportions() throws {
        for row in fixture.intervals.means {
            let interval = try #require(MeanEstimate(row.values)?.interval)
            #expect(agrees(interval.low, row.low) && agrees(interval.high, row.high))
        }
        for row in fixture.intervals.proportions {
            let share = try #require(Proportion(row.k, of: row.n))
            #expect(agrees(share.wilson().low, row.wilson[0]) && agrees(share.wilson().high, row.wilson[1]), "\(row)")
            #expect(agrees(share.clopperPearson().low, row.exact[0]) && agrees(share.clopperPearson().high, row.exact[1]), "\(row)")
        }
    }

    @Test func whatSaysNothingIsNil() {
        #expect(MeanEstimate([]) == nil)
        #expect(MeanEstimate([1, .nan]) == nil)
        #expect(MeanEstimate([1])?.interval == nil)
        #expect(Proportion(3, of: 2) == nil && Proportion(-1, of: 2) == nil && Proportion(0, of: 0) == nil)
        #expect(PairedDifferences([]) == nil && PairedDifferences([[]]) == nil && PairedDifferences([[1, 2], [3]]) == nil)
        #expect(PairedDifferences([[1]], minus: [[1], [2]]) == nil && PairedDifferences([[.infinity]]) == nil)
        #expect(EffectSize.dz([1]) == nil && EffectSize.dz([1, 1]) == nil)
        #expect(EffectSize.oddsRatio(onlyFirst: 0, onlySecond: 0) == nil)
    }

    // MARK: Tests of significance

    @Test func mcNemar() {
        for row in fixture.tests.mcnemar {
            let test = McNemar(onlyFirst: row.b, onlySecond: row.c)
            #expect(agrees(test.p, row.b + row.c < 25 ? row.exact : row.mid_p), "\(row)")
            #expect(test.method == (row.b + row.c < 25 ? .exact : .midP))
            #expect(McNemar(onlyFirst: row.c, onlySecond: row.b).p == test.p)
        }
    }

    @Test func signFlips() throws {
        for row in fixture.tests.sign_flip {
            let test = SignFlip(row.values, stream: RandomStream(seed: 1, "test"))
            #expect(test.isExact == (row.values.count <= 16))
            // Both sides draw; theirs twenty times as often, so that four standard errors of ours hold both.
            let tolerance = test.isExact ? 1e-6 : 4 * (row.p * (1 - row.p) / Double(test.patterns)).squareRoot()
            #expect(abs(test.p - row.p) <= tolerance, "\(test.p) against \(row.p)")
        }
        let same = SignFlip([Double](repeating: 0, count: 40), stream: RandomStream(seed: 1, "test"))
        #expect(same.p == 1)
    }

    @Test func holm() {
        let expected = fixture.tests.holm
        for (a, b) in zip(Holm.corrected(expected.p), expected.corrected) { #expect(agrees(a, b)) }
        #expect(Holm.corrected([]) == [])
        #expect(Holm.corrected([0.03]) == [0.03])
    }

    @Test func crossedEffect() throws {
        for row in fixture.crossed {
            let differences = try #require(PairedDifferences(row.differences))
            let effect = try #require(CrossedEffect(differences))
            #expect(agrees(effect.mean, row.mean) && agrees(effect.standardError, row.error))
            #expect(agrees(effect.degreesOfFreedom, row.degrees) && agrees(effect.p, row.p))
            #expect(agrees(effect.interval.low, row.low) && agrees(effect.interval.high, row.high))
            #expect(agrees(try #require(EffectSize.dz(differences.seedMeans)), row.dz))
        }
        #expect(CrossedEffect(try #require(PairedDifferences([[1, 2, 3]]))) == nil)
        let zeros = try #require(PairedDifferences([[0, 0, 0], [0, 0, 0]]))
        let nothing = try #require(CrossedEffect(zeros))
        #expect(nothing.p == 1 && nothing.interval.low == 0 && nothing.interval.high == 0)
    }

    @Test func oddsRatios() throws {
        let ratio = try #require(EffectSize.oddsRatio(onlyFirst: 30, onlySecond: 10))
        #expect(ratio.value == 3)
        // Equal odds lie in the interval exactly where the exact test does not reject.
        #expect(!ratio.interval.contains(1) && McNemar(onlyFirst: 30, onlySecond: 10).p < 0.05)
        #expect(try #require(EffectSize.oddsRatio(onlyFirst: 9, onlySecond: 10)).interval.contains(1))
        #expect(try #require(EffectSize.oddsRatio(onlyFirst: 3, onlySecond: 0)).value == .infinity)
    }

    // MARK: Bootstrap

    @Test func bootstrapAgreesWithinItsError() throws {
        // A quantile at 2.5 % of R normal replicates has a standard error of 0.156/√R/0.058 = 0.027 of the bootstrap's standard error at
        // R = 10,000, and the bias correction adds as much: 0.12 is three and more of both together.
        let one = fixture.bootstraps.one_row
        let row = try #require(PairedDifferences([one.values]))
        let bca = Bootstrap.mean(of: row, stream: RandomStream(seed: 5, "test"))
        #expect(bca.method == .bca)
        #expect(abs(bca.low - one.low) < 0.12 * one.error && abs(bca.high - one.high) < 0.12 * one.error, "\(bca)")

        let table = fixture.bootstraps.crossed
        let differences = try #require(PairedDifferences(table.differences))
        let crossed = Bootstrap.mean(of: differences, stream: RandomStream(seed: 5, "test"))
        // Theirs is the percentile interval: bias and skew shift ours, by less than half a standard error here.
        #expect(abs(crossed.low - table.low) < 0.5 * table.error && abs(crossed.high - table.high) < 0.5 * table.error, "\(crossed)")
        #expect(abs((crossed.high - crossed.low) / (table.high - table.low) - 1) < 0.12)
    }

    @Test func theSameStreamGivesTheSameBits() throws {
        let differences = try #require(PairedDifferences(fixture.crossed[0].differences))
        func interval(_ seed: UInt64) -> Interval {
            Bootstrap.mean(of: differences, resamples: 500, stream: RandomStream(seed: seed, "test"))
        }
        #expect(interval(1) == interval(1))
        #expect(interval(1) != interval(2))
    }

    @Test func aBootstrapOfNothingIsAPoint() throws {
        let same = Bootstrap.mean(
            of: try #require(PairedDifferences([[0, 0], [0, 0]])), resamples: 50, stream: RandomStream(seed: 1, "test"))
        #expect(same.low == 0 && same.high == 0 && same.method == .percentile)
    }

    // MARK: Lines

    @Test func deming() throws {
        for row in fixture.deming {
            let line = try #require(Deming(x: row.x, y: row.y, ratio: row.ratio))
            #expect(agrees(line.slope, row.slope) && agrees(line.intercept, row.intercept))
            #expect(agrees(line.spread, row.spread) && agrees(line.rSquared, row.r_squared))
        }
        let first = fixture.deming[0]
        let expected = try #require(first.bootstrap)
        let estimate = try #require(Deming.estimate(x: first.x, y: first.y, resamples: 10_000, stream: RandomStream(seed: 3, "test")))
        #expect(abs(estimate.slope.low - expected.low) < 0.12 * expected.error, "\(estimate.slope)")
        #expect(abs(estimate.slope.high - expected.high) < 0.12 * expected.error, "\(estimate.slope)")
    }

    @Test func linesWithoutErrors() throws {
        let x = (0..<50).map { Double($0) * 3.6 - 90 }
        // Far from the origin nothing is lost.
        for (slope, intercept) in [(1.0, 0.0), (-1, 5), (0.36, -2), (25, 1e6), (0, 7)] {
            let line = try #require(Deming(x: x, y: x.map { intercept + slope * $0 }))
            #expect(abs(line.slope - slope) < 1e-9 * max(1, abs(slope)) && abs(line.intercept - intercept) < 1e-9 * max(1, abs(intercept)))
            #expect(line.spread < 1e-9 * max(1, abs(intercept)))
        }
        let swapped = try #require(Deming(x: fixture.deming[0].y, y: fixture.deming[0].x))
        let line = try #require(Deming(x: fixture.deming[0].x, y: fixture.deming[0].y))
        #expect(abs(line.slope * swapped.slope - 1) < 1e-9, "orthogonal regression is symmetric in x and y")
        #expect(Deming(x: [1, 1, 1], y: [1, 2, 3]) == nil, "a vertical line")
        #expect(Deming(x: [1, 2], y: [1, 2]) == nil)
        #expect(Deming(x: [1, 2, 3], y: [1, 2]) == nil)
        #expect(Deming(x: [-1, 1, 0, 0], y: [0, 0, -1, 1]) == nil, "a round cloud")
        #expect(Deming(x: [1, 2, .nan], y: [1, 2, 3]) == nil)
    }
}
