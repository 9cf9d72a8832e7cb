import Glibc
import Testing
import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooManifest
import ZooProbes

/// The theorem of [JMFL20, arXiv:2004.14716] on extractors of the zoo: what can be aligned by transforming features, and what
/// cannot, whatever the weights are.
@Suite struct TheoremTests {
    private func reports(_ names: [String], trained: Bool, whole: Bool = false) throws -> [TheoremReport] {
        let zoo = try ShippedZoo()
        let theorem = try Theorem(
            host: zoo.host, manifest: zoo.manifest, dataSet: DataSet.named("strokes"), dataDirectory: nil, options: ["images": .int(8)])
        return try names.flatMap { name in
            let subjects = try theorem.subjects(name, whole: whole) { entry in
                trained ? try zoo.weights(entry.id, "strokes").map { [$0] } ?? [] : []
            }
            return try subjects.map { try theorem.measure($0, progress: SilentProgress()) }
        }
    }

    private func conclusion(_ report: TheoremReport, _ transformation: String) throws -> AlignmentResult {
        try #require(report.conclusions.first { $0.transformation == transformation }, "\(report.name)")
    }

    /// Whole strides are alignable everywhere, and an aligned input always aligns.
    private func checkWhatHoldsForAll(_ report: TheoremReport) throws {
        for result in report.results {
            let place = "\(report.name), \(report.weights), \(result.title), \(result.stage)"
            if result.transformation == "translation" { #expect(result.verdict == .aligned, "\(place): \(result.best)") }
            #expect(result.inputVerdict != .notAligned, "\(place): \(result.inputAligned) / \(result.imageFloor)")
            if ["translation", "quarter-turn", "mirror"].contains(result.transformation) {
                #expect(result.inputVerdict == .aligned, "\(place)")
            }
            #expect(result.best <= result.gap)
            #expect(result.coverage > 0.2, "\(place): \(result.coverage)")
        }
    }

    @Test func thePlainNetCanBeAlignedUnderTranslationsOnly() throws {
        let reports = try reports(["cnn"], trained: true)
        #expect(reports.map(\.isTrained) == [false, true])
        for report in reports {
            try checkWhatHoldsForAll(report)
            for result in report.results where result.transformation != "translation" {
                let place = "\(report.weights), \(result.title), \(result.stage): \(result.best) / \(result.floor)"
                if ["quarter-turn", "mirror"].contains(result.transformation) {
                    // Far above rounding for every h, and there is no interpolation to blame.
                    #expect(result.best > 0.1, "\(place)")
                    #expect(result.floor < AlignmentVerdict.rounding, "\(place)")
                }
                if result.depth == 2 { #expect(result.verdict == .notAligned, "\(place)") }
            }
        }
    }

    @Test func p4CanBeAlignedUnderQuarterTurnsTooOnceItIsPooled() throws {
        for report in try reports(["p4-cnn"], trained: true) {
            try checkWhatHoldsForAll(report)
            let quarter = try conclusion(report, "quarter-turn")
            #expect(quarter.best < 1e-5 && quarter.gap < 1e-5 && quarter.verdict == .aligned)
            for name in ["mirror", "scaling", "shear"] {
                let result = try conclusion(report, name)
                #expect(result.verdict == .notAligned, "\(report.weights), \(name): \(result.best) / \(result.floor)")
            }
            // Before pooling the response moves to other channels: no map of the plane brings it back, the permutation does.
            for result in report.results where result.transformation == "quarter-turn" && result.depth < 3 {
                #expect(result.best > 0.1, "\(result.stage): \(result.best)")
                #expect(try #require(result.permuted) < 1e-5)
                #expect(result.equivariance < 1e-5)
            }
        }
    }

    @Test func p4mCanBeAlignedUnderReflectionsToo() throws {
        let report = try #require(try reports(["p4m-cnn"], trained: false).first)
        try checkWhatHoldsForAll(report)
        for name in ["quarter-turn", "mirror"] { #expect(try conclusion(report, name).best < 1e-5, "\(name)") }
        for name in ["scaling", "shear"] { #expect(try conclusion(report, name).verdict == .notAligned, "\(name)") }
    }

    /// What stands behind a canonicalization follows no quarter turn, whatever the extractor is, and so is aligned as it is; the extractor
    /// alone is not. Other angles leave what interpolation does, the mirror image is another image.
    @Test func behindACanonicalizationFeaturesStayUnderQuarterTurns() throws {
        for name in ["canonical-c4", "canonical-axis"] {
            let alone = try #require(try reports([name], trained: false).first)
            #expect(try conclusion(alone, "quarter-turn").verdict == .notAligned)
            let whole = try #require(try reports([name], trained: false, whole: true).first)
            for result in whole.results where result.transformation == "quarter-turn" {
                #expect(result.best < 1e-5 && result.verdict == .aligned, "\(name), \(result.stage): \(result.best)")
            }
            #expect(try conclusion(whole, "mirror").verdict == .notAligned)
        }
        let transformer = try conclusion(#require(try reports(["stn-c0"], trained: false, whole: true).first), "quarter-turn")
        #expect(transformer.verdict == .notAligned)
    }

    /// Every pixel a square, about the centre: what is at (x, y) from it is at (r·x, r·y), and taking one pixel of each square undoes it.
    @Test(arguments: [2, 3]) func enlargingRepeatsPixels(_ factor: Int) throws {
        try EngineControl.start()
        let side = 12
        let values = (0..<side * side).map { place -> Double in
            let (row, column) = (place / side, place % side)
            return (4..<8).contains(row) && (4..<8).contains(column) ? Double(place) : 0
        }
        let image = try Tensor(values, [1, 1, side, side])
        let enlarging = Transformation.enlarging(factor)
        let enlarged = try enlarging.applied(to: image, padding: .zeros).doubles()
        for row in 0..<side {
            for column in 0..<side {
                // The pixel in which the place lies that is as many times nearer to the centre.
                func source(_ place: Int) -> Int {
                    let half = Double(side) / 2
                    return Int(((Double(place) + 0.5 - half) / Double(factor) + half).rounded(.down))
                }
                #expect(enlarged[row * side + column] == values[source(row) * side + source(column)])
            }
        }
        let large = try enlarging.applied(to: image, padding: .zeros)
        let restored = try enlarging.inverted.applied(to: large, padding: .zeros)
        #expect(try restored.doubles() == values)
    }

    /// On a canvas of 1.5 times the images, a corner of what was recorded leaves it only where the image is made twice as large: 28 pixels
    /// turned by 45° take 39.6, sheared by a half 42, and scaled 56.
    @Test func whatLeavesTheCanvasGivesNoVerdict() throws {
        let zoo = try ShippedZoo()
        let theorem = try Theorem(
            host: zoo.host, manifest: zoo.manifest, dataSet: DataSet.named("strokes"), dataDirectory: nil,
            options: ["images": .int(4), "canvas": .int(42), "restarts": .int(1)])
        let subject = try #require(try theorem.subjects("cnn") { _ in [] }.first)
        let report = try theorem.measure(subject, progress: SilentProgress())
        for result in report.results {
            let leaves = ["scaling", "enlarging"].contains(result.transformation)
            #expect((result.verdict == .unknown) == leaves && (result.inputVerdict == .unknown) == leaves, "\(result)")
            #expect((result.coverage == 0) == leaves && result.best.isNaN == leaves, "\(result)")
        }
        #expect(report.remarks.count == 1)
        #expect(
            report.remarks.first?.contains("the images go over the edge under scaling ×2, scaling ×2 by pixels;") == true,
            "\(report.remarks)")
    }

    /// The search finds the map that made one set of smooth maps from another, and what it says is the distance.
    @Test func theSearchFindsTheMapThatIsThere() throws {
        try EngineControl.start()
        let side = 20
        let values = (0..<6).flatMap { channel in
            (0..<side * side).map { place -> Double in
                let (x, y) = (Double(place % side) / 19 - 0.5, Double(place / side) / 19 - 0.5)
                let (cx, cy) = (0.2 * cos(Double(channel)), 0.2 * sin(Double(channel)))
                return exp(-((x - cx) * (x - cx) + (y - cy) * (y - cy)) / 0.03)
            }
        }
        let maps = try Tensor(values, [2, 3, side, side])
        let everywhere = [Bool](repeating: true, count: side * side)
        for h in [[0.8, -0.5, 0.1, 0.4, 0.9, -0.05], [-0.6, -0.7, 0, 0.7, -0.8, 0.1], [0.7, 0.3, 0, 0.3, -0.8, 0]] {
            let theta = try Tensor(h, [1, 2, 3]).expand([2, 2, 3]).contiguous()
            let made = try maps.warp(theta, height: side, width: side, paddingMode: .border)
            let search = try AlignmentSearch(maps, made, mask: everywhere)
            #expect(search.distance(h) < 1e-6)
            let found = search.minimise(hints: [], restarts: 8, seed: 0)
            #expect(found.distance < 0.02, "\(h): \(found)")
            // The formula through products agrees with the distance of the maps themselves.
            let other = try Tensor([0.9, 0.1, 0.2, 0, 1.1, 0] as [Double], [1, 2, 3]).expand([2, 2, 3]).contiguous()
            let difference = try maps.warp(other, height: side, width: side, paddingMode: .border) - made
            let direct = try ((difference * difference).sum().item() / (made * made).sum().item()).squareRoot()
            #expect(abs(search.distance([0.9, 0.1, 0.2, 0, 1.1, 0]) - direct) < 1e-9)
        }
    }

    @Test func namesAreChecked() throws {
        let zoo = try ShippedZoo()
        let theorem = try Theorem(host: zoo.host, manifest: zoo.manifest, dataSet: DataSet.named("strokes"), dataDirectory: nil)
        let error = #expect(throws: HostError.self) { try theorem.subjects("p4-cn") { _ in [] } }
        #expect(error?.kind == .usage && error?.message.contains("did you mean 'p4-cnn'") == true)
        #expect(try theorem.subjects("mnist-cnn") { _ in [] }.map(\.weights) == ["untrained"])
        #expect(throws: HostError.self) {
            try Theorem(host: zoo.host, manifest: nil, dataSet: DataSet.named("strokes"), dataDirectory: nil, options: ["imges": .int(3)])
        }
    }
}
