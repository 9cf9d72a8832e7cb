import Glibc
import Testing
import ZooData
import ZooHost
import ZooKit
import ZooProbes
import ZooStore

/// The Lie probe against derivatives by another way, in float64.
@Suite struct LieTests {
    /// d/dt of an image at t = 0, from above and from below: a bilinear image has a slope of its own to every side of a pixel.
    static func derivatives(of pixels: [Double], side: Int, _ generator: LieGenerator) -> (above: [Double], below: [Double]) {
        func value(_ x: Int, _ y: Int) -> Double { (0..<side).contains(x) && (0..<side).contains(y) ? pixels[y * side + x] : 0 }
        var (above, below) = ([Double](), [Double]())
        let middle = Double(side - 1) / 2
        for place in 0..<side * side {
            let (x, y) = (place % side, place / side)
            let (vx, vy) = generator.velocity(Double(x) - middle, Double(y) - middle)
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

    private static let names = ["", ".kink", ".probabilities", ".probabilities.kink"]

    /// What a network says of some images at t = 0 and on both sides of it, N×classes row by row.
    private struct Sides {
        var up: [Double], down: [Double], here: [Double]

        /// Root mean squares of the mean of both one-sided derivatives and of half their difference.
        func figures(_ step: Double) -> [Double] {
            let mean = zip(up, down).map { ($0 - $1) / (2 * step) }
            let half = here.indices.map { (up[$0] + down[$0] - 2 * here[$0]) / (2 * step) }
            return [LieTests.rootMeanSquare(mean), LieTests.rootMeanSquare(half)]
        }

        /// By how much those of other outputs can differ at most, since root mean squares are a norm.
        func distance(to other: Sides, _ step: Double) -> [Double] {
            func apart(_ a: [Double], _ b: [Double]) -> Double { LieTests.rootMeanSquare(zip(a, b).map { $0 - $1 }) }
            let sides = apart(up, other.up) + apart(down, other.down)
            return [sides / (2 * step), (sides + 2 * apart(here, other.here)) / (2 * step)]
        }

        func softened(classes: Int) -> Sides {
            func softmax(_ logits: [Double]) -> [Double] {
                stride(from: 0, to: logits.count, by: classes).flatMap { start in
                    let row = logits[start..<start + classes]
                    let top = row.max() ?? 0
                    let total = row.reduce(0) { $0 + exp($1 - top) }
                    return row.map { exp($0 - top) / total }
                }
            }
            return Sides(up: softmax(up), down: softmax(down), here: softmax(here))
        }
    }

    private static func rootMeanSquare(_ list: [Double]) -> Double {
        (list.reduce(0) { $0 + $1 * $1 } / Double(list.count)).squareRoot()
    }

    /// - Parameters:
    ///   - images: bytes / 255.
    ///   - dtype: the network's.
    private func sides(
        _ network: Network, _ images: [[Double]], side: Int, _ normalisation: Normalisation, _ generator: LieGenerator, step: Double,
        _ dtype: DType
    ) throws -> Sides {
        func logits(_ shift: [[Double]], _ t: Double) throws -> [Double] {
            let values = zip(images, shift).flatMap { image, slopes in
                zip(image, slopes).map { ($0 + $1 * t - normalisation.mean) / normalisation.std }
            }
            let input = try Tensor(values, [images.count, 1, side, side]).to(dtype: dtype)
            return try noGrad { try network.architecture.forward(input).doubles() }
        }
        let slopes = images.map { Self.derivatives(of: $0, side: side, generator) }
        let (above, below) = (slopes.map(\.above), slopes.map(\.below))
        return Sides(up: try logits(above, step), down: try logits(below, -step), here: try logits(above, 0))
    }

    /// Three networks on twelve images: the images' one-sided derivatives are those of the closed form of bilinear
    /// sampling, the network's along them are differences in float64, of a step in which hardly a kink lies but those
    /// at t = 0. Those are many: where the background is even, maxima are taken of equal numbers, and the direction
    /// decides which of them wins. A gradient would be of one of them.
    ///
    /// Two things keep the probe from that. Within its step lie further kinks: what they do is seen in float64 with the
    /// same step. And its network computes in float32, whose rounding is divided by the step: that can do no more than
    /// the outputs differ from float64's. Slopes of probabilities are small where the network is sure, so both show
    /// there most: in the kinks of probabilities rounding makes up to 15 % at 0.001 pixels (27 % at 0.00025), and at
    /// 0.01 pixels, where rounding is a tenth, other kinks make up to 30 %.
    @Test(arguments: [("cnn", "strokes", "strokes"), ("p4-cnn", "strokes", "strokes"), ("stn-c0", "strokes-rotated", "strokes-rotated")])
    func agreesWithTheExactDerivative(_ id: String, _ dataset: String, _ source: String) throws {
        let zoo = try ShippedZoo()
        let subject = try zoo.subject(id, on: dataset, trainedOn: source)
        let measured = try zoo.run("lie?images=12", subject)
        guard case .integers(let indices)? = measured.table("images")?["image"] else {
            Issue.record("the images are not named")
            return
        }
        #expect(indices.count == 12)
        let (side, classes) = (28, 10)
        let images = indices.map { index in subject.images.image(index).map { Double($0) / 255 } }
        func all(step: (LieGenerator) -> Double, _ dtype: DType) throws -> [LieGenerator: [Sides]] {
            try Dictionary(
                uniqueKeysWithValues: LieGenerator.allCases.map { generator in
                    let logits = try sides(
                        subject.network, images, side: side, subject.dataSet.normalisation, generator, step: step(generator), dtype)
                    return (generator, [logits, logits.softened(classes: classes)])
                })
        }
        let step = { (generator: LieGenerator) in generator.step(pixels: 0.001, height: side, width: side) }
        let rounded = try all(step: step, .float32)
        try subject.network.parameters.convert(dtype: .float64)
        let (stepped, exact) = (try all(step: step, .float64), try all(step: { _ in 1e-8 }, .float64))
        for generator in LieGenerator.allCases {
            let (a, b, c) = (try #require(rounded[generator]), try #require(stepped[generator]), try #require(exact[generator]))
            let expected = b.flatMap { $0.figures(step(generator)) }
            // Twice, as the probe's own images are rounded otherwise in their last place.
            let rounding = zip(b, a).flatMap { $0.distance(to: $1, step(generator)).map { 2 * $0 } }
            for (index, value) in c.flatMap({ $0.figures(1e-8) }).enumerated() {
                let name = "lie.\(generator.rawValue)\(Self.names[index])"
                let figure = try #require(measured[name]).squareRoot()
                #expect(abs(figure - expected[index]) <= rounding[index], "\(id), \(name): \(figure), in float64 \(expected[index])")
                // Of the squares that is twice as much.
                let kinks = [0.01, 0.01, 0.025, 0.05][index]
                #expect(abs(expected[index] - value) <= kinks * value, "\(id), \(name): \(expected[index]), exactly \(value)")
            }
        }
    }
}
