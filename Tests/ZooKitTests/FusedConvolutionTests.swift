import Foundation
import TestSupport
import Testing
import ZooHost
import ZooKit

/// `zoo::conv_pool_act` against ATen's operators in float64, over random shapes and on every set of instructions. How far apart they
/// may be: see `Rounding` and `Kinks`.
@Suite(.serialized) struct FusedConvolutionTests {
    init() throws { try EngineControl.start() }

    static let fused = Operator("zoo::conv_pool_act", "on")

    /// What this processor has. An instruction set that it lacks is an error, and says so.
    static func instructionSets() throws -> [String] {
        let draw = try Tensor.zeros([1, 1, 3, 3])
        return ["portable", "avx2", "avx512", "avx512_bf16", "amx"].filter {
            (try? fused(draw, draw, Tensor?.none, 1, 0, 1, 0.0, $0)) != nil
        }
    }

    @Test func agreesWithFloat64OverSeeds() throws {
        let sets = try Self.instructionSets()
        #expect(sets.contains("portable"))
        for seed in try Seeds(280) {
            let shape = ConvolutionCase(seed: seed)
            let exact = try shape.tensors(.float64)
            let cotangent = try shape.cotangent(exact)
            let tolerances = try shape.tolerances(exact, cotangent)
            let expected = try shape.run(exact, cotangent, shape.plain)
            for set in sets + ["off"] {
                let found = try shape.run(shape.tensors(.float32), cotangent) { try shape.fused($0, set) }
                for (index, name) in shape.names.enumerated() {
                    let excess = try Rounding.excess(found[index], expected[index], tolerated: tolerances[index])
                    #expect(excess <= 1, "\(name) on \(set), \(shape), seed \(seed)")
                }
            }
        }
    }

