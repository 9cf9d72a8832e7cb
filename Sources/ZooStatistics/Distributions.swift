import Foundation
import Synchronization

// The few distributions that the tests need. All of them come down to erfc of the C library and to the regularised
// incomplete beta function.

/// The standard normal distribution.
public enum Normal {
    /// P(Z ≤ z).
    public static func cumulative(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

    /// The z with P(Z ≤ z) = p; infinite at 0 and 1, NaN outside.
    public static func quantile(_ p: Double) -> Double {
        guard p > 0, p < 1 else { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
        // By symmetry from the lower tail, where no digit is lost.
        return p <= 0.5 ? root(in: -39...0) { cumulative($0) < p } : -quantile(1 - p)
    }
}

/// Student's t with any positive number of degrees of freedom.
public struct StudentT: Sendable {
    public let degrees: Double

    public init(degrees: Double) { self.degrees = degrees }

    /// P(|T| ≥ |t|).
    public func twoSided(_ t: Double) -> Double {
        guard t.isFinite else { return t.isNaN ? .nan : 0 }
        return Beta(degrees / 2, 0.5).cumulative(degrees / (degrees + t * t))
    }

    /// The t with P(T ≤ t) = p.
    public func quantile(_ p: Double) -> Double {
        guard p > 0, p < 1 else { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
        guard p != 0.5 else { return 0 }
        let t = Self.tail(Tail(degrees: degrees, chance: min(p, 1 - p)))
        return p < 0.5 ? -t : t
    }

    private struct Tail: Hashable {
        let degrees, chance: Double
    }

    /// Thousands of intervals have the same degrees and level.
    private static let known = Mutex<[Tail: Double]>([:])

    private static func tail(_ tail: Tail) -> Double {
        if let t = known.withLock({ $0[tail] }) { return t }
        let x = Beta(tail.degrees / 2, 0.5).quantile(2 * tail.chance)
        let t = (tail.degrees * (1 - x) / x).squareRoot()
        known.withLock { known in
            if known.count > 1000 { known = [:] }
            known[tail] = t
        }
        return t
    }
}

/// The number of successes in n independent trials.
public struct Binomial: Sendable {
    public let count: Int
    public let chance: Double

    public init(count: Int, chance: Double) {
        self.count = count
        self.chance = chance
    }

    /// P(K ≤ k).
    public func cumulative(_ k: Int) -> Double {
        guard k >= 0 else { return 0 }
        guard k < count else { return 1 }
        return Beta(Double(count - k), Double(k + 1)).cumulative(1 - chance)
    }

    /// P(K = k).
    public func mass(_ k: Int) -> Double {
        guard (0...count).contains(k) else { return 0 }
        guard chance > 0, chance < 1 else { return (k == 0 && chance <= 0) || (k == count && chance >= 1) ? 1 : 0 }
        let (n, k) = (Double(count), Double(k))
        return exp(-log(n + 1) - logBeta(k + 1, n - k + 1) + k * log(chance) + (n - k) * log1p(-chance))
    }
}

/// The beta distribution, whose distribution function is the regularised incomplete beta function I_x(a, b).
public struct Beta: Sendable {
    public let a, b: Double

    /// Of positive parameters.
    public init(_ a: Double, _ b: Double) {
        self.a = a
        self.b = b
    }

    /// I_x(a, b), by the continued fraction of DLMF 8.17.22 on the side of the mean where it converges fast.
    public func cumulative(_ x: Double) -> Double {
        guard x > 0 else { return x.isNaN ? .nan : 0 }
        guard x < 1 else { return 1 }
        guard x <= (a + 1) / (a + b + 2) else { return 1 - Beta(b, a).lower(1 - x) }
        return lower(x)
    }

    private func lower(_ x: Double) -> Double {
        // Numerators and denominators of the fraction up to its odd and even terms, scaled so that `evenBelow` is 1: millions of
        // p-values are computed at once, and divisions take most of the time.
        var (evenAbove, evenBelow) = (1.0, 1 - (a + b) * x / (a + 1))
        var (oddAbove, oddBelow) = (1.0, 1.0)
        // About the root of the larger parameter suffices.
        for step in 1...100_000 {
            let (m, last) = (Double(step), a + 2 * Double(step))
            let odd = m * (b - m) * x / ((last - 1) * last)
            (oddAbove, oddBelow) = (evenAbove + odd * oddAbove, evenBelow + odd * oddBelow)
            let even = -(a + m) * (a + b + m) * x / (last * (last + 1))
            let (above, below) = (oddAbove + even * evenAbove, oddBelow + even * evenBelow)
            // The fraction is defined without a term that makes it infinite.
            let scale = 1 / (abs(below) < 1e-300 ? 1e-300 : below)
            let (previous, isFirst) = (evenAbove, step == 1)
            (oddAbove, oddBelow, evenAbove, evenBelow) = (oddAbove * scale, oddBelow * scale, above * scale, 1)
            if !isFirst, abs(evenAbove - previous) <= 1e-15 * abs(evenAbove) { break }
        }
        return exp(a * log(x) + b * log1p(-x) - logBeta(a, b)) / a * evenAbove
    }

    /// The x with I_x(a, b) = p.
    public func quantile(_ p: Double) -> Double {
        guard p > 0, p < 1 else { return p == 0 ? 0 : p == 1 ? 1 : .nan }
        return root(in: 0...1) { cumulative($0) < p }
    }
}

/// ln B(a, b).
private func logBeta(_ a: Double, _ b: Double) -> Double {
    func logGamma(_ x: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(x, &sign)
    }
    return logGamma(a) + logGamma(b) - logGamma(a + b)
}

/// Where an increasing function passes a value, to the last bits, by halving: `isBelow` says on which side x lies.
private func root(in range: ClosedRange<Double>, _ isBelow: (Double) -> Bool) -> Double {
    var (low, high) = (range.lowerBound, range.upperBound)
    // Enough even for a root near 0, where halving has to find the exponent first.
    for _ in 0..<1100 {
        let middle = low + (high - low) / 2
        guard middle > low, middle < high else { break }
        if isBelow(middle) { low = middle } else { high = middle }
    }
    return high
}
