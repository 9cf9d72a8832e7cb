import TestSupport
import Testing
import ZooCore
import ZooKit

/// Nets over a rotation group: what each stage promises, checked on the stage's own declaration.
@Suite struct EquivarianceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let id: String
        var config: [String: JSON] = [:]
        var side = 28
        var testDescription: String { "\(id) \(config) \(side)×\(side)" }
    }
    static let cases = [
        Case(id: "p4-cnn"), Case(id: "p4m-cnn"), Case(id: "cn-cnn"), Case(id: "cw-p4cnn"),
        Case(id: "p4-cnn", config: ["batch_norm": .bool(true), "group_pool": .string("mean"), "spatial_pool": .string("mean")]),
        Case(id: "p4m-cnn", config: ["batch_norm": .bool(true), "width": .int(4)]),
        Case(id: "cn-cnn", config: ["rotations": .int(16), "interpolation": .string("bilinear"), "width": .int(4)]),
        Case(id: "p4-cnn", config: ["group_pool": .string("none")]),
        // Odd maps before pooling: 31 - 8 = 23, and 11 - 6 = 5.
        Case(id: "p4m-cnn", config: ["width": .int(3)], side: 31),
        Case(id: "p4-cnn", config: ["kernels": .array([.int(4), .int(3)])], side: 27),
    ]

    /// features(g·x), transformed back in space and channels, are features(x), for every quarter turn and mirroring.
    @Test(arguments: cases) func everyStageIsEquivariant(_ item: Case) throws {
        let net = try extractor(item.id, item.config, input: ImageShape(1, item.side, item.side))
        let x = try wave([2, 1, item.side, item.side])
        try expectEquivariantStages(net, x, within: 1e-5)
    }

    /// A test that can fail: the same features without the permutation of channels do not agree, and pooled ones do.
    @Test func theChannelsReallyMove() throws {
        let net = try extractor("p4-cnn")
        let x = try wave([1, 1, 28, 28])
        let moved = try net.forward(x.rot90(), stages: 0..<2)
        #expect(try relativeDifference(moved, net.forward(x, stages: 0..<2).rot90()) > 0.1)
        #expect(try net.permutation(stage: 2, rotation: 1, mirror: false) == Array(0..<32))
        #expect(throws: ZooError.self) { try net.permutation(stage: 0, rotation: 1, mirror: true) }
        #expect(throws: ZooError.self) { try net.permutation(stage: 3, rotation: 1, mirror: false) }
    }

    @Test(arguments: try some(cases.filter { $0.config["group_pool"] != .string("none") }, "invariant nets"))
    func logitsAreInvariant(_ item: Case) throws {
        let net = try extractor(item.id, item.config, input: ImageShape(1, item.side, item.side))
        let x = try wave([3, 1, item.side, item.side])
        let upright = try net.logits(x)
        #expect(upright.shape == [3, 10])
        for mirror in net.stages[0].symmetry.mirror ? [false, true] : [false] {
            for quarters in 1..<4 {
                #expect(try relativeDifference(net.logits(x.moved(quarters: quarters, mirror: mirror)), upright) < 1e-5)
            }
        }
    }

    @Test(arguments: [Case(id: "p4-cnn", config: ["group_pool": .string("none")]), Case(id: "cw-z2cnn"), Case(id: "mnist-cnn")])
    func otherLogitsAreNot(_ item: Case) throws {
        let net = try extractor(item.id, item.config)
        let x = try wave([3, 1, 28, 28])
        #expect(try relativeDifference(net.logits(x.rot90()), net.logits(x)) > 0.02)
    }

    /// Batch statistics are shared over the group, so a batch turned as a whole keeps them.
    @Test(arguments: ["p4-cnn", "p4m-cnn", "cn-cnn"]) func batchNormIsEquivariantInTraining(_ id: String) throws {
        let config: [String: JSON] = ["batch_norm": .bool(true), "width": .int(4)]
        let (upright, x) = try expectEquivariantBatchNorm(id, config)
        try upright.parameters.setTraining(false)
        #expect(try relativeDifference(upright.logits(x.rot90(3)), upright.logits(x)) < 1e-5)
    }

    /// How much features, pooled over the group and all places, change when a smooth picture is turned by any angle: less
    /// with more rotations. Deeper and on fewer pixels the grid of the max-pooling hides the difference between 8 and 16.
    @Test(arguments: [(28, 1), (56, 2)]) func finerGroupsAreMoreInvariant(_ side: Int, _ stages: Int) throws {
        let picture = try blobs(side: side)
        let errors = try [4, 8, 16].map { rotations in
            var changes: [Double] = []
            for seed in 1...4 {
                let net = try extractor(
                    "cn-cnn", ["rotations": .int(rotations), "width": .int(8), "group_pool": .string("none")],
                    input: ImageShape(1, side, side),
                    classes: 0, seed: UInt64(seed))
                func features(_ x: Tensor) throws -> Tensor {
                    let map = try net.forward(x, stages: 0..<stages)
                    return try map.reshape([1, 8, rotations, map.size(2) * map.size(3)]).amax(dim: [2, 3])
                }
                let upright = try features(picture)
                for degrees in stride(from: 7.5, to: 90, by: 7.5) {
                    let change = try features(turned(picture, degrees: degrees)) - upright
                    changes.append(try ((change * change).sum().item() / (upright * upright).sum().item()).squareRoot())
                }
            }
            return changes.reduce(0, +) / Double(changes.count)
        }
        #expect(errors[1] < errors[0], "\(errors)")
        #expect(errors[2] < errors[1], "\(errors)")
    }

    /// Within 5 % of mnist-cnn, as long as the width is left to the net; and Z2CNN and P4CNN as their layers say.
    @Test func parameterCountsAreMatched() throws {
        let plain = try extractor("mnist-cnn").parameters.count
        #expect(plain == 208_586)
        for (id, rotations) in [("p4-cnn", 0), ("p4m-cnn", 0), ("cn-cnn", 8), ("cn-cnn", 16)] {
            let count = try extractor(id, rotations == 0 ? [:] : ["rotations": .int(rotations)]).parameters.count
            #expect(abs(Double(count) / Double(plain) - 1) < 0.05, "\(id) \(rotations): \(count)")
        }
        #expect(try extractor("cw-z2cnn").parameters.count == 200 + 5 * 3620 + 6 * 40 + 3210)
        #expect(try extractor("cw-p4cnn").parameters.count == 100 + 5 * 3610 + 6 * 20 + 6410)
    }

    @Test func badSizesAndSettingsAreRefused() throws {
        func message(_ body: () throws -> Void) -> String {
            do { try body() } catch { return "\(error)" }
            return ""
        }
        #expect(message { _ = try extractor("p4-cnn", input: ImageShape(1, 9, 28)) }.contains("stage 1 gets 9×28"))
        let small = message { _ = try extractor("cw-p4cnn", input: ImageShape(1, 20, 20)) }
        #expect(small.contains("stage 6 gets 2×2: 2×2 is too small for a 3×3 convolution"), "\(small)")
        #expect(message { _ = try extractor("cn-cnn", ["rotations": .int(6)]) }.contains("multiple of 4"))
        #expect(throws: ZooError.self) { try extractor("p4-cnn", classes: 0).logits(wave([1, 1, 28, 28])) }
    }
}
