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
}
