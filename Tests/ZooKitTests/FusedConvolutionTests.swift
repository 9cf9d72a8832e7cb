import Foundation
import TestSupport
import Testing
import ZooHost
import ZooKit
import ZooStore

/// `zoo::conv_pool_act` against ATen's operators in float64, over random shapes and on every set of instructions.
@Suite(.serialized) struct FusedConvolutionTests {
    init() throws { try EngineControl.start() }

    static let fused = Operator("zoo::conv_pool_act", "on")

    /// Draws shapes; the same from the same seed everywhere.
    struct Draw: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {  // SplitMix64
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
        mutating func one<T>(_ values: [T]) -> T { values[Int(next() % UInt64(values.count))] }
    }

    struct Case: CustomStringConvertible {
        var images, channels, height, width, outputs, kernel, stride, padding, pool: Int
        var slope: Double
        var bias: Bool

        init(_ draw: inout Draw) {
            kernel = draw.one([1, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 10, 11])
            stride = draw.one([1, 1, 2])
            padding = draw.one([0, 0, 1, 2, 5])
            pool = draw.one([1, 2, 2])
            channels = draw.one([1, 1, 2, 3, 4, 5, 8, 12, 16, 20])
            outputs = draw.one([1, 2, 3, 8, 10, 16, 17, 24, 33])
            images = draw.one([1, 2, 3, 7])
            let least = Swift.max(1, kernel - 2 * padding) + stride * (pool - 1)
            height = least + Int(draw.next() % 10)
            width = least + Int(draw.next() % 10)
            slope = draw.one([0, 0, 0.01, 0.2, 1])
            bias = draw.one([true, true, false])
        }

        /// With so many channels and positions that the kernels work by tiles (Winograd's way), mostly.
        init(dense draw: inout Draw) {
            self.init(&draw)
            kernel = draw.one([2, 3, 3, 3, 4, 5, 5, 5, 6, 7, 8, 9, 10, 11])
            stride = 1
            padding = draw.one([0, 0, 1, 2])
            pool = draw.one([1, 1, 2])
            channels = draw.one([8, 16, 20, 24, 33, 70])
            outputs = draw.one([8, 17, 20, 24, 40, 64])
            images = draw.one([1, 3, 8, 20])
            height = Swift.max(1, kernel - 2 * padding) + draw.one([3, 6, 7, 10, 11, 16])
            width = Swift.max(1, kernel - 2 * padding) + draw.one([3, 5, 7, 11, 12])
        }

        var description: String {
            "\(images)×\(channels)×\(height)×\(width), \(outputs) outputs, kernel \(kernel), stride \(stride), padding \(padding), "
                + "pool \(pool), slope \(slope), \(bias ? "a" : "no") bias"
        }

        func tensors(seed: UInt64, dtype: DType) throws -> [Tensor] {
            // Drawn in float32, so that both types see the same numbers; continuous, so that no two of a window are equal.
            let random = try Generator(seed: seed)
            let scale = 1 / Double(channels * kernel * kernel).squareRoot()
            var list = [
                try Tensor.randn([images, channels, height, width], random),
                try Tensor.randn([outputs, channels, kernel, kernel], random) * scale,
            ]
            if bias { list.append(try Tensor.randn([outputs], random)) }
            return try list.map { try $0.to(dtype: dtype).detached().requiringGradient() }
        }

        /// A wave in the output's shape, zero where rounding may choose: where the two largest of a window, or zero and what the
        /// activation gets, are closer than ten times the error that the output may have.
        func cotangent(_ leaves: [Tensor]) throws -> Tensor {
            let y = try leaves[0].conv2d(leaves[1], bias ? leaves[2] : nil, stride: stride, padding: padding).detached()
            let (rows, columns) = (try y.size(2) / pool, try y.size(3) / pool)
            let windows = try y.narrowed(2, from: 0, count: rows * pool).narrowed(3, from: 0, count: columns * pool)
                .reshaped([images, outputs, rows, pool, columns, pool]).permuted([0, 1, 2, 4, 3, 5]).contiguous().doubles()
            let least = 2e-4 * (windows.map(abs).max() ?? 0)
            let decided: [Double] = Swift.stride(from: 0, to: windows.count, by: pool * pool).map { first in
                let values = windows[first..<first + pool * pool].sorted(by: >)
                let chosen = pool == 1 || values[0] - values[1] > least
                return chosen && (slope == 1 || abs(values[0]) > least) ? 1 : 0
            }
            let shape = [images, outputs, rows, columns]
            return try wave(shape) * Tensor(decided, shape)
        }

