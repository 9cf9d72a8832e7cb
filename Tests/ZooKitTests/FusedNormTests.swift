import Foundation
import TestSupport
import Testing
import ZooHost
import ZooKit

/// `zoo::norm_pool_act` against ATen's operators in float64, over random shapes and on every set of instructions.
@Suite(.serialized) struct FusedNormTests {
    init() throws { try EngineControl.start() }

    static let fused = Operator("zoo::norm_pool_act", "on")
    static let plain = Operator("aten::batch_norm")

    /// Running statistics are a mean and a variance of their own; see `NormCase.tolerances` for the others.
    @Test func agreesWithFloat64OverSeeds() throws {
        let sets = try FusedConvolutionTests.instructionSets()
        for seed in try Seeds(200) {
            let shape = NormCase(seed: seed)
            let exact = try shape.tensors(.float64)
            let (cotangent, tolerances) = try shape.comparison(exact)
            let expected = try shape.run(exact, cotangent, shape.plain)
            for set in sets {
                let found = try shape.run(shape.tensors(.float32), cotangent) { try shape.fused($0, set) }
                for (index, name) in NormCase.names.enumerated() {
                    let excess = try Rounding.excess(found[index], expected[index], tolerated: tolerances[index])
                    #expect(excess <= 1, "\(name) on \(set), \(shape), seed \(seed)")
                }
            }
            // float64 is ATen's own.
            let double = try shape.run(shape.tensors(.float64), cotangent) { try shape.fused($0, "portable") }
            for pair in zip(double, expected) { #expect(try relativeDifference(pair.0, pair.1) < 1e-12, "\(shape), seed \(seed)") }
        }
    }

    /// Bits: sums are made in one order, whatever runs beside them, and without fused multiply-add on any set.
    @Test func bitsDependNeitherOnThreadsNorOnInstructionsOverSeeds() throws {
        let threads = EngineControl.threads
        defer { try? EngineControl.start(threads: threads) }
        for seed in try Seeds(12) {
            let shape = NormCase(seed: seed).shared
            let dropout = shape.slope == 0 ? 0.3 : 0
            var bits: [[[UInt32]]] = []
            for threads in [1, 2, 2] {
                try EngineControl.start(threads: threads)
                for set in try FusedConvolutionTests.instructionSets() {
                    try EngineControl.seed(4)
                    let found = try shape.run(shape.tensors(.float32)) { try shape.fused($0, set, dropout: dropout) }
                    bits.append(try found.map { try $0.floats().map(\.bitPattern) })
                }
            }
            #expect(bits.allSatisfy { $0 == bits[0] }, "\(shape), seed \(seed)")
        }
    }

    /// The same values are dropped whoever computes, in the share asked for, independently of their neighbours; gradients too.
    @Test func dropoutIsTheSameOnEverySet() throws {
        for pool in [1, 2] {
            var shape = NormCase(seed: UInt64(pool))
            (shape.images, shape.channels, shape.group, shape.height, shape.width) = (40, 10, 2, 16, 14)
            (shape.pool, shape.slope, shape.training) = (pool, 0, true)
            var found: [[Tensor]] = []
            for set in try ["off"] + FusedConvolutionTests.instructionSets() {
                try EngineControl.seed(5)
                found.append(try shape.run(shape.tensors(.float32)) { try shape.fused($0, set, dropout: 0.3) })
            }
            for other in found.dropFirst() {
                for pair in zip(other, found[0]) { #expect(try relativeDifference(pair.0, pair.1) < 1e-4) }
            }
            let alive = try shape.run(shape.tensors(.float32)) { try shape.fused($0, "portable") }[0].floats()
            let kept = try found[1][0].floats()
            let pairs = zip(kept, alive).filter { $1 > 0 }
            #expect(pairs.allSatisfy { $0 == 0 || abs($0 * 0.7 - $1) < 1e-4 * $1 })
            // Binomial with p = 0.3: four standard deviations of the share, and of that of dropped neighbours.
            let count = Double(pairs.count)
            let share = Double(pairs.count { $0.0 == 0 }) / count
            #expect(abs(share - 0.3) < 4 * (0.21 / count).squareRoot())
            let both = Double(zip(pairs, pairs.dropFirst()).count { $0.0 == 0 && $1.0 == 0 }) / (count - 1)
            #expect(abs(both - 0.09) < 4 * (0.09 * 0.91 / count).squareRoot() + 2 * abs(share - 0.3))
        }
    }

    /// NaN passes, the first of equals carries the gradient, rows and columns that no window has still count for the statistics.
    @Test func tiesAndNaN() throws {
        let one = try Tensor.ones([1])
        let variance = try Tensor([1 - 1e-5] as [Float], [1])
        for set in try FusedConvolutionTests.instructionSets() {
            // Evaluation with mean 0 and variance 1 - ε: the identity.
            func identity(_ x: Tensor) throws -> Tensor {
                try Self.fused(
                    x, one, Tensor.zeros([1]), Tensor.zeros([1]), variance, false, 0.1, 1e-5, 1, 2, 0.0, 0.0, set)
            }
            let ones = try Tensor.ones([1, 1, 3, 3]).requiresGrad_()
            try identity(ones).sum().backward()
            let gradient = try #require(try ones.grad).floats()
            #expect(abs(gradient[0] - 1) < 1e-6 && gradient.dropFirst().allSatisfy { $0 == 0 })
            let nan = try identity(Tensor([1, .nan, 2, 3] as [Float], [1, 1, 2, 2])).floats()
            #expect(nan.allSatisfy { $0.isNaN })
        }
    }

    @Test func nonsenseIsRefused() throws {
        let (x, c) = (try wave([2, 4, 3, 3], dtype: .float32), try Tensor.ones([4]))
        func call(_ weight: Tensor, group: Int = 1, pool: Int = 1, slope: Double = 0, dropout: Double = 0, set: String = "portable") throws
        {
            let _: Tensor = try Self.fused(x, weight, weight, weight, weight, true, 0.1, 1e-5, group, pool, slope, dropout, set)
        }
        try call(c)
        #expect(throws: ZooError.self) { try call(Tensor.ones([3])) }
        #expect(throws: ZooError.self) { try call(c, group: 2) }
        #expect(throws: ZooError.self) { try call(c, pool: 3) }
        #expect(throws: ZooError.self) { try call(c, slope: -1) }
        #expect(throws: ZooError.self) { try call(c, slope: 1, dropout: 0.5) }
        #expect(throws: ZooError.self) { try call(c, dropout: 1) }
        #expect(throws: ZooError.self) { try call(c, set: "sse9") }
    }

    /// Through `Sequential`: in training and, folded into the convolution, in evaluation; also where a weight is negative.
    @Test func sequentialGivesTheSameEitherWay() throws {
        let x = try wave([5, 2, 12, 12], dtype: .float32)
        func check(_ make: (Conv2d, BatchNorm) -> [any Layer]) throws {
            try EngineControl.seed(3)
            let parameters = Parameters()
            let norm = try BatchNorm2d(numFeatures: 3, groupSize: 3, in: parameters["bn"])
            let layers = make(try Conv2d(inChannels: 2, outChannels: 9, kernelSize: 3, padding: 1, in: parameters["conv"]), norm)
            try noGrad {
                try #require(parameters[tensor: "bn.weight"]).copy_(Tensor([1, -2, 0.5] as [Float], [3]))
                try #require(parameters[tensor: "bn.bias"]).copy_(Tensor([0.1, 0.2, -0.3] as [Float], [3]))
            }
            for training in [true, false] {
                try parameters.setTraining(training)
                var expected = x
                for layer in layers { expected = try layer(expected) }
                #expect(try relativeDifference(Sequential(layers)(x), expected) < 1e-5)
            }
            #expect(try #require(parameters[tensor: "bn.num_batches_tracked"]).item() == 2)
        }
        try check { [$0, $1, ReLU(), MaxPool2d(kernelSize: 2)] }
        try check { [$0, $1, MaxPool2d(kernelSize: 2), LeakyReLU(negativeSlope: 0.1), Flatten()] }
        try check { [$0, $1] }
        try check { [$0, MaxPool2d(kernelSize: 2), ReLU(), $1] }
        try check { [$0, ReLU(), $1, MaxPool2d(kernelSize: 3, stride: 2), ReLU()] }
    }
}
