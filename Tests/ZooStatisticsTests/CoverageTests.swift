import Foundation
import Testing
import ZooCore
import ZooStatistics

/// Intervals hold the true value as often as they say. Shares of N simulated experiments have a standard error of √(p(1 − p)/N);
/// four of them, besides what is known of each method, are the tolerance.
@Suite struct CoverageTests {
    private func share(of rounds: Int, _ holds: (Int) throws -> Bool) rethrows -> Double {
        var count = 0
        for round in 0..<rounds where try holds(round) { count += 1 }
        return Double(count) / Double(rounds)
    }

    private func error(_ rounds: Int) -> Double { 4 * (0.95 * 0.05 / Double(rounds)).squareRoot() }

    @Test(arguments: [3, 5, 10])
    func meansOverSeeds(_ seeds: Int) throws {
        let rounds = 4000
        let covered = try share(of: rounds) { round in
            var draws = RandomStream(seed: 1, "means", UInt64(seeds), UInt64(round)).sequence()
            let values = (0..<seeds).map { _ in 2.5 + 0.3 * draws.normal() }
            return try #require(MeanEstimate(values)?.interval).contains(2.5)
        }
        #expect(abs(covered - 0.95) < error(rounds), "\(covered)")
    }

    /// Exactly, by summing over all outcomes.
    @Test(arguments: [0.02, 0.1, 0.5])
    func proportions(_ chance: Double) throws {
        let count = 500
        let binomial = Binomial(count: count, chance: chance)
        var (wilson, exact) = (0.0, 0.0)
        for k in 0...count {
            let share = try #require(Proportion(k, of: count))
            if share.wilson().contains(chance) { wilson += binomial.mass(k) }
            if share.clopperPearson().contains(chance) { exact += binomial.mass(k) }
        }
        #expect(exact >= 0.95)
        // Wilson's holds its rate on average over the chance; at a single one it swings by about a percent at this count.
        #expect(abs(wilson - 0.95) < 0.02, "\(wilson)")
    }

    /// Differences of two entries that are equally good: images and seeds both matter, and so does the rest.
    private func differences(seeds: Int, images: Int, seedSpread: Double, round: Int) -> PairedDifferences? {
        var draws = RandomStream(seed: 7, "crossed", UInt64(seeds), UInt64(round)).sequence()
        let hard = (0..<images).map { _ in -2 + 1.5 * draws.normal() }
        func wrong() -> [[Double]] {
            let own = (0..<images).map { _ in draws.normal() }
            return (0..<seeds).map { _ in
                let offset = seedSpread * draws.normal()
                return (0..<images).map { hard[$0] + own[$0] + offset + draws.normal() > 0 ? 1 : 0 }
            }
        }
        return PairedDifferences(wrong(), minus: wrong())
    }

    @Test func seedsAndImages() throws {
        let rounds = 600
        let covered = try share(of: rounds) { round in
            let values = try #require(differences(seeds: 5, images: 200, seedSpread: 0.3, round: round))
            return try #require(CrossedEffect(values)).interval.contains(0)
        }
        // Satterthwaite's degrees of freedom are an approximation: two percent to either side are what its simulations in the
        // literature show.
        #expect(abs(covered - 0.95) < 0.02 + error(rounds), "\(covered)")
    }

    @Test func bootstrap() throws {
        let rounds = 300
        let covered = try share(of: rounds) { round in
            let values = try #require(differences(seeds: 10, images: 200, seedSpread: 0.3, round: round))
            return Bootstrap.mean(of: values, resamples: 400, stream: RandomStream(seed: 1, "bootstrap", UInt64(round))).contains(0)
        }
        #expect(abs(covered - 0.95) < 0.02 + error(rounds), "\(covered)")
    }

    /// A test at 5 % rejects a true null in 5 % of all cases, or less where outcomes are few.
    @Test func falseClaims() throws {
        let rounds = 2000
        var (mcNemar, flips) = (0, 0)
        for round in 0..<rounds {
            var draws = RandomStream(seed: 3, "coins", UInt64(round)).sequence()
            let values = (0..<60).map { _ in draws.uniform() < 0.5 ? 1.0 : -1.0 }
            let first = values.count { $0 > 0 }
            if McNemar(onlyFirst: first, onlySecond: values.count - first).p <= 0.05 { mcNemar += 1 }
            let normal = (0..<12).map { _ in draws.normal() }
            if SignFlip(normal, stream: RandomStream(seed: 0, "unused")).p <= 0.05 { flips += 1 }
        }
        // 60 coins: the mid-p test's true level, summed exactly over its outcomes, is 5.2 %.
        let coin = Binomial(count: 60, chance: 0.5)
        let level = (0...60).reduce(0.0) { $0 + (McNemar(onlyFirst: $1, onlySecond: 60 - $1).p <= 0.05 ? coin.mass($1) : 0) }
        #expect(level > 0.02 && level < 0.06, "\(level)")
        #expect(abs(Double(mcNemar) / Double(rounds) - level) < error(rounds), "\(mcNemar)")
        #expect(abs(Double(flips) / Double(rounds) - 0.05) < error(rounds), "\(flips)")
    }
}
