import Foundation
public import ZooCore

/// A straight line through points with errors in both coordinates (Deming regression; with a ratio of 1 orthogonal
/// regression, the first principal axis).
///
///     let line = Deming(x: applied, y: predicted)    // degrees against degrees
///     line?.slope                                    // 1 if the transformer follows the image
///     line?.spread                                   // the standard deviation around the line, in the units of y
///
/// Least squares of y on x would pull the slope towards 0 if x had errors, and is not symmetric in x and y; this is
/// (W. E. Deming, *Statistical Adjustment of Data*, 1943; formulas as in K. Linnet, *Evaluation of regression procedures for
/// methods comparison studies*, Clinical Chemistry 39(3), 1993).
public struct Deming: Codable, Sendable, Equatable {
    public let slope, intercept: Double
    /// Standard deviation of the vertical distances y − (intercept + slope · x), with n − 2 degrees of freedom.
    public private(set) var spread: Double
    /// Pearson's r², the share of the variance that the line explains.
    public let rSquared: Double
    public let count: Int

    /// - Parameters:
    ///   - x: n values.
    ///   - y: n values, in the same order.
    ///   - ratio: variance of the errors of y over that of the errors of x, positive.
    ///
    /// nil where no line is determined: fewer than 3 points, a value that is not finite, all x equal (a vertical line or a
    /// single point), or a cloud that is round.
    public init?(x: [Double], y: [Double], ratio: Double = 1) {
        guard x.count == y.count, x.count >= 3, ratio > 0, ratio.isFinite else { return nil }
        var sums = Sums()
        let origin = (x: x[0], y: y[0])
        for index in x.indices { sums.add(x[index], y[index], shift: origin) }
        self.init(sums, origin: origin, ratio: ratio)
        // From the distances themselves: of points on a line the sums leave rounding behind.
        let squares = residuals(x: x, y: y).reduce(0) { $0 + $1 * $1 }
        spread = (squares / Double(count - 2)).squareRoot()
    }

    private init?(_ sums: Sums, origin: (x: Double, y: Double), ratio: Double) {
        let n = sums.n
        guard n >= 3 else { return nil }
        let (meanX, meanY) = (sums.x / n, sums.y / n)
        let xx = max(0, sums.xx - n * meanX * meanX)
        let yy = max(0, sums.yy - n * meanY * meanY)
        let xy = sums.xy - n * meanX * meanY
        guard xx.isFinite, yy.isFinite, xy.isFinite else { return nil }
        let difference = yy - ratio * xx
        let root = (difference * difference + 4 * ratio * xy * xy).squareRoot()
        // Two forms of the same root; each is free of cancellation where it is used.
        if difference >= 0 {
            guard xy != 0 else { return nil }
            slope = (difference + root) / (2 * xy)
        } else {
            slope = 2 * ratio * xy / (root - difference)
        }
        intercept = origin.y + meanY - slope * (origin.x + meanX)
        spread = (max(0, yy - 2 * slope * xy + slope * slope * xx) / (n - 2)).squareRoot()
        rSquared = yy > 0 ? xy * xy / (xx * yy) : 1
        count = Int(n)
    }

    /// y − (intercept + slope · x) of every point.
    public func residuals(x: [Double], y: [Double]) -> [Double] { zip(x, y).map { $1 - (intercept + slope * $0) } }

    /// Sums over points, taken from the first point so that a cloud far from the origin loses no digits.
    private struct Sums {
        var n = 0.0, x = 0.0, y = 0.0, xx = 0.0, xy = 0.0, yy = 0.0

        mutating func add(_ px: Double, _ py: Double, shift: (x: Double, y: Double), sign: Double = 1) {
            let (dx, dy) = (px - shift.x, py - shift.y)
            n += sign
            x += sign * dx
            y += sign * dy
            xx += sign * dx * dx
            xy += sign * dx * dy
            yy += sign * dy * dy
        }
    }
}

extension Deming {
    /// A line with the intervals of what describes it.
    public struct Estimate: Codable, Sendable, Equatable {
        public let line: Deming
        public let slope, intercept, spread: Interval
    }

    /// The line, with bootstrap intervals: points are resampled as pairs, with replacement.
    ///
    /// - Parameters:
    ///   - level: share of such intervals that hold the true value.
    ///   - resamples: how many clouds are drawn; those that determine no line are left out.
    ///   - stream: decides which; the same stream gives the same bits.
    /// - Returns: nil where `init(x:y:ratio:)` is nil or fewer than half of the clouds determine a line.
    public static func estimate(
        x: [Double], y: [Double], ratio: Double = 1, level: Double = 0.95, resamples: Int = 2000, stream: RandomStream
    ) -> Estimate? {
        guard let line = Deming(x: x, y: y, ratio: ratio) else { return nil }
        let origin = (x: x[0], y: y[0])
        var lines: [Deming] = []
        lines.reserveCapacity(resamples)
        var chosen = [Int](repeating: 0, count: x.count)
        for round in 0..<max(0, resamples) {
            var draws = stream.appending(UInt64(round)).sequence()
            for index in chosen.indices { chosen[index] = draws.integer(below: x.count) }
            var sums = Sums()
            for index in chosen { sums.add(x[index], y[index], shift: origin) }
            if let drawn = Deming(sums, origin: origin, ratio: ratio) { lines.append(drawn) }
        }
        guard 2 * lines.count > resamples else { return nil }
        // Leave-one-out lines, each from the sums of all points less one.
        var all = Sums()
        for index in x.indices { all.add(x[index], y[index], shift: origin) }
        let without = x.indices.compactMap { index in
            var sums = all
            sums.add(x[index], y[index], shift: origin, sign: -1)
            return Deming(sums, origin: origin, ratio: ratio)
        }
        func interval(_ part: (Deming) -> Double) -> Interval {
            Bootstrap.interval(estimate: part(line), replicates: lines.map(part), jackknife: [without.map(part)], level: level)
        }
        return Estimate(line: line, slope: interval(\.slope), intercept: interval(\.intercept), spread: interval(\.spread))
    }
}
