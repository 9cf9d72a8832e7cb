import TestSupport
import Testing
import ZooHost
import ZooKit

/// What the tests over seeds rest on.
@Suite struct RuleTests {
    init() throws { try EngineControl.start() }

    @Test func windowsThatRoundingMayChangeAreLeftOut() throws {
        // Windows of 2×2 in a row: clear, nearly equal, nearly zero, equal, clear but negative, the last column in none.
        let y = try Tensor(
            [1, 3, 5, 5.1, 0.1, -1, 2, 2, -5, -9, 7, 2, -4, 1, 1, -2, -3, 2, 2, -9, -9, 7] as [Double], [1, 1, 2, 11])
        func decided(_ tolerance: Double, pool: Int = 2, slope: Double) throws -> [Double] {
            try Kinks.decided(y, tolerated: Tensor([tolerance], [1]), pool: pool, slope: slope).doubles()
        }
        #expect(try decided(0.2, slope: 0) == [1, 0, 0, 0, 1])
        #expect(try decided(0.2, slope: 1) == [1, 0, 1, 0, 1])
        #expect(try decided(0.04, slope: 0) == [1, 1, 1, 0, 1])
        #expect(try decided(1.9, slope: 0) == [0, 0, 0, 0, 1])
        #expect(try decided(0.2, pool: 1, slope: 0).count { $0 == 0 } == 1)
        #expect(try decided(0.2, pool: 1, slope: 1).allSatisfy { $0 == 1 })
        let perValue = try Tensor.full([1, 1, 2, 11], 0, dtype: .float64)
        #expect(try Kinks.decided(y, tolerated: perValue, pool: 2, slope: 0).doubles() == [1, 1, 1, 0, 1])
    }

    /// Windows over padding alone are equal and left out; of the others, hardly any.
    @Test func hardlyAWindowIsLeftOut() throws {
        var (left, all) = (0.0, 0.0)
        for seed in UInt64(0)..<60 {
            var shape = ConvolutionCase(seed: seed)
            (shape.padding, shape.height, shape.width) = (0, shape.height + shape.kernel, shape.width + shape.kernel)
            let cotangent = try shape.cotangent(shape.tensors(.float64)).doubles()
            left += Double(cotangent.count { $0 == 0 })
            all += Double(cotangent.count)
        }
        #expect(left < 0.01 * all, "\(left) of \(all)")
    }

    /// Any order of summation is within what is tolerated, and a sum that lacks one term is not.
    @Test func sumsInAnyOrderAgreeAndAMissingTermShowsOverSeeds() throws {
        for seed in try Seeds(50) {
            var draw = SplitMix(seed: seed)
            let count = draw.one([1, 2, 10, 100, 1000, 10_000])
            let terms = (0..<count).map { _ in Float.random(in: -1...1, using: &draw) + 0.25 }
            let exact = terms.reduce(0.0) { $0 + Double($1) }
            let tolerance = Rounding.tolerance(terms: count) * terms.reduce(0.0) { $0 + Double(abs($1)) }
            for order in [terms, terms.reversed(), terms.sorted(), terms.shuffled(using: &draw)] {
                #expect(abs(Double(order.reduce(0, +)) - exact) <= tolerance, "\(count) terms, seed \(seed)")
            }
            let largest = try #require(terms.max { abs($0) < abs($1) })
            #expect(Double(abs(largest)) > tolerance, "\(count) terms, seed \(seed)")
        }
    }

    /// The comparison is not so generous that a kernel could lose a tap: without the largest weight the output differs.
    @Test func aMissingTapShowsOverSeeds() throws {
        for seed in try Seeds(30) {
            var shape = ConvolutionCase(seed: seed)
            // Nothing but sums, and several of them.
            (shape.slope, shape.pool, shape.padding, shape.images) = (1, 1, 0, 7)
            (shape.height, shape.width) = (shape.height + shape.kernel, shape.width + shape.kernel)
            let leaves = try shape.tensors(.float64)
            let cotangent = try shape.cotangent(leaves)
            let tolerances = try shape.tolerances(leaves, cotangent)
            let expected = try shape.run(leaves, cotangent, shape.plain)
            var weights = try leaves[1].doubles()
            let largest = try #require(weights.indices.max { abs(weights[$0]) < abs(weights[$1]) })
            weights[largest] = 0
            var without = try shape.tensors(.float64)
            without[1] = try Tensor(weights, leaves[1].shape).requiresGrad_()
            let found = try shape.run(without, cotangent, shape.plain)
            #expect(try Rounding.excess(found[0], expected[0], tolerated: tolerances[0]) > 1, "\(shape), seed \(seed)")
        }
    }

    @Test func whatIsNotFiniteOrOfAnotherShapeIsNeverTolerated() throws {
        let (one, tolerated) = (try Tensor.ones([2], dtype: .float64), try Tensor([1e9] as [Double], [1]))
        #expect(try Rounding.excess(one, one, tolerated: tolerated) == 0)
        #expect(try Rounding.excess(Tensor([1, .nan] as [Double], [2]), one, tolerated: tolerated) == .infinity)
        #expect(try Rounding.excess(Tensor([1, .infinity] as [Double], [2]), one, tolerated: tolerated) == .infinity)
        #expect(try Rounding.excess(Tensor.ones([1], dtype: .float64), one, tolerated: tolerated) == .infinity)
        #expect(try Rounding.excess(Tensor([1, 1.5] as [Double], [2]), one, tolerated: Tensor([0.25] as [Double], [1])) == 2)
    }

    @Test func seedsAreFixedUnlessTheEnvironmentSaysOtherwise() throws {
        func seeds(_ environment: [String: String], function: String = "testOverSeeds()") throws -> [UInt64] {
            Array(try Seeds(3, environment: environment, function: function))
        }
        #expect(try seeds([:]) == [0, 1, 2])
        #expect(try seeds(["ZOO_TEST_SEED": "7"]) == [7, 8, 9])
        #expect(try seeds(["ZOO_TEST_SEED": "18446744073709551615", "ZOO_TEST_CASES": "2"]) == [.max, 0])
        #expect(try seeds(["ZOO_TEST_SECONDS": "0.000000001"]).first == 0)
        for (name, value) in [
            ("ZOO_TEST_SEED", "x"), ("ZOO_TEST_SEED", ""), ("ZOO_TEST_CASES", "0"), ("ZOO_TEST_SECONDS", "nan"), ("ZOO_TEST_SECONDS", "-1"),
        ] {
            #expect(throws: Seeds.Invalid.self, "\(name)=\(value)") { try seeds([name: value]) }
        }
        #expect(throws: Seeds.Invalid.self) { try seeds([:], function: "test()") }
        #expect(throws: Seeds.Invalid.self) { try Seeds(0, environment: [:], function: "testOverSeeds()") }
        #expect(throws: NoArguments.self) { try some([Int](), "numbers") }
        #expect(try some([1], "numbers") == [1])
    }
}
