import Foundation
import Testing
import ZooCore
import ZooProbes
import ZooReport

/// The theorem's page for extractors of which something, or nothing, could be compared.
@Suite struct TheoremTableTests {
    /// - Parameter gaps: what is left when the input is aligned, of each transformation; NaN where nothing can be compared.
    private func report(_ name: String, _ gaps: [Double], remarks: [String] = []) throws -> TheoremReport {
        func number(_ value: Double) -> Any { value.isNaN ? "NaN" : value }
        let results = gaps.enumerated().map { place, gap -> [String: Any] in
            [
                "transformation": "t\(place)", "title": "t\(place)", "stage": "s", "depth": 1, "equivariance": number(gap),
                "gap": number(gap), "best": number(gap), "bestMap": [1, 0, 0, 0, 1, 0], "inputAligned": number(gap),
                "imageFloor": number(gap.isNaN ? .nan : 0.1), "featureFloor": number(gap.isNaN ? .nan : 0.1),
                "mapFloor": number(gap.isNaN ? .nan : 0.1), "coverage": gap.isNaN ? 0 : 1,
            ]
        }
        let value: [String: Any] = [
            "name": name, "extractor": name, "weights": "untrained", "canvas": 64, "remarks": remarks, "results": results,
        ]
        return try ResultCoding.decoder.decode(TheoremReport.self, from: JSONSerialization.data(withJSONObject: value))
    }

    @Test func withoutDataThereIsNoVerdict() throws {
        let page = TheoremTables.page(
            [
                try report("nothing", [.nan, .nan], remarks: ["on a canvas of 64×64 pixels nothing; a canvas of 384 pixels would do"]),
                try report("some", [.nan, 0]), try report("floor", [0.05, 0]), try report("not", [0.5, 0, .nan]),
            ], for: Terminal(isTerminal: false, width: nil, usesColor: false))
        let last = try #require(page.split(separator: "\n").first { $0.hasPrefix("any, input aligned") })
        let cells = last.replacing(/\s{2,}/, with: "|").split(separator: "|")
        #expect(cells == ["any, input aligned", "–", "aligned", "at the floor", "not aligned"], "\(page)")
        #expect(page.contains("a canvas of 384 pixels would do"))
        #expect(AlignmentVerdict.all([]) == .unknown && AlignmentVerdict.all([.unknown, .unknown]) == .unknown)
    }
}