        /// The output and every gradient of Σ output · cotangent.
        func run(_ leaves: [Tensor], _ cotangent: Tensor? = nil, _ body: ([Tensor]) throws -> Tensor) throws -> [Tensor] {
            let output = try body(leaves)
            let cotangent = try (cotangent ?? wave(output.shape)).to(dtype: leaves[0].dtype)
            try (output * cotangent).sum().backward()
            return try [output.detached()] + leaves.map { try #require(try $0.gradient) }
        }

        func fused(_ leaves: [Tensor], _ instructions: String) throws -> Tensor {
            try FusedConvolutionTests.fused(
                leaves[0], leaves[1], bias ? leaves[2] : Tensor?.none, stride, padding, pool, slope, instructions)
        }

        /// Activation before pooling: the other order.
        func plain(_ leaves: [Tensor]) throws -> Tensor {
            var y = try leaves[0].conv2d(leaves[1], bias ? leaves[2] : nil, stride: stride, padding: padding)
            if slope != 1 { y = try y.leakyRelu(slope) }
            return pool == 1 ? y : try y.maxPool(pool)
        }
    }

    /// What this processor has. An instruction set that it lacks is an error, and says so.
    static func instructionSets() throws -> [String] {
        let draw = try Tensor.zeros([1, 1, 3, 3])
        return ["portable", "avx2", "avx512", "avx512_bf16", "amx"].filter {
            (try? fused(draw, draw, Tensor?.none, 1, 0, 1, 0.0, $0)) != nil
        }
    }

    static let names = ["output", "gradient of the input", "gradient of the weight", "gradient of the bias"]

    /// Sums of up to some 10,000 float32 products in another order: 2e-5 of the largest value is generous, and a wrong or
    /// missing term is far larger.
    @Test func agreesWithFloat64OverRandomShapes() throws {
        let seed = UInt64(Date().timeIntervalSince1970)
        print("FusedConvolutionTests: seed \(seed)")
        var draw = Draw(state: seed)
        let sets = try Self.instructionSets()
        #expect(sets.contains("portable"))
        for index in 0..<280 {
            let shape = index < 200 ? Case(&draw) : Case(dense: &draw)
            let exact = try shape.tensors(seed: UInt64(index), dtype: .float64)
            let cotangent = try shape.cotangent(exact)
            let expected = try shape.run(exact, cotangent, shape.plain)
            for set in sets + ["off"] {
                let found = try shape.run(shape.tensors(seed: UInt64(index), dtype: .float32), cotangent) { try shape.fused($0, set) }
                for (name, pair) in zip(Self.names, zip(found, expected)) {
                    #expect(pair.0.shape == pair.1.shape)
                    let difference = try relativeDifference(pair.0, pair.1)
                    #expect(difference < 2e-5, "\(name) on \(set), \(shape), seed \(seed), case \(index)")
                }
            }
        }
    }

