import Foundation
import TestSupport
import Testing
import ZooHost
import ZooKit
import ZooStore

/// `zoo::warp` and `zoo::sample` against ATen's grid and sampler in float64, over random shapes and on every set of instructions.
@Suite(.serialized) struct SamplingTests {
    init() throws { try EngineControl.start() }

    static let warp = Operator("zoo::warp", "on")
    static let sample = Operator("zoo::sample", "on")

    struct Case: CustomStringConvertible {
        enum Places: CaseIterable { case affine, homography, grid }

        var images, channels, height, width, outHeight, outWidth: Int
        var places: Places
        var padding: Padding
        var last: Bool
        var seed: UInt64

        init(_ draw: inout FusedConvolutionTests.Draw) {
            images = draw.one([1, 2, 3, 7])
            channels = draw.one([1, 1, 2, 3, 5, 8, 9, 16, 20, 33])
            (height, width) = (draw.one([1, 2, 5, 9, 28]), draw.one([1, 3, 8, 17]))
            // Strips are of 64 pixels.
            (outHeight, outWidth) = (draw.one([1, 4, 9, 17]), draw.one([1, 5, 8, 64, 70]))
            places = draw.one(Places.allCases)
            padding = draw.one(Padding.allCases)
            last = draw.one([true, false])
            seed = draw.next()
        }

        var description: String {
            "\(images)×\(channels)×\(height)×\(width) to \(outHeight)×\(outWidth), \(places), \(padding), "
                + "\(last ? "channels last" : "contiguous"), tensors' seed \(seed)"
        }

        /// The image and where to sample it, both with a gradient; some places lie outside.
        func leaves(_ dtype: DType) throws -> [Tensor] {
            let random = try Generator(seed: seed)
            let image = try Tensor.randn([images, channels, height, width], random)
            let position: Tensor
            switch places {
            case .grid:
                position = try Tensor.randn([images, outHeight, outWidth, 2], random) * 0.8
            case .affine:
                position = try Tensor.eye(3).narrowed(0, from: 0, count: 2).unsqueezed(0) + Tensor.randn([images, 2, 3], random) * 0.4
            case .homography:
                // The last row stays positive over the whole output, so that no place is infinite.
                let size = try Tensor([0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.1, 0.1, 0] as [Float], [1, 3, 3])
                let bounded = try Tensor.randn([images, 3, 3], random).tanh() * 2
                position = try Tensor.eye(3).unsqueezed(0) + bounded * size
            }
            return try [image.contiguous(last ? .channelsLast : .contiguous), position].map {
                try $0.to(dtype: dtype).detached().requiringGradient()
            }
        }

        /// The output, and the gradients of Σ output · wave with respect to the image and to the places.
        func run(_ instructions: String, _ dtype: DType = .float64) throws -> [Tensor] {
            let leaves = try leaves(dtype)
            let output: Tensor =
                places == .grid
                ? try SamplingTests.sample(leaves[0], leaves[1], padding.rawValue, instructions)
                : try SamplingTests.warp(leaves[0], leaves[1], [outHeight, outWidth], padding.rawValue, instructions)
            try (output * wave(output.shape).to(dtype: dtype)).sum().backward()
            return try [output.detached()] + leaves.map { try #require(try $0.gradient) }
        }
    }

    static let names = ["output", "gradient of the image", "gradient of the places"]

    /// Both in float64, from another formula for the places: rounding of some 1e-15, times what 70×17 pixels of 33 channels add up.
    /// Places within rounding of a pixel's edge would differ in their gradient, but random ones are not there.
    @Test func agreesWithATenOverRandomShapes() throws {
        let seed = UInt64(Date().timeIntervalSince1970)
        print("SamplingTests: seed \(seed)")
        var draw = FusedConvolutionTests.Draw(state: seed)
        for index in 0..<300 {
            let shape = Case(&draw)
            let expected = try shape.run("off")
            for set in try FusedConvolutionTests.instructionSets() {
                for (name, pair) in zip(Self.names, zip(try shape.run(set), expected)) {
                    #expect(pair.0.shape == pair.1.shape)
                    let difference = try relativeDifference(pair.0, pair.1)
                    #expect(difference < 1e-10, "\(name) on \(set), \(shape), seed \(seed), case \(index)")
                }
            }
        }
    }

    /// float32 keeps three digits less than it has where a place is far out; the gradient of places is left out, since a place
    /// that rounding moves over a pixel's edge has another one.
    @Test func float32AgreesWithFloat64() throws {
        var draw = FusedConvolutionTests.Draw(state: 11)
        for _ in 0..<60 {
            let shape = Case(&draw)
            for pair in zip(try shape.run("portable", .float32), try shape.run("portable")).prefix(2) {
                #expect(try relativeDifference(pair.0, pair.1) < 2e-4, "\(shape)")
            }
        }
    }

    /// Bits, not rounding: an image's sums are made in one order, without fused multiply-add on any set.
    @Test func bitsDependNeitherOnThreadsNorOnInstructions() throws {
        let threads = EngineControl.threads
        defer { try? EngineControl.start(threads: threads) }
        var draw = FusedConvolutionTests.Draw(state: 7)
        for _ in 0..<12 {
            var shape = Case(&draw)
            shape.images = 33
            (shape.height, shape.width, shape.outHeight, shape.outWidth) = (17, 15, 12, 13)
            var bits: [[[UInt32]]] = []
            for threads in [1, 2, 2] {
                try EngineControl.start(threads: threads)
                for set in try FusedConvolutionTests.instructionSets() {
                    bits.append(try shape.run(set, .float32).map { try $0.floats().map(\.bitPattern) })
                }
            }
            #expect(bits.allSatisfy { $0 == bits[0] }, "\(shape)")
        }
    }

    /// What lies under a weight of zero counts for nothing; a place that is no number is outside.
    @Test func nothingLeaksFromOutside() throws {
        for set in try FusedConvolutionTests.instructionSets() {
            for (channels, format) in [(2, MemoryFormat.contiguous), (2, .channelsLast), (9, .channelsLast)] {
                var values = [Float](repeating: 1, count: channels * 9)
                for channel in 0..<channels { values[channel * 9 + 8] = .nan }
                let image = try Tensor(values, [1, channels, 3, 3]).contiguous(format)
                // The middle pixel exactly, the same from NaN, and one far outside.
                let grid = try Tensor([0, 0, .nan, .nan, 1e30, -1e30] as [Float], [1, 1, 3, 2])
                let found: Tensor = try Self.sample(image, grid, "zeros", set)
                #expect(try found.contiguous().floats() == (0..<channels).flatMap { _ in [1, 0, 0] as [Float] })
            }
        }
    }

    @Test func nonsenseIsRefused() throws {
        let image = try wave([2, 1, 4, 4])
        let grid = try Tensor.zeros([2, 3, 3, 2], dtype: .float64)
        #expect(throws: ZooError.self) { try Self.sample(image, grid, "reflection", "portable") }
        #expect(throws: ZooError.self) { try Self.sample(image, grid, "zeros", "sse9") }
        #expect(throws: ZooError.self) { try image.sampled(at: grid.to(dtype: .float32)) }
        #expect(throws: ZooError.self) { try image.sampled(at: grid.narrowed(0, from: 0, count: 1)) }
        #expect(throws: ZooError.self) { try image.sampled(at: Tensor.zeros([2, 3, 3, 3], dtype: .float64)) }
        #expect(throws: ZooError.self) { try image.sampled(at: Tensor.zeros([2, 0, 3, 2], dtype: .float64)) }
    }
}