    /// Which way is taken, told by rounding: on whole numbers the sums themselves are exact, and Winograd's transformations are
    /// not. Few channels with a small kernel, one tile of few positions, and a stride of two are left to the sums.
    @Test func manyChannelsAndLargeKernelsGoByTiles() throws {
        func isWhole(_ x: Tensor) throws -> Bool { try x.floats().allSatisfy { $0 == $0.rounded() } }
        func whole(_ shape: [Int]) throws -> Tensor { try wave(shape, dtype: .float32) * 7 }
        func areWhole(_ x: [Int], _ weight: [Int], stride: Int = 1, pool: Int = 1, _ set: String) throws -> [Bool] {
            let leaves = try [x, weight].map { try Self.round(whole($0)).detach().requiresGrad_() }
            let output = try Self.fused(leaves[0], leaves[1], Tensor?.none, stride, 0, pool, 1.0, set)
            try (output * Self.round(whole(output.shape))).sum().backward()
            return try [isWhole(output)] + leaves.map { try isWhole(#require(try $0.grad)) }
        }
        for set in try Self.instructionSets() {
            #expect(try areWhole([16, 40, 10, 10], [40, 40, 3, 3], set) == [false, false, false])
            #expect(try areWhole([16, 32, 12, 12], [64, 32, 5, 5], set) == [false, false, false])
            #expect(try areWhole([64, 64, 10, 10], [64, 64, 7, 7], pool: 2, set) == [false, true, true])
            #expect(try areWhole([16, 1, 28, 28], [64, 1, 9, 9], pool: 2, set) == [false, true, true])
            #expect(try areWhole([16, 2, 32, 32], [64, 2, 9, 9], pool: 2, set) == [false, true, true])
            #expect(try areWhole([16, 1, 12, 12], [40, 1, 3, 3], set) == [true, true, true])
            #expect(try areWhole([16, 40, 10, 10], [40, 40, 3, 3], stride: 2, set) == [true, true, true])
            #expect(try areWhole([1, 40, 4, 4], [40, 40, 4, 4], set) == [true, true, true])
        }
    }
    static let round = Operator("aten::round")

    /// Not rounding, bits: every sum is made in one order, whatever runs beside it.
    @Test func bitsDependNeitherOnTheRunNorOnThreadsOverSeeds() throws {
        let threads = EngineControl.threads
        defer { try? EngineControl.start(threads: threads) }
        for seed in try Seeds(18) {
            let shape = ConvolutionCase(seed: seed).shared
            for set in try Self.instructionSets() {
                var bits: [[[UInt32]]] = []
                for threads in [1, 2, 2] {
                    try EngineControl.start(threads: threads)
                    let found = try shape.run(shape.tensors(.float32)) { try shape.fused($0, set) }
                    bits.append(try found.map { try $0.floats().map(\.bitPattern) })
                }
                #expect(bits[0] == bits[1] && bits[1] == bits[2], "\(shape) on \(set), seed \(seed)")
            }
        }
    }

    /// As ATen: NaN wins a window and passes the activation; the first of equals carries the gradient; odd rows are left out.
    @Test func tiesAndNaN() throws {
        for set in try Self.instructionSets() {
            let ones = try Tensor.ones([1, 1, 5, 5]).requiresGrad_()
            let unit = try Tensor.ones([1, 1, 1, 1])
            let output = try Self.fused(ones, unit, Tensor?.none, 1, 0, 2, 0.0, set)
            #expect(output.shape == [1, 1, 2, 2])
            try output.sum().backward()
            let carried: [Float] = [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            #expect(try #require(try ones.grad).floats() == carried)
            let poisoned = try Tensor([1, 2, .nan, 3] as [Float], [1, 1, 2, 2])
            #expect(try Self.fused(poisoned, unit, Tensor?.none, 1, 0, 2, 0.0, set).floats()[0].isNaN)
        }
    }

    /// What the kernels do not have goes to ATen, and nonsense is an error with a reason.
    @Test func otherTypesFallBackAndNonsenseIsRefused() throws {
        let x = try wave([2, 3, 6, 6])
        let weight = try wave([4, 3, 3, 3])
        let found = try Self.fused(x, weight, Tensor?.none, 1, 1, 2, 0.0, "portable")
        #expect(found.dtype == .float64)
        #expect(try relativeDifference(found, x.conv2d(weight, padding: 1).maxPool2d(kernelSize: 2).relu()) < 1e-14)
        let strided = try Self.fused(x.to(dtype: .float32), weight.to(dtype: .float32), Tensor?.none, 3, 0, 1, 1.0, "portable")
        #expect(strided.shape == [2, 4, 2, 2])
        #expect(throws: ZooError.self) { try Self.fused(x, weight, Tensor?.none, 1, 1, 3, 0.0, "portable") }
        #expect(throws: ZooError.self) { try Self.fused(x, weight, Tensor?.none, 0, 1, 2, 0.0, "portable") }
        #expect(throws: ZooError.self) { try Self.fused(x, weight, Tensor?.none, 1, 1, 2, 0.0, "sse9") }
        #expect(throws: ZooError.self) { try Self.fused(x, wave([4, 2, 3, 3]), Tensor?.none, 1, 1, 2, 0.0, "portable") }
    }

    /// Through `Sequential`, in either order, alone and amid other layers.
    @Test func sequentialGivesTheSameEitherWay() throws {
        let x = try wave([3, 2, 12, 12], dtype: .float32)
        func check(_ make: (Conv2d) -> [any Layer]) throws {
            try EngineControl.seed(3)
            let parameters = Parameters()
            let layers = make(try Conv2d(inChannels: 2, outChannels: 9, kernelSize: 3, padding: 1, in: parameters["conv"]))
            var expected = x
            for layer in layers { expected = try layer(expected) }
            #expect(try relativeDifference(Sequential(layers)(x), expected) < 1e-5)
        }
        try check { [$0, MaxPool2d(kernelSize: 2), ReLU()] }
        try check { [$0, ReLU(), MaxPool2d(kernelSize: 2)] }
        try check { [$0, LeakyReLU(negativeSlope: 0.1), MaxPool2d(kernelSize: 2), Flatten()] }
        try check { [$0, MaxPool2d(kernelSize: 2), LeakyReLU(negativeSlope: 0.1), ReLU()] }
        try check { [ReLU(), $0, MaxPool2d(kernelSize: 2)] }
        try check { [$0, ReLU(), ReLU()] }
        try check { [$0, MaxPool2d(kernelSize: 3, stride: 2), ReLU()] }
        try check { [$0, LeakyReLU(negativeSlope: -0.1), MaxPool2d(kernelSize: 2)] }
    }
}
