import Foundation
import TestSupport
import Testing
import ZooHost
import ZooKit

/// `zoo::conv_pool_act` in bfloat16: the factors of every product are rounded to it, and sums are float32. So it agrees with
/// float64 on rounded numbers as float32 does on its own, on every way to compute it.
@Suite(.serialized) struct FusedBfloat16Tests {
    typealias Case = FusedConvolutionTests.Case

    init() throws { try EngineControl.start() }

    /// The processor's, by float32 or by its own products, and the blocks in plain C++ that the latter share their surroundings with.
    static func ways() throws -> [String] { try (FusedConvolutionTests.instructionSets() + ["tiles"]).map { $0 + "+bf16" } }

    static func rounded(_ tensor: Tensor) throws -> Tensor { try tensor.to(dtype: .bfloat16).to(dtype: tensor.dtype) }

    /// Shapes with a slope by which a rounded number stays one: how often a product with it is rounded is not told.
    static func shape(_ draw: inout FusedConvolutionTests.Draw) -> Case {
        var shape = Case(&draw)
        if shape.slope != 0, shape.slope != 1 { shape.slope = 0.25 }
        return shape
    }

    /// 2e-5 of the largest value, for the reason that holds in float32: only sums are rounded otherwise. Without rounding of the
    /// factors the difference is some 2e-3, which the second half makes sure of.
    @Test func agreesWithFloat64OfRoundedNumbers() throws {
        let seed = UInt64(Date().timeIntervalSince1970)
        print("FusedBfloat16Tests: seed \(seed)")
        var draw = FusedConvolutionTests.Draw(state: seed)
        var unrounded = 0.0
        for index in 0..<100 {
            let shape = Self.shape(&draw)
            let exact = try shape.tensors(seed: UInt64(index), dtype: .float64)
            let leaves = try zip(exact.indices, exact).map { $0 < 2 ? try Self.rounded($1).detached().requiringGradient() : $1 }
            let cotangent = try Self.rounded(shape.cotangent(leaves))
            let expected = try shape.run(leaves, cotangent, shape.plain)
            for way in try Self.ways() {
                let found = try shape.run(shape.tensors(seed: UInt64(index), dtype: .float32), cotangent) { try shape.fused($0, way) }
                for (name, pair) in zip(FusedConvolutionTests.names, zip(found, expected)) {
                    #expect(pair.0.shape == pair.1.shape)
                    let difference = try relativeDifference(pair.0, pair.1)
                    #expect(difference < 2e-5, "\(name) on \(way), \(shape), seed \(seed), case \(index)")
                }
                unrounded = max(unrounded, try relativeDifference(found[0], shape.plain(exact).detached()))
            }
        }
        #expect(unrounded > 1e-3)
    }

    @Test func bitsDependNeitherOnTheRunNorOnThreads() throws {
        let threads = EngineControl.threads
        defer { try? EngineControl.start(threads: threads) }
        var draw = FusedConvolutionTests.Draw(state: 6)
        for index in 0..<8 {
            var shape = Self.shape(&draw)
            shape.images = 33
            for way in try Self.ways() {
                var bits: [[[UInt32]]] = []
                for threads in [1, 2, 2] {
                    try EngineControl.start(threads: threads)
                    let found = try shape.run(shape.tensors(seed: UInt64(index), dtype: .float32)) { try shape.fused($0, way) }
                    bits.append(try found.map { try $0.floats().map(\.bitPattern) })
                }
                #expect(bits[0] == bits[1] && bits[1] == bits[2], "\(shape) on \(way)")
            }
        }
    }

    /// Infinity stays where the kernel reaches it: what is computed beside the taps, to fill a tile, is no number times zero.
    @Test func infinityAndNaNStayInTheirPlace() throws {
        let x = try Tensor((0..<64).map { $0 == 9 ? .infinity : $0 == 54 ? .nan : Float($0) }, [1, 1, 8, 8])
        let weight = try Tensor.ones([3, 1, 3, 3])
        let expected = try x.conv2d(weight).floats()
        for way in try Self.ways() {
            let found = try FusedConvolutionTests.fused(x, weight, Tensor?.none, 1, 0, 1, 1.0, way).floats()
            #expect(found.count == expected.count)
            for (a, b) in zip(found, expected) { #expect(a.isNaN == b.isNaN && a.isInfinite == b.isInfinite, "\(way)") }
        }
    }
}
