import Testing
import ZooStatistics

/// Sums over entries, against SciPy (Tests/Fixtures/make_statistics.py), to six digits.
@Suite struct ContrastTests {
    let fixture: StatisticsFixture.Contrasts

    init() throws { fixture = try StatisticsFixture.load().contrasts }

    @Test func sumsOverSeedsAreStudentsT() throws {
        for row in fixture.paired {
            let contrast = try #require(Contrast(values: Array(zip(row.weights, row.terms)).map { (weight: $0.0, values: $0.1) }))
            let interval = contrast.interval(level: 0.95)
            #expect(contrast.test == .paired && contrast.seeds == row.terms[0].count)
            #expect(agrees(contrast.estimate, row.estimate) && agrees(contrast.p(against: 0), row.p))
            #expect(agrees(interval.low, row.low) && agrees(interval.high, row.high))
            for near in row.near { #expect(agrees(contrast.p(of: near[0], margin: near[1]), near[2]), "\(near)") }
        }
    }

    @Test func distancesFromMediansAreWelchsT() throws {
        for row in fixture.deviations {
            let contrast = try #require(Contrast(deviations: row.first, minus: row.second))
            #expect(contrast.test == .deviations && agrees(contrast.estimate, row.estimate))
            #expect(agrees(contrast.degreesOfFreedom, row.degrees) && agrees(contrast.p(against: 0), row.p))
        }
    }

    /// Of two entries it is what `zoo compare` says; weights scale estimate and error alike.
    @Test func sumsOverImagesAreTheCrossedEffect() throws {
        let a = [[1.0, 0, 0, 1, 1, 0, 1], [0, 0, 1, 1, 0, 0, 1], [1, 1, 0, 1, 0, 0, 1]]
        let b = [[0.0, 0, 0, 1, 0, 0, 1], [0, 0, 0, 1, 0, 1, 0], [1, 0, 0, 0, 0, 0, 0]]
        let effect = try #require(CrossedEffect(PairedDifferences(a, minus: b)!))
        let contrast = try #require(Contrast(images: [(1, a), (-1, b)]))
        #expect(agrees(contrast.estimate, effect.mean, within: 1e-12) && agrees(contrast.p(against: 0), effect.p, within: 1e-12))
        #expect(agrees(contrast.interval(level: 0.95).low, effect.interval.low, within: 1e-12))
        let halved = try #require(Contrast(images: [(0.5, a), (-0.5, b)]))
        #expect(agrees(halved.estimate, effect.mean / 2, within: 1e-12) && agrees(halved.p(against: 0), effect.p, within: 1e-12))
    }

    @Test func withoutVariationThereIsNoDoubt() throws {
        let one = try #require(Contrast(values: [(1, [1, 1, 1])]))
        #expect(one.p(against: 0) == 0 && one.p(against: 1) == 1)
        #expect(one.p(of: 1, margin: 0.01) == 0 && one.p(of: 0.5, margin: 0.5) == 1)
    }

    @Test func whatSaysNothingIsNil() {
        #expect(Contrast(values: []) == nil && Contrast(values: [(1, [1])]) == nil)
        #expect(Contrast(values: [(1, [1, 2]), (-1, [1])]) == nil && Contrast(values: [(1, [1, .nan])]) == nil)
        #expect(Contrast(images: [(1, [[0, 1]])]) == nil && Contrast(images: [(1, [[0, 1], [1, 0]]), (-1, [[0], [1]])]) == nil)
        #expect(Contrast(deviations: [1, 2], minus: [1, 2, 3]) == nil, "two values lie equally far from their median")
    }
}
