import Foundation
import ZooHost
import ZooKit

extension Bench {
    /// Compares the logits of images with those of the same images under the elements of the group that the traits name.
    func checkInvariance(of model: Model) throws {
        let traits = model.module.traits
        let group = traits.invariance
        try model.parameters.setTraining(false)
        guard model.shape.height == model.shape.width else {
            throw Check.Skip(reason: "\(model.name) takes no square image that was tried")
        }
        // Rounding through a few layers, and a choice between poses whose scores differ by less is left to noise.
        let isExact = traits.tolerance == 0
        let limit = isExact ? 1e-4 : traits.tolerance
        let x = try isExact ? images(4, model.shape) : smoothImages(4, model.shape)
        let expected = try model.values(x)
        for mirror in group.mirror ? [false, true] : [false] {
            for step in 0..<group.rotations where mirror || step > 0 {
                let degrees = 360 * Double(step) / Double(group.rotations)
                let isQuarter = degrees.truncatingRemainder(dividingBy: 90) == 0
                if isExact, !isQuarter { continue }
                var moved = try mirror ? x.flip(dims: [-1]) : x
                moved = try moved.rotated(degrees: degrees, paddingMode: .border)
                let gap = Self.difference(expected, try model.values(moved))
                let what = "\(mirror ? "the mirror image, " : "")turned by \(degrees.formatted())°"
                expect(gap <= limit, "\(model.name): the logits of \(what) are off by \(gap), its traits say \(traits.tolerance)")
            }
        }
    }

    /// A few Gaussian bumps within the largest disc: images that interpolation changes little. N×C×H×W.
    private func smoothImages(_ count: Int, _ shape: ImageShape) throws -> Tensor {
        let random = try Tensor.rand([count, shape.channels, 6, 3], generator: Generator(seed: seed &+ 17)).doubles()
        let (height, width) = (shape.height, shape.width)
        let radius = Double(min(height, width)) / 2
        var values = [Float](repeating: 0, count: count * shape.channels * height * width)
        for plane in 0..<count * shape.channels {
            for bump in 0..<6 {
                let place = (plane * 6 + bump) * 3
                let (distance, angle) = (0.55 * radius * random[place].squareRoot(), 2 * Double.pi * random[place + 1])
                let (x, y) = (Double(width - 1) / 2 + distance * cos(angle), Double(height - 1) / 2 + distance * sin(angle))
                let deviation = radius * (0.12 + 0.08 * random[place + 2])
                for row in 0..<height {
                    for column in 0..<width {
                        let (dx, dy) = (Double(column) - x, Double(row) - y)
                        values[(plane * height + row) * width + column] += Float(exp(-(dx * dx + dy * dy) / (2 * deviation * deviation)))
                    }
                }
            }
        }
        return try Tensor(values, [count, shape.channels, height, width])
    }
}
