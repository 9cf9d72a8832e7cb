public import ZooCore

/// The standard deviation of values about the means of their classes, with its bootstrap interval.
///
///     let spread = SpreadWithinClasses(differences, classes: labels)
///     spread?.value                     // √(Σ_c Σ_i (v − mean of c)² / (N − number of classes))
///
/// In a resample, the means are those of the images drawn, and classes are those that were drawn.
public struct SpreadWithinClasses: Sendable, Equatable {
    public let value: Double
    private let values: [Double]
    /// The class of each value, numbered from 0.
    private let places: [Int]
    private let classCount: Int

    /// nil unless there are more values than classes.
    public init?(_ values: [Double], classes: [Int]) {
        guard values.count == classes.count else { return nil }
        var numbers: [Int: Int] = [:]
        places = classes.map { label in
            let number = numbers[label] ?? numbers.count
            numbers[label] = number
            return number
        }
        classCount = numbers.count
        // About the mean of its class no value is so large that squares lose digits.
        var sums = [(sum: Double, count: Double)](repeating: (0, 0), count: classCount)
        for (value, place) in zip(values, places) { sums[place] = (sums[place].sum + value, sums[place].count + 1) }
        let centred = zip(values, places).map { $0 - sums[$1].sum / sums[$1].count }
        self.values = centred
        guard values.count > classCount else { return nil }
        value = (centred.reduce(0) { $0 + $1 * $1 } / Double(values.count - classCount)).squareRoot()
    }

    /// The spread of the values at these indices, each as often as it is named; nil if there are no more values than classes.
    private func drawn(_ indices: some Sequence<Int>) -> Double? {
        var sums = [(count: Double, sum: Double, squares: Double)](repeating: (0, 0, 0), count: classCount)
        for index in indices {
            let (value, place) = (values[index], places[index])
            sums[place] = (sums[place].count + 1, sums[place].sum + value, sums[place].squares + value * value)
        }
        return Self.spread(sums)
    }

    private static func spread(_ sums: [(count: Double, sum: Double, squares: Double)]) -> Double? {
        var (squares, freedom) = (0.0, 0.0)
        for part in sums where part.count > 0 {
            squares += max(0, part.squares - part.sum * part.sum / part.count)
            freedom += part.count - 1
        }
        return freedom > 0 ? (squares / freedom).squareRoot() : nil
    }

    /// The BCa interval, values drawn with replacement together with their classes; draws that leave no freedom are left out.
    ///
    /// - Parameter stream: the same one gives the same bits.
    public func interval(level: Double = 0.95, resamples: Int, stream: RandomStream) -> Interval {
        let replicates = (0..<max(0, resamples)).compactMap { round in
            var draws = stream.appending(UInt64(round)).sequence()
            return drawn((0..<values.count).map { _ in draws.integer(below: values.count) })
        }
        var sums = [(count: Double, sum: Double, squares: Double)](repeating: (0, 0, 0), count: classCount)
        for (value, place) in zip(values, places) {
            sums[place] = (sums[place].count + 1, sums[place].sum + value, sums[place].squares + value * value)
        }
        let without = zip(values, places).compactMap { value, place in
            var rest = sums
            rest[place] = (rest[place].count - 1, rest[place].sum - value, rest[place].squares - value * value)
            return Self.spread(rest)
        }
        return Bootstrap.interval(estimate: value, replicates: replicates, jackknife: [without], level: level)
    }
}
