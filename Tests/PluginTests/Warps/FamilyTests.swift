import Foundation
import TestSupport
import Testing
import ZooKit

/// Every family's matrices against closed forms, in float64. Its laws as a group are tried by `zoo plugin check` (zooTests/CheckTests).
@Suite struct FamilyTests {
    static let matrices = ["translation", "rotation", "similarity", "affine", "homography"]

    /// Three transformations that are no special case.
    private func samples(_ family: ForeignTransformer, phase: Double = 0) throws -> Tensor {
        try family.transformation(offset: wave([3, family.parameterCount], phase: phase) * 0.3)
    }

    @Test(arguments: zip(matrices + ["tps"], [2, 1, 4, 6, 8, 32]))
    func theIdentityIsExact(_ id: String, _ count: Int) throws {
        let family = try family(id, makeHost())
        #expect(family.parameterCount == count)
        #expect(family.composes == (id != "tps"))
        #expect(family.inverts == (id != "tps"))
        let theta = try family.transformation(offset: Tensor.zeros([1, count], dtype: .float64))
        if family.composes {
            let eye: [Double] = [1, 0, 0, 0, 1, 0, 0, 0, 1]
            #expect(try theta.doubles() == (id == "homography" ? eye : Array(eye.prefix(6))))
        }
        let image = try wave([1, 2, 8, 8])
        #expect(try relativeDifference(family.warp(image, theta), image) < 1e-14)
    }

    /// A homography is known up to a factor; composition fixes it.
    @Test func theLastNumberOfAHomographyIsOne() throws {
        let family = try family("homography", makeHost(), height: 8, width: 12)
        let product = try family.compose(samples(family), family.compose(samples(family, phase: 1), samples(family, phase: 2)))
        #expect(try product.select(1, 2).select(1, 2).doubles() == [1, 1, 1])
    }

    @Test func matricesAreThoseOfTheirDefinitions() throws {
        let host = try makeHost()
        func theta(_ id: String, _ parameters: [Double], height: Int = 8, width: Int = 8) throws -> [Double] {
            try family(id, host, height: height, width: width).transformation(Tensor(parameters, [1, parameters.count])).doubles()
        }
        #expect(try theta("translation", [0.3, -0.2]) == [1, 0, 0.3, 0, 1, -0.2])
        #expect(try theta("affine", [1, 2, 3, 4, 5, 6]) == [1, 2, 3, 4, 5, 6])
        #expect(try theta("similarity", [0.5, 0.25, 0.3, -0.2]) == [1.5, -0.25, 0.3, 0.25, 1.5, -0.2])
        #expect(try theta("homography", [1, 2, 3, 4, 5, 6, 7, 8]) == [2, 2, 3, 4, 6, 6, 7, 8, 1])
        let (c, s) = (cos(0.4), sin(0.4))
        for (found, expected) in try zip(theta("rotation", [0.4]), [c, -s, 0, s, c, 0]) { #expect(abs(found - expected) < 1e-15) }
        // In pixels of a 6×12 image, where the sides' coordinates have other units, a rotation is still one.
        let wide = try theta("rotation", [0.4], height: 6, width: 12)
        for (found, expected) in zip([wide[0], wide[1] * 2, wide[3] / 2, wide[4]], [c, -s, s, c]) { #expect(abs(found - expected) < 1e-15) }
    }

    @Test func warpsAreThoseOfClosedForms() throws {
        let host = try makeHost()
        let image = try wave([1, 2, 8, 8])
        let turned = try family("rotation", host)
        #expect(
            try relativeDifference(turned.warp(image, turned.transformation(Tensor([Double.pi / 2], [1, 1]))), image.rotated90(1)) < 1e-13)
        let spun = try family("similarity", host)
        // a = cos π - 1, b = sin π.
        let half = try spun.transformation(Tensor([-2, 0, 0, 0] as [Double], [1, 4]))
        #expect(try relativeDifference(spun.warp(image, half), image.rotated90(2)) < 1e-13)
        // Two pixels of eight are half a unit: the output's left columns show what lay two pixels to the right.
        let shifted = try family("translation", host)
        let moved = try shifted.warp(image, shifted.transformation(Tensor([0.5, 0] as [Double], [1, 2])))
        #expect(try relativeDifference(moved.narrowed(3, from: 0, count: 6), image.narrowed(3, from: 2, count: 6)) < 1e-13)
        #expect(try moved.narrowed(3, from: 6, count: 2).abs().max().item() < 1e-13)
        // Control points moved by an affine map give that map everywhere.
        let (spline, affine) = try (family("tps", host), family("affine", host))
        let map: [Double] = [0.8, 0.3, 0.1, -0.2, 0.9, -0.05]
        var sampled: [Double] = []
        for row in 0..<4 {
            for column in 0..<4 {
                let x = 2 * Double(column) / 3 - 1
                let y = 2 * Double(row) / 3 - 1
                sampled.append(map[0] * x + map[1] * y + map[2])
                sampled.append(map[3] * x + map[4] * y + map[5])
            }
        }
        let expected = try affine.warp(image, Tensor(map, [1, 2, 3]))
        #expect(try relativeDifference(spline.warp(image, Tensor(sampled, [1, 16, 2])), expected) < 1e-12)
    }

    @Test(arguments: matrices + ["tps"])
    func nonsenseIsAnError(_ id: String) throws {
        let family = try family(id, makeHost())
        let image = try wave([2, 1, 8, 8])
        #expect(throws: ZooError.self) { try family.transformation(Tensor.zeros([2, family.parameterCount + 1], dtype: .float64)) }
        #expect(throws: ZooError.self) { try family.transformation(Tensor.zeros([family.parameterCount], dtype: .float64)) }
        #expect(throws: ZooError.self) { try family.warp(image, Tensor.zeros([2, 5], dtype: .float64)) }
        let theta = try family.transformation(offset: Tensor.zeros([2, family.parameterCount], dtype: .float64))
        #expect(throws: ZooError.self) { try family.warp(image, theta, height: 0, width: 4) }
        if !family.composes {
            let error = #expect(throws: ZooError.self) { try family.compose(theta, theta) }
            #expect(error?.kind == .unsupported)
            #expect(throws: ZooError.self) { try family.invert(theta) }
        }
    }
}
