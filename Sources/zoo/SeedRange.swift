import ArgumentParser
import Foundation

/// Seeds on the command line: `3`, or `0..4` for all five.
struct SeedRange: ExpressibleByArgument {
    let seeds: ClosedRange<UInt64>

    init?(argument: String) {
        let ends = argument.components(separatedBy: "..")
        guard let first = ends.first.flatMap({ UInt64($0) }), let last = ends.last.flatMap({ UInt64($0) }), ends.count <= 2,
            first <= last, last <= UInt64(Int64.max), last - first < Self.most
        else { return nil }
        seeds = first...last
    }

    private static let most: UInt64 = 1000

    /// All of them in order, without repetition; seed 0 if none was given.
    static func all(_ ranges: [SeedRange]) -> [UInt64] {
        var seen: Set<UInt64> = []
        let list = ranges.flatMap { Array($0.seeds) }.filter { seen.insert($0).inserted }
        return list.isEmpty ? [0] : list
    }

    /// 0, 1, 2, 5 as "0..2" and "5": how they are typed.
    static func pieces(_ seeds: [UInt64]) -> [String] {
        var pieces: [ClosedRange<UInt64>] = []
        for seed in Set(seeds).sorted() {
            if let last = pieces.last, last.upperBound != .max, last.upperBound + 1 == seed {
                pieces[pieces.count - 1] = last.lowerBound...seed
            } else {
                pieces.append(seed...seed)
            }
        }
        return pieces.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)..\($0.upperBound)" }
    }
}
