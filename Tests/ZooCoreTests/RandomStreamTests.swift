import Testing
import ZooCore

@Suite("Random streams")
struct RandomStreamTests {
    // From a separate implementation of the documented algorithm, in Python.
    @Test("fixed values, so that the algorithm cannot drift")
    func fixedValues() {
        let stream = RandomStream(seed: 1, "test", 2, 3)
        #expect(stream.key == 516163812342574441)
        #expect(stream.bits(at: 0) == 13271146794761810136)
        #expect(stream.bits(at: 1_000_000_007) == 9267235862493708990)
        #expect(stream.uniform(at: 0) == 0.7194303093127397)
        var sequence = stream.sequence()
        #expect(abs(sequence.normal() + 1.3388260835682357) < 1e-14)
        #expect(stream.permutation(8) == [0, 4, 6, 3, 7, 1, 2, 5])
    }

    @Test("the same as SplitMix64 seeded with the key")
    func splitMix() {
        let stream = RandomStream(seed: 99, "split")
        var state = stream.key
        for position in 0..<100 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            #expect(stream.bits(at: UInt64(position)) == z ^ (z >> 31))
        }
    }

    @Test("seed, name and every word make another stream")
    func keysDiffer() {
        let keys = [
            RandomStream(seed: 1, "a"), RandomStream(seed: 2, "a"), RandomStream(seed: 1, "b"), RandomStream(seed: 1, ""),
            RandomStream(seed: 1, "a", 0), RandomStream(seed: 1, "a", 1), RandomStream(seed: 1, "a", 0, 0),
            RandomStream(seed: 1, "a", 0, 1),
            RandomStream(seed: 1, "a", 1, 0),
        ]
        #expect(Set(keys.map(\.key)).count == keys.count)
        #expect(RandomStream(seed: 1, "a", 7) == RandomStream(seed: 1, "a").appending(7))
    }

    @Test("drawn in order or by position: the same")
    func order() {
        let stream = RandomStream(seed: 5, "order")
        var sequence = stream.sequence()
        for position in 0..<50 { #expect(sequence.uniform() == stream.uniform(at: UInt64(position))) }
        #expect(sequence.position == 50)
    }

    @Test("moments of uniform and normal draws")
    func moments() {
        var sequence = RandomStream(seed: 3, "moments").sequence()
        let uniform = (0..<200_000).map { _ in sequence.uniform(-1, 1) }
        #expect(uniform.allSatisfy { $0 >= -1 && $0 < 1 })
        #expect(abs(mean(uniform)) < 0.006)
        #expect(abs(mean(uniform.map { $0 * $0 }) - 1.0 / 3) < 0.004)
        let normal = (0..<200_000).map { _ in sequence.normal() }
        #expect(normal.allSatisfy { $0.isFinite })
        #expect(abs(mean(normal)) < 0.01)
        #expect(abs(mean(normal.map { $0 * $0 }) - 1) < 0.015)
    }

    private func mean(_ numbers: [Double]) -> Double { numbers.reduce(0, +) / Double(numbers.count) }

    @Test("integers reach every value and no other", arguments: [1, 2, 3, 10])
    func integers(bound: Int) {
        var sequence = RandomStream(seed: 4, "integers").sequence()
        let drawn = (0..<2000).map { _ in sequence.integer(below: bound) }
        #expect(Set(drawn) == Set(0..<bound))
    }

    @Test("no number below nothing")
    func emptyBound() {
        var sequence = RandomStream(seed: 4, "integers").sequence()
        #expect(sequence.integer(below: 0) == 0)
        #expect(sequence.integer(below: -3) == 0)
    }

    @Test("a permutation holds every index once", arguments: [-1, 0, 1, 2, 1000])
    func permutation(count: Int) {
        let order = RandomStream(seed: 6, "permutation").permutation(count)
        #expect(order.sorted() == Array(0..<max(0, count)))
    }
}
