import Foundation
import TestSupport
import Testing
import ZooCore
import ZooKit
import ZooModelFiles

/// Lifting and group convolutions against PyTorch (Fixtures/make_group.py) and finite differences.
@Suite struct GroupConvolutionTests {
    static let configs: [String: (id: String, config: [String: JSON])] = [
        "p4": ("p4-cnn", ["width": .int(3), "kernels": .array([.int(5), .int(3)])]),
        "p4m": ("p4m-cnn", ["width": .int(2), "kernels": .array([.int(5), .int(3)])]),
        "c8": ("cn-cnn", ["width": .int(2), "kernels": .array([.int(5), .int(3)]), "interpolation": .string("bilinear")]),
    ]

    @Test(arguments: ["p4", "p4m", "c8"]) func agreesWithPyTorch(_ name: String) throws {
        let file = try fixture("group")
        let (id, config) = try #require(Self.configs[name])
        let net = try extractor(id, config, input: ImageShape(2, 16, 16))
        for entry in net.parameters.entries { try entry.tensor.copy_(file.tensor("\(name).\(entry.name)")) }
        try net.parameters.convert(dtype: .float64)
        let x = try file.tensor("\(name).input").to(dtype: .float64).requiresGrad_()
        for index in 0..<2 {
            let expected = try file.tensor("\(name).stage.\(index + 1)")
            #expect(try relativeDifference(net.forward(x, stages: 0..<index + 1), expected) < 1e-6)
        }
        let logits = try net.logits(x)
        #expect(try relativeDifference(logits, file.tensor("\(name).logits")) < 1e-6)
        try logits.crossEntropy(Tensor([0, 3, 1] as [Int64], [3])).backward()
        #expect(try relativeDifference(#require(try x.grad), file.tensor("\(name).gradient.input")) < 1e-6)
        for entry in net.parameters.entries {
            #expect(
                try relativeDifference(#require(try entry.tensor.grad), file.tensor("\(name).gradient.\(entry.name)")) < 1e-6,
                "\(entry.name)")
        }
    }

    /// Central differences in float64 of every value of every parameter, means for maxima so that there are few kinks.
    @Test(arguments: ["p4", "p4m", "c8"]) func gradientsAreThoseOfFiniteDifferences(_ name: String) throws {
        let (id, settings) = try #require(Self.configs[name])
        let config = settings.merging([
            "width": .int(1), "kernels": .array([.int(3), .int(2)]), "group_pool": .string("mean"), "spatial_pool": .string("mean"),
        ]) { $1 }
        let net = try extractor(id, config, input: ImageShape(1, 10, 10), classes: 3)
        try net.parameters.convert(dtype: .float64)
        let x = try wave([2, 1, 10, 10], dtype: .float64)
        func loss() throws -> Tensor { try (net.logits(x) * wave([2, 3], phase: 1, dtype: .float64)).sum() }
        try loss().backward()
        for entry in net.parameters.entries where entry.role == .parameter {
            let values = try entry.tensor.detach().doubles()
            let found = try #require(try entry.tensor.grad).doubles()
            for index in values.indices {
                var sides: [Double] = []
                for step in [1e-6, -1e-6] {
                    var moved = values
                    moved[index] += step
                    try entry.tensor.copy_(Tensor(moved, entry.tensor.shape))
                    sides.append(try noGrad { try loss().item() })
                }
                try entry.tensor.copy_(Tensor(values, entry.tensor.shape))
                #expect(abs((sides[0] - sides[1]) / 2e-6 - found[index]) < 1e-6, "\(entry.name)[\(index)]")
            }
        }
    }
}
