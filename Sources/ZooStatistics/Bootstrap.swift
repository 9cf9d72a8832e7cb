import Foundation
public import ZooCore

/// Intervals from resampling.
public enum Bootstrap {
    /// The BCa interval of a statistic from its replicates (B. Efron, *Better bootstrap confidence intervals*, JASA 82, 1987; with
    /// several samples as in Efron and Tibshirani, *An introduction to the bootstrap*, 1993, chapter 14).
    ///
    /// Where the correction is not defined (all replicates on one side of the estimate, or no variation) it is the percentile interval,
    /// and says so in its `method`.
    ///
    /// - Parameters:
    ///   - replicates: the statistic of resampled data.
    ///   - jackknife: per sample that is resampled, the statistic without each of its values in turn.
    public static func interval(
        estimate: Double, replicates: [Double], jackknife: [[Double]], level: Double = 0.95
    ) -> Interval {
        let sorted = replicates.sorted()
        let count = Double(sorted.count)
        guard let first = sorted.first, let last = sorted.last else {
            return Interval(low: .nan, high: .nan, level: level, method: .percentile)
        }
        var tails = ((1 - level) / 2, (1 + level) / 2)
        var method = Interval.Method.percentile
        // Ties count half, so that a statistic with few values is not taken for biased.
        let below = sorted.reduce(0.0) { $0 + ($1 < estimate ? 1 : $1 == estimate ? 0.5 : 0) } / count
        if first < last, let acceleration = acceleration(jackknife), below > 0, below < 1 {
            let bias = Normal.quantile(below)
            func corrected(_ p: Double) -> Double {
                let z = bias + Normal.quantile(p)
                return Normal.cumulative(bias + z / (1 - acceleration * z))
            }
            tails = (corrected(tails.0), corrected(tails.1))
            method = .bca
        }
        return Interval(low: sorted.quantile(tails.0), high: sorted.quantile(tails.1), level: level, method: method)
    }

    /// nil where the statistic does not depend on its data.
    private static func acceleration(_ jackknife: [[Double]]) -> Double? {
        var (cubes, squares) = (0.0, 0.0)
        for sample in jackknife where sample.count > 1 {
            let n = Double(sample.count)
            let mean = sample.mean
            for value in sample {
                let influence = (n - 1) * (mean - value) / n
                squares += influence * influence
                cubes += influence * influence * influence
            }
        }
        guard squares > 0 else { return nil }
        return cubes / (6 * squares * squares.squareRoot())
    }

    /// The mean of seeds × images with its interval, both resampled: whole seeds and whole images are drawn with replacement,
    /// independently of each other (A. B. Owen, *The pigeonhole bootstrap*, Annals of Applied Statistics 1, 2007).
    ///
    /// Of a paired difference, rows and columns are resampled for both entries alike. With few seeds the interval is too
    /// short where seeds differ much, and it is a little too long where they do not; `CrossedEffect` is better founded there.
    ///
    /// - Parameters:
    ///   - values: one row per seed, one column per image.
    ///   - stream: the same one gives the same bits.
    public static func mean(
        of values: PairedDifferences, level: Double = 0.95, resamples: Int = 10_000, stream: RandomStream
    ) -> Interval {
        let (seeds, images) = (values.seeds, values.images)
        // Images on which nothing differs add nothing to any sum: they go last, and a draw of one of them costs a comparison.
        let active = (0..<images).filter { image in (0..<seeds).contains { values[$0, image] != 0 } }
        let rows = (0..<seeds).map { seed in active.map { values[seed, $0] } }
        var replicates = [Double](repeating: 0, count: max(0, resamples))
        var column = [Double](repeating: 0, count: active.count)
        for round in replicates.indices {
            var draws = stream.appending(UInt64(round)).sequence()
            for index in column.indices { column[index] = 0 }
            for _ in 0..<seeds {
                let row = rows[draws.integer(below: seeds)]
                for index in column.indices { column[index] += row[index] }
            }
            var sum = 0.0
            for _ in 0..<images {
                let image = draws.integer(below: images)
                if image < column.count { sum += column[image] }
            }
            replicates[round] = sum / Double(seeds * images)
        }
        let mean = values.mean
        func without(_ means: [Double]) -> [Double] {
            let n = Double(means.count)
            return means.map { (n * mean - $0) / (n - 1) }
        }
        return interval(
            estimate: mean, replicates: replicates,
            jackknife: [without(values.seedMeans), without(values.imageMeans)].filter { $0.count > 1 }, level: level)
    }
}
