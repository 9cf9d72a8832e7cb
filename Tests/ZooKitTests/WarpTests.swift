import Foundation
import TestSupport
import Testing
import ZooHost
import ZooKit
import ZooModelFiles

/// `zoo::warp` against PyTorch (fixture), finite differences and exact symmetries.
@Suite struct WarpTests {
    init() throws { try EngineControl.start() }

    /// float64 on both sides; 1e-12 leaves room for another order of summation.
    @Test(arguments: ["affine-border", "affine-zeros", "affine-resized", "homography-border", "homography-zeros"])
    func agreesWithPyTorch(_ name: String) throws {
        let file = try fixture("operators")
        let image = try file.tensor("\(name).image").requiresGrad_()
        let matrix = try file.tensor("\(name).matrix").requiresGrad_()
        let expected = try file.tensor("\(name).output")
        let padding: PaddingMode = name.hasSuffix("border") ? .border : .zeros
        // The resized one says nothing of its padding in its name: the script uses one of the two, and only one can fit.
        let candidates: [PaddingMode] = name == "affine-resized" ? [.zeros, .border] : [padding]
        var best = Double.infinity
        for padding in candidates {
            try image.clearGrad()
            try matrix.clearGrad()
            let output = try image.warp(matrix, height: expected.size(2), width: expected.size(3), paddingMode: padding)
            try (output * file.tensor("\(name).cotangent")).sum().backward()
            let differences = try [
                relativeDifference(output.detach(), expected),
                relativeDifference(#require(try image.grad), file.tensor("\(name).gradient.image")),
                relativeDifference(#require(try matrix.grad), file.tensor("\(name).gradient.matrix")),
            ]
            best = min(best, differences.max() ?? .infinity)
        }
        #expect(best < 1e-12)
    }

    /// Central differences with step 1e-6 in float64 are good to about 1e-9; sample points are kept off the kinks of the
    /// bilinear kernel by the choice of θ.
    @Test(arguments: PaddingMode.allCases)
    func gradientsAreThoseOfFiniteDifferences(_ padding: PaddingMode) throws {
        let image = try wave([2, 2, 5, 6]).requiresGrad_()
        let theta = try Tensor([0.91, 0.13, 0.07, -0.17, 0.83, -0.031, 1.2, -0.3, 0.21, 0.41, 0.77, 0.11] as [Double], [2, 2, 3])
            .requiresGrad_()
        let weights = try wave([2, 2, 4, 7], phase: 1)
        func loss(_ image: Tensor, _ theta: Tensor) throws -> Tensor {
            try (image.warp(theta, height: 4, width: 7, paddingMode: padding) * weights).sum()
        }
        try loss(image, theta).backward()
        let byImage = try finiteDifferences(image.detach()) { try loss($0, theta.detach()).item() }
        let byTheta = try finiteDifferences(theta.detach()) { try loss(image.detach(), $0).item() }
        for (found, expected) in try zip(#require(try image.grad).doubles(), byImage) { #expect(abs(found - expected) < 1e-7) }
        for (found, expected) in try zip(#require(try theta.grad).doubles(), byTheta) { #expect(abs(found - expected) < 1e-6) }
    }

    /// align_corners = false: the identity samples exactly at the pixel centres.
    @Test func identityIsTheIdentity() throws {
        for (dtype, tolerance) in [(DType.float32, 2e-6), (.float64, 1e-14)] {
            let image = try wave([1, 3, 7, 5], dtype: dtype)
            let theta = try Tensor([1, 0, 0, 0, 1, 0] as [Double], [1, 2, 3]).to(dtype: dtype)
            for padding in PaddingMode.allCases {
                #expect(try relativeDifference(image.warp(theta, height: 7, width: 5, paddingMode: padding), image) < tolerance)
            }
        }
    }

    /// Quarter turns and mirrors lose nothing on a square grid.
    @Test func quarterTurnsAreExact() throws {
        let image = try wave([1, 2, 6, 6])
        let turn = try Tensor([0, -1, 0, 1, 0, 0] as [Double], [1, 2, 3])
        let mirror = try Tensor([-1, 0, 0, 0, 1, 0] as [Double], [1, 2, 3])
        #expect(try relativeDifference(image.warp(turn, height: 6, width: 6, paddingMode: .zeros), image.rot90(1)) < 1e-14)
        #expect(try relativeDifference(image.warp(mirror, height: 6, width: 6, paddingMode: .zeros), image.flip(dims: [3])) < 1e-14)
    }

    @Test func channelsLastGivesTheSame() throws {
        let image = try wave([3, 4, 8, 9], dtype: .float32)
        let theta = try Tensor((0..<3).flatMap { _ in [0.9, 0.2, 0.1, -0.2, 0.8, 0.05] as [Float] }, [3, 2, 3])
        let plain = try image.warp(theta, height: 8, width: 9, paddingMode: .border)
        let last = try image.contiguous(.channelsLast).warp(theta, height: 8, width: 9, paddingMode: .border)
        #expect(try relativeDifference(last, plain) < 1e-6)
    }

    @Test func drawingFromBytesIsTheWarpOfTheScaledImage() throws {
        let bytes = (0..<(3 * 6 * 6)).map { UInt8(truncatingIfNeeded: $0 * 37) }
        let images = try Tensor(bytes, [3, 1, 6, 6])
        let theta = try Tensor([0.8, 0.3, 0.1, -0.3, 0.9, 0, 1, 0, 0, 0, 1, 0] as [Float], [2, 2, 3])
        let drawn = try images.warpBytes(
            index: Tensor([2, 0] as [Int64], [2]), theta: theta, height: 6, width: 6, paddingMode: .zeros, mean: 0.1307, std: 0.3081)
        let scaled = try images.indexSelect(dim: 0, index: Tensor([2, 0] as [Int64], [2])).to(dtype: .float32) * (1 / 255.0)
        let expected = try (scaled.warp(theta, height: 6, width: 6, paddingMode: .zeros) + -0.1307) * (1 / 0.3081)
        #expect(try relativeDifference(drawn, expected) < 1e-5)
        #expect(throws: ZooError.self) {
            try images.warpBytes(
                index: Tensor([3, 0] as [Int64], [2]), theta: theta, height: 6, width: 6, paddingMode: .zeros, mean: 0, std: 1)
        }
    }

    @Test func nonsenseIsAnErrorOrOutsideNeverACrash() throws {
        let image = try wave([1, 1, 4, 4], dtype: .float32)
        #expect(throws: ZooError.self) { try image.warp(Tensor.zeros([2, 2, 3]), height: 4, width: 4, paddingMode: .zeros) }
        #expect(throws: ZooError.self) { try image.warp(Tensor.zeros([1, 6]), height: 4, width: 4, paddingMode: .zeros) }
        #expect(throws: ZooError.self) { try image.warp(Tensor.zeros([1, 2, 3]), height: -4, width: 4, paddingMode: .zeros) }
        for value in [Float.nan, .infinity, -.infinity, 1e38] {
            let theta = try Tensor([value, 0, 0, 0, 1, value], [1, 2, 3])
            for padding in PaddingMode.allCases {
                #expect(try image.warp(theta, height: 4, width: 4, paddingMode: padding).shape == [1, 1, 4, 4])
            }
        }
    }
}
