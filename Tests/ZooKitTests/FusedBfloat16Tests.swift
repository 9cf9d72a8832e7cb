import TestSupport
import Testing
import ZooHost
import ZooKit

/// `zoo::conv_pool_act` in bfloat16: the factors of the forward pass are rounded to it, sums and gradients are float32. So it agrees with
/// float64 on rounded numbers as float32 does on its own, on every way to compute it.
@Suite(.serialized) struct FusedBfloat16Tests {
    init() throws { try EngineControl.start() }

    /// As networks have it on every set of instructions; and by the products that a processor has for it wherever they can be taken, which
    /// plain C++ has too, so that what surrounds them is tested on every machine.
    static func ways() throws -> [String] {
        let sets = try FusedConvolutionTests.instructionSets()
        let own = [("portable", "tiles"), ("portable", "pairs"), ("avx512_bf16", "pairs"), ("amx", "tiles")].filter { sets.contains($0.0) }
        return sets.map { $0 + "+bf16" } + own.map { "\($0.0)+\($0.1)" }
    }

    static func rounded(_ tensor: Tensor) throws -> Tensor { try tensor.to(dtype: .bfloat16).to(dtype: tensor.dtype) }

    /// With a slope by which a rounded number stays one: how often a product with it is rounded is not told.
    static func shape(seed: UInt64) -> ConvolutionCase {
        var shape = ConvolutionCase(seed: seed)
        if shape.slope != 0, shape.slope != 1 { shape.slope = 0.25 }
        return shape
    }

    /// Only sums are rounded otherwise, so float32's tolerances hold.
    @Test func agreesWithFloat64OfRoundedNumbersOverSeeds() throws {
        for seed in try Seeds(100) {
            let shape = Self.shape(seed: seed)
            let exact = try shape.tensors(.float64)
            let near = try exact.enumerated().map { $0 < 2 ? try Self.rounded($1).detach().requiresGrad_() : $1 }
            let cotangent = try shape.cotangent(near)
            let tolerances = try shape.tolerances(near, cotangent)
            let expected = try shape.run(exact, cotangent) { try shape.plain($0, valuesOf: near) }
            for way in try Self.ways() {
                let found = try shape.run(shape.tensors(.float32), cotangent) { try shape.fused($0, way) }
                for (index, name) in shape.names.enumerated() {
                    let excess = try Rounding.excess(found[index], expected[index], tolerated: tolerances[index])
                    #expect(excess <= 1, "\(name) on \(way), \(shape), seed \(seed)")
                }
            }
        }
    }

    /// Otherwise the test above would not tell bfloat16 from float32.
    @Test func roundingOfTheFactorsShows() throws {
        let shape = Self.shape(seed: 0)
        let exact = try shape.plain(shape.tensors(.float64)).detach()
        for way in try Self.ways() {
            #expect(try relativeDifference(shape.fused(shape.tensors(.float32), way), exact) > 1e-3, "\(way)")
        }
    }

    @Test func bitsDependNeitherOnTheRunNorOnThreadsOverSeeds() throws {
        let threads = EngineControl.threads
        defer { try? EngineControl.start(threads: threads) }
        for seed in try Seeds(8) {
            let shape = Self.shape(seed: seed).shared
            for way in try Self.ways() {
                var bits: [[[UInt32]]] = []
                for threads in [1, 2, 2] {
                    try EngineControl.start(threads: threads)
                    let found = try shape.run(shape.tensors(.float32)) { try shape.fused($0, way) }
                    bits.append(try found.map { try $0.floats().map(\.bitPattern) })
                }
                #expect(bits[0] == bits[1] && bits[1] == bits[2], "\(shape) on \(way), seed \(seed)")
            }
        }
    }

    /// Infinity stays where the kernel reaches it: what is computed beside the taps, to fill a tile, is no number times zero.
    @Test func infinityAndNaNStayInTheirPlace() throws {
        var pixels = (0..<64).map { Float($0) }
        (pixels[9], pixels[54]) = (.infinity, .nan)
        let x = try Tensor(pixels, [1, 1, 8, 8])
        let weight = try Tensor.ones([3, 1, 3, 3])
        let expected = try x.conv2d(weight).floats()
        for way in try Self.ways() {
            let found = try FusedConvolutionTests.fused(x, weight, Tensor?.none, 1, 0, 1, 1.0, way).floats()
            #expect(found.count == expected.count)
            for (a, b) in zip(found, expected) { #expect(a.isNaN == b.isNaN && a.isInfinite == b.isInfinite, "\(way)") }
        }
    }
}
