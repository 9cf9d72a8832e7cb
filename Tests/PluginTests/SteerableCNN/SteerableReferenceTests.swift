import TestSupport
import Testing
import ZooCore
import ZooKit
import ZooModelFiles

/// Steerable networks against PyTorch (Fixtures/make_steerable.py): plain, and with reflections, restriction, smoothed
/// pooling on odd sides and ELU.
@Suite struct SteerableReferenceTests {
    private static func numbers(_ list: Int...) -> JSON { .array(list.map { .int($0) }) }
    static let configs: [String: (side: Int, config: [String: JSON])] = [
        "c8": (
            12,
            [
                "rotations": .int(8), "widths": numbers(2, 2), "kernels": numbers(5, 7), "paddings": numbers(2, 3),
                "pool_after": numbers(1), "hidden": numbers(4),
            ]
        ),
        "d4": (
            13,
            [
                "rotations": .int(4), "mirror": .bool(true), "restrict": .int(1), "widths": numbers(2, 3), "kernels": numbers(7, 3),
                "paddings": numbers(2, 0), "pool_after": numbers(1), "pooling": .string("antialiased"), "activation": .string("elu"),
                "hidden": numbers(4),
            ]
        ),
    ]

    /// The fixture is computed in float64 and kept in float32, so 1e-6 is its rounding.
    @Test(arguments: ["c8", "d4"]) func agreesWithPyTorch(_ name: String) throws {
        let file = try fixture("steerable")
        let (side, config) = try #require(Self.configs[name])
        let net = try extractor("steerable-cnn", config, input: ImageShape(2, side, side))
        for entry in net.parameters.entries { try entry.tensor.copy_(file.tensor("\(name).\(entry.name)")) }
        try net.parameters.convert(dtype: .float64)
        let x = try file.tensor("\(name).input").to(dtype: .float64).requiresGrad_()
        for index in 0..<3 {
            let expected = try file.tensor("\(name).stage.\(index + 1)")
            #expect(try relativeDifference(net.forward(x, stages: 0..<index + 1), expected) < 1e-6, "stage \(index + 1)")
        }
        let logits = try net.logits(x)
        #expect(try relativeDifference(logits, file.tensor("\(name).logits")) < 1e-6)
        try logits.crossEntropy(Tensor([0, 3, 1] as [Int64], [3])).backward()
        #expect(try relativeDifference(#require(try x.grad), file.tensor("\(name).gradient.input")) < 1e-6)
        for entry in net.parameters.entries where entry.role == .parameter {
            #expect(
                try relativeDifference(#require(try entry.tensor.grad), file.tensor("\(name).gradient.\(entry.name)")) < 1e-6,
                "\(entry.name)")
        }
    }
}
