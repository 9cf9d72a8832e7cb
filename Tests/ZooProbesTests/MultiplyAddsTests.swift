import Foundation
import TestSupport
import Testing
import ZooHost
import ZooKit
import ZooManifest
import ZooProbes
import ZooStore

/// Multiply-adds against counts made by hand, wherever the operators are called from.
@Suite struct MultiplyAddsTests {
    /// Batch norm counts where it is an operator with pooling and activation (p4-cnn, cnn-bn) and where it went into a
    /// convolution's weights (cw-z2cnn): 1 for each value that is normalised.
    @Test func batchNormCounts() throws {
        let zoo = try ShippedZoo()
        func count(_ entry: String) throws -> Double? {
            try zoo.run("cost?runs=1&warmup=0&batch=1&rounds=1", zoo.subject(entry, on: "strokes"))["cost.multiply-adds"]
        }
        // 32 channels × 4 rotations. Lifting 20²·9², then 4²·(32·4)·7²; pooled maps of 10² and 2²; 10 classes of 32 channels.
        let p4 = 128 * (400 * 81 + 16 * 128 * 49) + 128 * (100 + 4) + 320
        #expect(try count("p4-cnn") == Double(p4) && p4 == 17_005_888)
        let plain = 400 * 64 * 81 + 16 * 64 * 64 * 49 + 256 * 10
        #expect(try count("cnn") == Double(plain))
        #expect(try count("cnn-bn") == Double(plain + 64 * (100 + 4)))
        // 3×3 of 20 channels on maps of 26, 24, 10, 8, 6 and 4, then 4×4 to ten classes.
        let places = [26, 24, 10, 8, 6, 4].map { $0 * $0 }
        let convolutions = places[0] * 20 * 9 + places.dropFirst().reduce(0, +) * 20 * 180 + 10 * 320
        #expect(try count("cw-z2cnn") == Double(convolutions + 20 * places.reduce(0, +)))
    }

    /// A convolution counts once, on the zoo's kernels or, within the same operator, on ATen's.
    @Test func whatAnOperatorCallsIsNotCountedAgain() throws {
        try EngineControl.start()
        let (x, weight, row) = (try Tensor.ones([2, 3, 9, 9]), try Tensor.ones([4, 3, 3, 3]), try Tensor.ones([4]))
        let expected = 2 * 4 * 7 * 7 * 27
        for set in ["portable", "off"] {
            let found = MultiplyAdds(
                try OperatorMeter.record { _ = try Operator("zoo::conv_pool_act", "on")(x, weight, row, 1, 0, 2, 0.0, set) })
            #expect(found.total == expected && found.operators.map(\.name) == ["zoo::conv_pool_act"], "\(set): \(found)")
            let norm = MultiplyAdds(
                try OperatorMeter.record {
                    _ = try Operator("zoo::norm_pool_act", "on")(
                        Tensor.ones([2, 4, 6, 6]), row, row, row, row, false, 0.1, 1e-5, 1, 2, 0.0, 0.0, set)
                })
            #expect(norm.total == 2 * 4 * 36, "\(set): \(norm)")
        }
    }

