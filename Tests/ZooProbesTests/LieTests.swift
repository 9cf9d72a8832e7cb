import Glibc
import Testing
import ZooData
import ZooHost
import ZooKit
import ZooProbes
import ZooStore

/// The Lie probe against derivatives by another way: bilinear sampling's by its closed form, the network's by autograd.
@Suite struct LieTests {
    /// Where a picture under a generator moves to, in pixels per unit of t, at a place counted from the centre.
    static func velocity(_ generator: LieGenerator, _ x: Double, _ y: Double) -> (Double, Double) {
        switch generator {
        case .rotation: (y, -x)
        case .scale: (x, y)
        case .shear: (y, 0)
        case .translationX: (1, 0)
        case .translationY: (0, 1)
        }
    }

    /// d/dt of an image at t = 0, from above and from below: a bilinear image has a slope of its own to every side of a pixel.
    static func derivatives(of pixels: [Double], side: Int, _ generator: LieGenerator) -> (above: [Double], below: [Double]) {
        func value(_ x: Int, _ y: Int) -> Double { (0..<side).contains(x) && (0..<side).contains(y) ? pixels[y * side + x] : 0 }
        var (above, below) = ([Double](), [Double]())
        let middle = Double(side - 1) / 2
        for place in 0..<side * side {
            let (x, y) = (place % side, place / side)
            let (vx, vy) = velocity(generator, Double(x) - middle, Double(y) - middle)
            func slope(_ sign: Double) -> Double {
                // The place that is looked up lies against the motion.
                let (wx, wy) = (-sign * vx, -sign * vy)
                return abs(wx) * (value(x + (wx > 0 ? 1 : -1), y) - value(x, y))
                    + abs(wy) * (value(x, y + (wy > 0 ? 1 : -1)) - value(x, y))
            }
            above.append(slope(1))
            below.append(-slope(-1))
        }
        return (above, below)
    }

    @Test(arguments: [("cnn", "strokes", "strokes"), ("p4-cnn", "strokes", "strokes"), ("stn-c0", "strokes-rotated", "strokes-rotated")])
    func agreesWithTheExactDerivative(_ id: String, _ dataset: String, _ source: String) throws {
        let zoo = try ShippedZoo()
        let subject = try zoo.subject(id, on: dataset, trainedOn: source)
        let found = try zoo.run("lie?images=12", subject)
        guard case .integers(let indices)? = found.table("images")?["image"] else {
            Issue.record("the images are not named")
            return
        }
        #expect(indices.count == 12)
        let (side, classes) = (28, 10)
        let normalisation = subject.dataSet.normalisation
        var sums: [LieGenerator: [Double]] = [:]
        for index in indices {
            let pixels = subject.images.image(index).map { Double($0) / 255 }
            let image = pixels.map { Float(($0 - normalisation.mean) / normalisation.std) }
            // A row of the Jacobian for every class.
            var rows: [[Double]] = []
            var logits: [Double] = []
            for label in 0..<classes {
                let x = try Tensor(image, [1, 1, side, side]).requiresGrad_()
                let output = try subject.network.architecture.forward(x)
                logits = try output.detach().doubles()
                try output.narrow(dim: 1, start: label, length: 1).sum().backward()
                rows.append(try #require(try x.grad).doubles())
            }
            let top = logits.max() ?? 0
            let total = logits.reduce(0) { $0 + exp($1 - top) }
            let probabilities = logits.map { exp($0 - top) / total }
            for generator in LieGenerator.allCases {
                let (above, below) = Self.derivatives(of: pixels, side: side, generator)
                func along(_ direction: [Double]) -> [Double] {
                    rows.map { row in zip(row, direction).reduce(0) { $0 + $1.0 * $1.1 } / normalisation.std }
                }
                func softened(_ slopes: [Double]) -> [Double] {
                    let mean = zip(probabilities, slopes).reduce(0) { $0 + $1.0 * $1.1 }
                    return zip(probabilities, slopes).map { $0 * ($1 - mean) }
                }
                func squares(_ list: [Double]) -> Double { list.reduce(0) { $0 + $1 * $1 } }
                let (up, down) = (along(above), along(below))
                let (mean, half) = (zip(up, down).map { ($0 + $1) / 2 }, zip(up, down).map { ($0 - $1) / 2 })
                let values = [squares(mean), squares(half), squares(softened(mean)), squares(softened(half))]
                sums[generator] = zip(sums[generator] ?? [0, 0, 0, 0], values).map { $0 + $1 }
            }
        }
        for generator in LieGenerator.allCases {
            let expected = try #require(sums[generator]).map { $0 / Double(indices.count * classes) }
            let names = ["", ".kink", ".probabilities", ".probabilities.kink"].map { "lie.\(generator.rawValue)\($0)" }
            // A kink of the network within a thousandth of a pixel is rare, and rounding of float32 is below 2 % of logits' slopes. The
            // slopes of probabilities are small differences of these, and their mean square is that of one or two images.
            for (name, (value, tolerance)) in zip(names, zip(expected, [0.02, 0.02, 0.15, 0.3])) {
                let figure = try #require(found[name])
                #expect(abs(figure - value) <= tolerance * value, "\(id), \(name): \(figure), exactly \(value)")
            }
        }
    }
}
