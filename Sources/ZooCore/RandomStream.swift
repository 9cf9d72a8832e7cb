import Foundation

/// A counter-based stream of random numbers: every draw is a pure function of a key and a position.
///
///     let stream = RandomStream(seed: 1, "strokes/test", 42)
///     stream.uniform(at: 0)              // the same number on every machine, in every order, on every thread
///     var sequence = stream.sequence()   // or drawn one after another
///     let x = sequence.uniform(-1, 1)
///
/// The algorithm, so that it can be reproduced elsewhere (all arithmetic modulo 2^64):
///
/// - `mix(z)` is the finaliser of SplitMix64 (Steele, Lea, Flood, *Fast splittable pseudorandom number generators*,
///   OOPSLA 2014): `z ^= z >> 30; z *= 0xbf58476d1ce4e5b9; z ^= z >> 27; z *= 0x94d049bb133111eb; z ^= z >> 31`.
/// - `key = mix(seed + G)` with `G = 0x9e3779b97f4a7c15`; then, for the 64-bit FNV-1a hash of the name's UTF-8 bytes
///   and for each word in order, `key = mix((key ^ word) + G)`.
/// - The bits at position i are `mix(key + (i + 1) · G)`: SplitMix64 seeded with the key.
/// - A uniform double is the upper 53 bits times 2^-53, in [0, 1).
public struct RandomStream: Sendable, Hashable {
    /// What the stream was opened with, mixed into 64 bits.
    public let key: UInt64

    /// Opens the stream of a seed, a name and any number of further words, such as an index.
    public init(seed: UInt64, _ name: String, _ words: UInt64...) {
        var key = Self.mix(seed &+ Self.golden)
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        key = Self.mix((key ^ hash) &+ Self.golden)
        for word in words { key = Self.mix((key ^ word) &+ Self.golden) }
        self.key = key
    }

    private init(key: UInt64) { self.key = key }

    /// The stream of this one and one word more.
    public func appending(_ word: UInt64) -> RandomStream { RandomStream(key: Self.mix((key ^ word) &+ Self.golden)) }

    /// 64 random bits.
    public func bits(at position: UInt64) -> UInt64 { Self.mix(key &+ (position &+ 1) &* Self.golden) }

    /// A number in [0, 1), a multiple of 2^-53.
    public func uniform(at position: UInt64) -> Double { Double(bits(at: position) >> 11) * 0x1p-53 }

    /// The stream read from its beginning.
    public func sequence() -> Sequence { Sequence(self) }

    /// The numbers 0 ..< `count` in an order drawn from this stream (Fisher–Yates, from the last place down).
    public func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<max(0, count))
        var sequence = sequence()
        sequence.shuffle(&order)
        return order
    }

    static let golden: UInt64 = 0x9e37_79b9_7f4a_7c15

    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension RandomStream {
    /// A stream read in order; a `RandomNumberGenerator` too.
    ///
    /// Its own `integer(below:)` and `shuffle` are the ones to use where results must last: what the standard library
    /// makes of a generator may change between its versions.
    public struct Sequence: RandomNumberGenerator, Sendable {
        public let stream: RandomStream
        /// The position of the next draw.
        public private(set) var position: UInt64 = 0

        init(_ stream: RandomStream) { self.stream = stream }

        public mutating func next() -> UInt64 {
            defer { position &+= 1 }
            return stream.bits(at: position)
        }

        /// A number in [0, 1).
        public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

        /// A number in [low, high).
        public mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }

        /// A number of the standard normal distribution (Box–Muller, the cosine branch; two uniform draws).
        public mutating func normal() -> Double {
            let radius = (-2 * log(1 - uniform())).squareRoot()
            return radius * cos(2 * .pi * uniform())
        }

        /// An integer in 0 ..< `bound`; 0 if `bound` is below 2. The upper half of draw × bound (one draw), which is off
        /// an even distribution by less than bound / 2^64.
        public mutating func integer(below bound: Int) -> Int {
            let high = next().multipliedFullWidth(by: UInt64(max(1, bound))).high
            return Int(truncatingIfNeeded: high)
        }

        /// Puts the elements in random order (Fisher–Yates, from the last place down).
        public mutating func shuffle<Element>(_ array: inout [Element]) {
            for last in stride(from: array.count - 1, to: 0, by: -1) { array.swapAt(last, integer(below: last + 1)) }
        }
    }
}