    /// One rule after the other, on operators as PyTorch's networks call them; einsum and affine_grid show only in what they call.
    @Test func everyRule() throws {
        try EngineControl.start()
        let image = try Tensor.ones([2, 4, 6, 5])
        let none: Tensor? = nil
        func check(_ name: String, _ expected: Int, _ run: () throws -> Tensor) throws {
            let found = MultiplyAdds(try OperatorMeter.record { _ = try run() })
            #expect(found.total == expected, "\(name): \(found)")
        }
        try check("conv1d", 2 * 6 * 3 * 12) { try Operator("aten::conv1d")(Tensor.ones([2, 4, 5]), Tensor.ones([6, 4, 3])) }
        // Two groups of two channels each.
        try check("grouped", 2 * 6 * 12 * 18) {
            try Operator("aten::conv2d")(image, Tensor.ones([6, 2, 3, 3]), none, [1, 1], [0, 0], [1, 1], 2)
        }
        try check("conv3d", 3 * 8 * 8) { try Operator("aten::conv3d")(Tensor.ones([1, 1, 3, 3, 3]), Tensor.ones([3, 1, 2, 2, 2])) }
        // Every value of the input goes into 6·2² of the output.
        try check("transposed", 240 * 24) {
            try Operator("aten::conv_transpose2d", "input")(image, Tensor.ones([4, 6, 2, 2]), none, [2, 2])
        }
        try check("convolution", 240 * 24) {
            try Operator("aten::convolution")(image, Tensor.ones([4, 6, 2, 2]), none, [2, 2], [0, 0], [1, 1], true, [0, 0], 1)
        }
        try check("linear", 3 * 7 * 5) { try Operator("aten::linear")(Tensor.ones([3, 5]), Tensor.ones([7, 5])) }
        try check("matmul of vectors", 5) { try Operator("aten::matmul")(Tensor.ones([5]), Tensor.ones([5])) }
        try check("matmul of batches", 120) { try Operator("aten::matmul")(Tensor.ones([2, 3, 5]), Tensor.ones([5, 4])) }
        try check("addmm", 60) { try Operator("aten::addmm")(Tensor.ones([4]), Tensor.ones([3, 5]), Tensor.ones([5, 4])) }
        try check("baddbmm", 120) {
            try Operator("aten::baddbmm")(Tensor.ones([2, 3, 4]), Tensor.ones([2, 3, 5]), Tensor.ones([2, 5, 4]))
        }
        try check("addbmm", 120) { try Operator("aten::addbmm")(Tensor.ones([3, 4]), Tensor.ones([2, 3, 5]), Tensor.ones([2, 5, 4])) }
        try check("einsum", 60) { try Operator("aten::einsum")("ij,jk->ik", [Tensor.ones([3, 5]), Tensor.ones([5, 4])]) }
        // Each of 2·3 heads: 7 queries × 5 keys of length 8, then 5 values of length 8.
        try check("attention", 6 * 35 * 16) {
            try Operator("aten::scaled_dot_product_attention")(
                Tensor.ones([2, 3, 7, 8]), Tensor.ones([2, 3, 5, 8]), Tensor.ones([2, 3, 5, 8]))
        }
        try check("layer norm", 240) { try Operator("aten::layer_norm")(image, [5]) }
        try check("group norm", 240) { try Operator("aten::group_norm")(image, 2) }
        try check("bilinear", 4 * 72) { try Operator("aten::grid_sampler")(image, Tensor.zeros([2, 3, 3, 2]), 0, 0, false) }
        try check("bicubic", 16 * 72) { try Operator("aten::grid_sampler")(image, Tensor.zeros([2, 3, 3, 2]), 2, 0, false) }
        try check("resized", 4 * 72) { try Operator("aten::upsample_bilinear2d")(image, [3, 3], false) }
        // Kept with what else was called from outside.
        let mixed = MultiplyAdds(
            try OperatorMeter.record { _ = try Tensor.ones([3, 5]).linear(Tensor.ones([7, 5])).relu() })
        #expect(mixed.total == 105 && mixed.operators.contains { $0.name == "aten::relu" && $0.multiplyAdds == 0 })
    }

    /// A Fourier transform has no rule, and of element-wise steps alone nothing follows: no number, and why.
    @Test func whatIsNotCountedIsNotZero() throws {
        try EngineControl.start()
        let fourier = MultiplyAdds(
            try OperatorMeter.record {
                _ = try Operator("aten::fft_rfft")(Tensor.ones([8]))
                _ = try Tensor.ones([3, 5]).linear(Tensor.ones([7, 5]))
            })
        #expect(fourier.total == nil && fourier.counted == 105)
        #expect(fourier.unknown?.contains("aten::_fft_r2c") == true, "\(fourier.unknown ?? "")")
        let nothing = MultiplyAdds(try OperatorMeter.record { _ = try Tensor.ones([3]).relu() })
        #expect(nothing.total == nil && nothing.unknown != nil)
        #expect(MultiplyAdds([]).total == nil)
    }

    /// TorchScript's own operators: the network of make_torchscript.py, by hand.
    @Test func torchScriptIsCounted() throws {
        let zoo = try ShippedZoo()
        let model = Repository.fixture("torchscript.pt").path
        let entry = try manifest(
            #"{"version": 1, "entries": [{"id": "net", "architecture": {"id": "torchscript", "config": {"torchscript": "\#(model)"}}}]}"#)
        let subject = try zoo.subject(entry.entry("net"), on: "strokes")
        let found = try zoo.run("cost?runs=1&warmup=0&batch=2&rounds=1", subject)
        // 4 of 5×5 on 14², batch norm of that, 8 of 3×3 on 7², linear.
        #expect(found["cost.multiply-adds"] == Double(4 * 196 * 25 + 4 * 196 + 8 * 49 * 36 + 10 * 392), "\(found)")
    }
}
