import Glibc
import Testing
import ZooCore
import ZooStatistics

/// The spread within classes and its BCa interval, against the textbook's formulas written out.
@Suite struct SpreadTests {
    private static let values = (0..<60).map { place -> Double in
        let shift: Double = place == 7 ? 9 : 0
        return 3 * sin(1.3 * Double(place)) + Double(place % 3 * 10) + shift
    }
    private static let classes = (0..<60).map { $0 % 3 }

    /// From the definition: the mean of every class, then squares.
    private static func spread(_ places: [Int]) -> Double {
        let labels = Set(places.map { classes[$0] })
        let squares = labels.reduce(0.0) { sum, label in
            let own = places.filter { classes[$0] == label }.map { values[$0] }
            let mean = own.reduce(0, +) / Double(own.count)
            return sum + own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        }
        return (squares / Double(places.count - labels.count)).squareRoot()
    }

    private static func cumulative(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }
    private static func quantile(_ p: Double) -> Double {
        var (low, high) = (-9.0, 9.0)
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if cumulative(middle) < p { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    @Test func theIntervalIsBCa() throws {
        let stream = RandomStream(seed: 0, "test/spread")
        let all = Array(Self.values.indices)
        let spread = try #require(SpreadWithinClasses(Self.values, classes: Self.classes))
        #expect(abs(spread.value - Self.spread(all)) < 1e-12)
        let replicates = (0..<500).map { round in
            var draws = stream.appending(UInt64(round)).sequence()
            return Self.spread(all.map { _ in draws.integer(below: all.count) })
        }.sorted()
        let without = all.map { left in Self.spread(all.filter { $0 != left }) }
        let mean = without.reduce(0, +) / Double(without.count)
        var (cubes, squares) = (0.0, 0.0)
        for value in without {
            let influence: Double = mean - value
            cubes += influence * influence * influence
            squares += influence * influence
        }
        let acceleration = cubes / (6 * pow(squares, 1.5))
        let bias = Self.quantile(Double(replicates.count { $0 < spread.value }) / 500)
        func bound(_ p: Double) -> Double {
            let z = bias + Self.quantile(p)
            let place = Self.cumulative(bias + z / (1 - acceleration * z)) * 499
            let low = Int(place)
            let step: Double = replicates[min(low + 1, 499)] - replicates[low]
            return replicates[low] + (place - Double(low)) * step
        }
        let interval = spread.interval(resamples: 500, stream: stream)
        #expect(interval.method == .bca)
        #expect(abs(interval.low - bound(0.025)) < 1e-9)
        #expect(abs(interval.high - bound(0.975)) < 1e-9)
        // One outlier: the interval is longer above than below.
        #expect(interval.high - spread.value > spread.value - interval.low)
    }

    /// Of N normal values, σ(1 ± 1.96/√(2N)) nearly.
    @Test func ofNormalValuesItIsTheKnownOne() throws {
        var random = RandomStream(seed: 3, "test/normal").sequence()
        let values = (0..<2000).map { _ in 2 * random.normal() }
        let spread = try #require(SpreadWithinClasses(values, classes: values.indices.map { $0 % 10 }))
        let interval = spread.interval(resamples: 500, stream: RandomStream(seed: 0, "test/spread"))
        let half = 1.96 * spread.value / 4000.0.squareRoot()
        let (below, above): (Double, Double) = (spread.value - interval.low, interval.high - spread.value)
        #expect(abs(below - half) < 0.25 * half)
        #expect(abs(above - half) < 0.25 * half)
    }

    @Test func withoutFreedomThereIsNone() {
        #expect(SpreadWithinClasses([1, 2, 3], classes: [0, 1, 2]) == nil)
        #expect(SpreadWithinClasses([1, 2], classes: [0]) == nil)
        #expect(SpreadWithinClasses([], classes: []) == nil)
        // Nothing varies: no correction is defined.
        let flat = SpreadWithinClasses([1, 1, 2, 2], classes: [0, 0, 1, 1])?.interval(resamples: 50, stream: RandomStream(seed: 0, "x"))
        #expect(flat?.method == .percentile && flat?.low == 0 && flat?.high == 0)
    }
}