    /// Which way is taken, told by rounding: on whole numbers the sums themselves are exact, and Winograd's transformations are
    /// not. Few channels, one tile of few positions, and a stride of two are left to the sums.
    @Test func manyChannelsGoByTiles() throws {
        func isWhole(_ x: Tensor) throws -> Bool { try x.floats().allSatisfy { $0 == $0.rounded() } }
        func whole(_ shape: [Int]) throws -> Tensor { try wave(shape, dtype: .float32) * 7 }
        func areWhole(_ x: [Int], _ weight: [Int], stride: Int = 1, pool: Int = 1, _ set: String) throws -> [Bool] {
            let leaves = try [x, weight].map { try Self.round(whole($0)).detached().requiringGradient() }
            let output = try Self.fused(leaves[0], leaves[1], Tensor?.none, stride, 0, pool, 1.0, set)
            try (output * Self.round(whole(output.shape))).sum().backward()
            return try [isWhole(output)] + leaves.map { try isWhole(#require(try $0.gradient)) }
        }
        for set in try Self.instructionSets() {
            #expect(try areWhole([16, 40, 10, 10], [40, 40, 3, 3], set) == [false, false, false])
            #expect(try areWhole([16, 32, 12, 12], [64, 32, 5, 5], set) == [false, false, false])
            #expect(try areWhole([64, 64, 10, 10], [64, 64, 7, 7], pool: 2, set) == [false, true, true])
            #expect(try areWhole([16, 1, 12, 12], [40, 1, 3, 3], set) == [true, true, true])
            #expect(try areWhole([16, 40, 10, 10], [40, 40, 3, 3], stride: 2, set) == [true, true, true])
            #expect(try areWhole([1, 40, 4, 4], [40, 40, 4, 4], set) == [true, true, true])
        }
    }
    static let round = Operator("aten::round")

    /// Not rounding, bits: every sum is made in one order, whatever runs beside it.
    @Test func bitsDependNeitherOnTheRunNorOnThreads() throws {
        let threads = EngineControl.threads
        defer { try? EngineControl.start(threads: threads) }
        var draw = Draw(state: 5)
        for index in 0..<18 {
            var shape = index < 12 ? Case(&draw) : Case(dense: &draw)
            shape.images = 33
            for set in try Self.instructionSets() {
                var bits: [[[UInt32]]] = []
                for threads in [1, 2, 2] {
                    try EngineControl.start(threads: threads)
                    let found = try shape.run(shape.tensors(seed: UInt64(index), dtype: .float32)) { try shape.fused($0, set) }
                    bits.append(try found.map { try $0.floats().map(\.bitPattern) })
                }
                #expect(bits[0] == bits[1] && bits[1] == bits[2], "\(shape) on \(set)")
            }
        }
    }

    /// As ATen: NaN wins a window and passes the activation; the first of equals carries the gradient; odd rows are left out.
    @Test func tiesAndNaN() throws {
        for set in try Self.instructionSets() {
            let ones = try Tensor.ones([1, 1, 5, 5]).requiringGradient()
            let unit = try Tensor.ones([1, 1, 1, 1])
            let output = try Self.fused(ones, unit, Tensor?.none, 1, 0, 2, 0.0, set)
            #expect(output.shape == [1, 1, 2, 2])
            try output.sum().backward()
            let carried: [Float] = [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            #expect(try #require(try ones.gradient).floats() == carried)
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
        #expect(try relativeDifference(found, x.conv2d(weight, padding: 1).maxPool(2).relu()) < 1e-14)
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
            let layers = make(try Conv2d(2, 9, kernel: 3, padding: 1, in: parameters["conv"]))
            var expected = x
            for layer in layers { expected = try layer(expected) }
            #expect(try relativeDifference(Sequential(layers)(x), expected) < 1e-5)
        }
        try check { [$0, MaxPool2d(2), ReLU()] }
        try check { [$0, ReLU(), MaxPool2d(2)] }
        try check { [$0, LeakyReLU(0.1), MaxPool2d(2), Flatten()] }
        try check { [$0, MaxPool2d(2), LeakyReLU(0.1), ReLU()] }
        try check { [ReLU(), $0, MaxPool2d(2)] }
        try check { [$0, ReLU(), ReLU()] }
        try check { [$0, MaxPool2d(3, stride: 2), ReLU()] }
        try check { [$0, LeakyReLU(-0.1), MaxPool2d(2)] }
    }
}
