import Foundation
import TestSupport
import Testing
import ZooHost
import ZooKit
import ZooPlugins

/// Every family's matrices against closed forms, in float64. Its laws as a group are tried by `zoo plugin check` (zooTests/CheckTests).
@Suite struct FamilyTests {
    /// Every family that there is.
    private static func families(_ host: HostRuntime) throws -> [(id: String, family: ForeignTransformer)] {
        try host.components.filter { $0.kind == .transformer }.map { ($0.id, try family($0.id, host)) }
    }

    /// Three transformations that are no special case.
    private func samples(_ family: ForeignTransformer, phase: Double = 0) throws -> Tensor {
        try family.transformation(offset: wave([3, family.parameterCount], phase: phase) * 0.3)
    }

    /// How many parameters the papers give each family; of splines, two for every point of a 4×4 grid.
    @Test func familiesHaveTheParametersOfTheirPapers() throws {
        let host = try makeHost()
        let counts = ["translation": 2, "rotation": 1, "similarity": 4, "affine": 6, "homography": 8, "tps": 32]
        for (id, count) in counts {
            let family = try family(id, host)
            #expect(family.parameterCount == count, "\(id)")
            #expect([family.composes, family.inverts] == (id == "tps" ? [false, false] : [true, true]), "\(id)")
        }
    }

    @Test func theIdentityIsExact() throws {
        let image = try wave([1, 2, 8, 8], dtype: .float64)
        let families = try Self.families(makeHost())
        #expect(families.count >= 7)
        for (id, family) in families {
            let theta = try family.transformation(offset: Tensor.zeros([1, family.parameterCount], dtype: .float64))
            if family.composes {
                let eye: [Double] = [1, 0, 0, 0, 1, 0, 0, 0, 1]
                #expect(try theta.doubles() == Array(eye.prefix(theta.count)), "\(id)")
            }
            #expect(try relativeDifference(family.warp(image, theta), image) < 1e-14, "\(id)")
        }
    }

    /// A homography is known up to a factor; composition fixes it.
    @Test func theLastNumberOfAHomographyIsOne() throws {
        let family = try family("homography", makeHost(), height: 8, width: 12)
        let product = try family.compose(samples(family), family.compose(samples(family, phase: 1), samples(family, phase: 2)))
        #expect(try product.select(dim: 1, index: 2).select(dim: 1, index: 2).doubles() == [1, 1, 1])
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
        let image = try wave([1, 2, 8, 8], dtype: .float64)
        let turned = try family("rotation", host)
        #expect(
            try relativeDifference(turned.warp(image, turned.transformation(Tensor([Double.pi / 2], [1, 1]))), image.rot90(1)) < 1e-13)
        let spun = try family("similarity", host)
        // a = cos π - 1, b = sin π.
        let half = try spun.transformation(Tensor([-2, 0, 0, 0] as [Double], [1, 4]))
        #expect(try relativeDifference(spun.warp(image, half), image.rot90(2)) < 1e-13)
        // Two pixels of eight are half a unit: the output's left columns show what lay two pixels to the right.
        let shifted = try family("translation", host)
        let moved = try shifted.warp(image, shifted.transformation(Tensor([0.5, 0] as [Double], [1, 2])))
        #expect(try relativeDifference(moved.narrow(dim: 3, start: 0, length: 6), image.narrow(dim: 3, start: 2, length: 6)) < 1e-13)
        #expect(try moved.narrow(dim: 3, start: 6, length: 2).abs().amax().item() < 1e-13)
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

    @Test func nonsenseIsAnError() throws {
        let image = try wave([2, 1, 8, 8])
        for (id, family) in try Self.families(makeHost()) {
            func refused(_ what: String, _ body: () throws -> Tensor) { #expect(throws: ZooError.self, "\(id): \(what)") { try body() } }
            let count = family.parameterCount
            refused("one parameter too many") { try family.transformation(Tensor.zeros([2, count + 1], dtype: .float64)) }
            refused("no batch") { try family.transformation(Tensor.zeros([count], dtype: .float64)) }
            refused("θ that is none") { try family.warp(image, Tensor.zeros([2, 5], dtype: .float64)) }
            let theta = try family.transformation(offset: Tensor.zeros([2, count], dtype: .float64))
            refused("an image without rows") { try family.warp(image, theta, height: 0, width: 4) }
            if family.composes { continue }
            let error = #expect(throws: ZooError.self, "\(id)") { try family.compose(theta, theta) }
            #expect(error?.kind == .unsupported, "\(id)")
            refused("an inverse that there is not") { try family.invert(theta) }
        }
    }
}
