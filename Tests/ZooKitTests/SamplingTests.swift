import Foundation
import TestSupport
import Testing
import ZooHost
import ZooKit

/// `zoo::warp` and `zoo::sample` against ATen's grid and sampler in float64, over random shapes and on every set of instructions.
@Suite(.serialized) struct SamplingTests {
    init() throws { try EngineControl.start() }

    static let warp = Operator("zoo::warp", "on")
    static let sample = Operator("zoo::sample", "on")

    static let names = ["output", "gradient of the image", "gradient of the places"]

    /// Both in float64; ATen computes the places by another formula.
    @Test func agreesWithATenOverSeeds() throws {
        let sets = try FusedConvolutionTests.instructionSets()
        for seed in try Seeds(300) {
            let shape = try SamplingCase(seed: seed)
            let expected = try shape.run("off")
            let tolerances = try shape.tolerances(.float64)
            for set in sets {
                for ((name, tolerance), pair) in zip(zip(Self.names, tolerances), zip(try shape.run(set), expected)) {
                    let excess = try Rounding.excess(pair.0, pair.1, tolerated: tolerance)
                    #expect(excess <= 1, "\(name) on \(set), \(shape), seed \(seed)")
                }
            }
        }
    }

    /// The gradient of places is left out: among so many, some are closer to a pixel's edge than float32 can tell.
    @Test func float32AgreesWithFloat64OverSeeds() throws {
        for seed in try Seeds(60) {
            let shape = try SamplingCase(seed: seed)
            let tolerances = try shape.tolerances(.float32)
            let (found, expected) = (try shape.run("portable", .float32), try shape.run("portable"))
            for index in 0..<2 {
                let excess = try Rounding.excess(found[index], expected[index], tolerated: tolerances[index])
                #expect(excess <= 1, "\(Self.names[index]), \(shape), seed \(seed)")
            }
        }
    }

    /// Bits, not rounding: an image's sums are made in one order, without fused multiply-add on any set.
    @Test func bitsDependNeitherOnThreadsNorOnInstructionsOverSeeds() throws {
        let threads = EngineControl.threads
        defer { try? EngineControl.start(threads: threads) }
        for seed in try Seeds(12) {
            let shape = try SamplingCase(seed: seed).shared
            var bits: [[[UInt32]]] = []
            for threads in [1, 2, 2] {
                try EngineControl.start(threads: threads)
                for set in try FusedConvolutionTests.instructionSets() {
                    bits.append(try shape.run(set, .float32).map { try $0.floats().map(\.bitPattern) })
                }
            }
            #expect(bits.allSatisfy { $0 == bits[0] }, "\(shape), seed \(seed)")
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
        #expect(throws: ZooError.self) { try image.gridSample(grid.to(dtype: .float32)) }
        #expect(throws: ZooError.self) { try image.gridSample(grid.narrow(dim: 0, start: 0, length: 1)) }
        #expect(throws: ZooError.self) { try image.gridSample(Tensor.zeros([2, 3, 3, 3], dtype: .float64)) }
        #expect(throws: ZooError.self) { try image.gridSample(Tensor.zeros([2, 0, 3, 2], dtype: .float64)) }
    }
}
