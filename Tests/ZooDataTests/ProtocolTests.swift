import Foundation
import TestSupport
import Testing
import ZooCore
import ZooData
import ZooHost
import ZooKit

@Suite("Data protocols")
struct ProtocolTests {
    init() throws { try EngineControl.start() }

    private static func all() throws -> [String] {
        try some(DataSetCatalogue.builtIn.all.map(\.name).filter { $0.hasPrefix("strokes") }, "drawn data sets")
    }

    private func loader(_ name: String, _ split: Split = .test, count: Int = 64) throws -> BatchLoader {
        let data = try DataSet.named(name)
        return try BatchLoader(
            data.clutter == nil || split == .train ? StrokeDigits().imageSet(split, count: count) : data.load(split), of: data,
            split: split,
            batchSize: 32, seed: 0)
    }

    @Test(
        "every protocol and its upright namesake are found by name and keep its shape",
        arguments: try some(DataSetCatalogue.builtIn.all.map(\.name), "data sets"))
    func names(name: String) throws {
        let data = try DataSet.named(name)
        let upright = data.upright
        #expect(try DataSet.named(upright.name) == upright)
        #expect(upright.upright == upright)
        #expect(upright.shape == data.shape)
        #expect(upright.normalisation == data.normalisation)
        #expect(upright.clutter == nil)
    }

    @Test(
        "drawn shapes",
        arguments: [
            ("strokes-translated", 60, 6), ("strokes-scaled", 112, 6), ("strokes-perturbed", 28, 9), ("strokes-rotated", 28, 6),
            ("strokes-similar", 96, 6),
        ])
    func shapes(name: String, side: Int, numbers: Int) throws {
        let loader = try loader(name)
        let batch = try loader.batch(0)
        #expect(batch.images.shape == [32, 1, side, side])
        #expect(batch.theta.shape == [32, numbers / 3, 3])
        #expect(loader.shape == ImageShape(1, side, side))
        #expect(loader.dataSet.shape == loader.shape)
        #expect(try batch.images.allFinite())
    }

    @Test("sizes are exact: a digit of half the size is the mean of 2×2 pixels, normalised alike") func sizes() throws {
        let one = try loader("strokes-size-1").batch(0).images
        let half = try loader("strokes-size-1?scale=-1..-1").batch(0).images
        #expect(one.shape == [32, 1, 112, 112] && half.shape == one.shape)
        let middle = try half.narrow(dim: 2, start: 28, length: 56).narrow(dim: 3, start: 28, length: 56)
        #expect(try relativeDifference(middle, one.avgPool2d(kernelSize: 2, stride: 2)) < 1e-5)
        for (size, exponent) in [(1, 0.0), (2, 1), (4, 2)] {
            let named = try DataSet.named("mnist-size-\(size)")
            #expect(named.perturbation == (size == 1 ? .none : .scaling(exponents: exponent...exponent)) && named.canvas == 112)
            #expect(try named.normalisation == DataSet.named("mnist").normalisation)
        }
    }

    @Test("images are a pure function of set, seed, split, epoch and index, however they are batched", arguments: try all())
    func purity(name: String) throws {
        let loader = try loader(name, .train)
        let batch = try loader.batch(of: [3, 40, 7], epoch: 2)
        let again = try self.loader(name, .train).batch(of: [7], epoch: 2)
        #expect(try batch.images.select(dim: 0, index: 2).floats() == again.images.select(dim: 0, index: 0).floats())
        if loader.dataSet.upright != loader.dataSet {
            #expect(try batch.images.floats() != loader.batch(of: [3, 40, 7], epoch: 3).images.floats())
        }
    }

    @Test("the number of threads makes no difference", arguments: try all())
    func threads(name: String) throws {
        let loader = try loader(name, .train)
        let before = EngineControl.threads
        let many = try loader.batch(0, epoch: 1).images.floats()
        try EngineControl.start(threads: before == 1 ? 2 : 1)
        defer { try? EngineControl.start(threads: before) }
        #expect(try loader.batch(0, epoch: 1).images.floats() == many)
    }

    @Test("the upright digit stands in the middle of the canvas, pixel for pixel")
    func upright() throws {
        let data = try DataSet.named("strokes-translated-upright")
        let images = try StrokeDigits().imageSet(.test, count: 4)
        let batch = try BatchLoader(images, of: data, split: .test, batchSize: 4, seed: 0).batch(0)
        let found = try batch.images.floats()
        var error = 0.0
        for y in 0..<60 {
            for x in 0..<60 {
                let inside = (16..<44).contains(x) && (16..<44).contains(y)
                let pixel = inside ? Double(images.pixels[3 * 784 + (y - 16) * 28 + x - 16]) / 255 : 0
                let value = (pixel - data.normalisation.mean) / data.normalisation.std
                error = max(error, abs(Double(found[3 * 3600 + y * 60 + x]) - value))
            }
        }
        #expect(error < 1e-4)
    }

    @Test("a translation moves the digit by its whole pixels, to the right and down")
    func translation() throws {
        let images = try StrokeDigits().imageSet(.test, count: 1)
        let data = try DataSet.named("strokes-translated-upright")
        let loader = try BatchLoader(images, of: data, split: .test, batchSize: 1, seed: 0)
        let still = try loader.batch(0).images.floats()
        let moved = try loader.batch(of: [0], thetas: [Perturbation.translation(x: 16, y: -5, width: 60)]).images.floats()
        var error: Float = 0
        for y in 5..<60 {
            for x in 0..<44 { error = max(error, abs(moved[(y - 5) * 60 + x + 16] - still[y * 60 + x])) }
        }
        #expect(error < 1e-3)
        let drawn = try DataSet.named("strokes-translated")
        let steps = (0..<2000).map { index in
            let theta = drawn.theta(split: .test, seed: 0, epoch: 0, index: index)
            return [-theta[2] * 30, -theta[5] * 30]
        }
        #expect(steps.joined().allSatisfy { abs($0) < 16.001 && abs($0 - $0.rounded()) < 1e-9 })
        #expect(Set(steps.joined().map { Int($0.rounded()) }).count == 33)
    }

    @Test("scales are 2^u, u uniform in [-1, 2]")
    func scales() throws {
        let data = try DataSet.named("mnist-scaled")
        let exponents: [Double] = (0..<5000).map { -log2(data.theta(split: .test, seed: 0, epoch: 0, index: $0)[0]) }
        #expect(exponents.allSatisfy { (-1...2).contains($0) })
        let mean: Double = exponents.reduce(0, +) / 5000
        #expect(abs(mean - 0.5) < 0.05)
    }

    @Test("homographies take the square's corners to where the noise of [LL17] puts them")
    func homographies() throws {
        let corners = [SIMD2(-1.2, -0.9), SIMD2(0.8, -1.1), SIMD2(1.3, 0.7), SIMD2(-0.6, 1.0)]
        let matrix = try #require(Perturbation.homography(to: corners))
        func place(_ m: [Double], _ x: Double, _ y: Double) -> SIMD2<Double> {
            SIMD2(m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5]) / (m[6] * x + m[7] * y + m[8])
        }
        let square = [SIMD2(-1.0, -1), SIMD2(1, -1), SIMD2(1, 1), SIMD2(-1, 1)]
        for (from, to) in zip(square, corners) {
            let difference = place(matrix, from.x, from.y) - to
            #expect(max(abs(difference.x), abs(difference.y)) < 1e-12)
        }
        #expect(matrix[8] == 1)
        #expect(Perturbation.homography(to: square) == [1, 0, 0, 0, 1, 0, 0, 0, 1])
        #expect(Perturbation.homography(to: [square[0], square[2], square[1], square[3]]) == nil)
        let data = try DataSet.named("mnist-perturbed")
        var deviations = [0.0, 0.0]
        var means = SIMD2(0.0, 0)
        for index in 0..<4000 {
            let theta = data.theta(split: .test, seed: 0, epoch: 0, index: index)
            let noise = square.map { place(theta, $0.x, $0.y) - $0 }
            let mean = noise.reduce(SIMD2(0.0, 0), +) / 4
            means += mean / 4000
            deviations[0] += noise[0].x * noise[0].x / 4000
            deviations[1] += mean.y * mean.y / 4000
        }
        // Of a corner: 0.25² + 0.25²; of the four corners' mean: 0.25² + 0.25²/4.
        #expect(abs(deviations[0] - 0.125) < 0.01)
        #expect(abs(deviations[1] - 0.078125) < 0.007)
        #expect(abs(means.x) < 0.02 && abs(means.y) < 0.02)
    }

    @Test("clutter never shows through a full canvas' clamp, and is cut from training images alone")
    func clutter() throws {
        let data = try DataSet.named("strokes-translated")
        let white = try ImageSet(
            name: "white", pixels: [UInt8](repeating: 255, count: 3 * 784), labels: [0, 1, 2], channels: 1, height: 28, width: 28,
            classes: (0...9).map(String.init), verified: true)
        let loader = try BatchLoader(white, of: data, split: .train, batchSize: 3, seed: 1)
        let pixels = try loader.batch(0).images.floats().map { Double($0) * data.normalisation.std + data.normalisation.mean }
        #expect((pixels.max() ?? 2) < 1.0001)
        #expect((pixels.min() ?? -1) > -0.0001)
        // Every white piece of 6×6 that lies free, and the digit of 28×28.
        let lit = pixels.count { $0 > 0.5 }
        #expect(lit > 3 * 784 && lit <= 3 * (784 + 6 * 36))
        let error = #expect(throws: ZooError.self) { try BatchLoader(white, of: data, split: .test, batchSize: 3, seed: 1) }
        #expect(error?.description.contains("clutter") == true)
        let tiny = try ImageSet(
            name: "tiny", pixels: [1, 2, 3, 4], labels: [0], channels: 1, height: 2, width: 2, classes: ["a"], verified: true)
        #expect(throws: ZooError.self) { try BatchLoader(tiny, of: data, split: .train, batchSize: 1, seed: 1) }
    }

    @Test("the normalisation of drawn digits is the one measured", arguments: ["strokes-translated", "strokes-scaled"])
    func strokeStatistics(name: String) throws {
        let data = try DataSet.named(name)
        let (mean, std) = try Self.measure(data, data.load(.train), count: 10_000)
        #expect(abs(mean - data.normalisation.mean) < 0.001, "\(mean)")
        #expect(abs(std - data.normalisation.std) < 0.002, "\(std)")
    }

    @Test(
        "MNIST comes near the published figures", .enabled(if: realData != nil, "MNIST is not on this machine: 'make data' fetches it"),
        arguments: [("mnist-translated", 0.0363, 0.1870), ("mnist-scaled", 0.0414, 0.1751), ("mnist-scaled-small", 0.0558, 0.21)])
    func mnistStatistics(name: String, mean: Double, std: Double) throws {
        let data = try DataSet.named(name)
        // Measured here: 0.0395, 0.1801 and 0.0423, 0.1767; the authors call theirs approximate, and those of the small canvas are ours.
        let measured = try Self.measure(data, data.load(.train, from: realData), count: 10_000)
        #expect(abs(measured.mean - mean) < 0.004, "\(measured)")
        #expect(abs(measured.std - std) < 0.02, "\(measured)")
    }

    /// Mean and deviation of drawn pixels before they are normalised.
    private static func measure(_ data: DataSet, _ images: ImageSet, count: Int) throws -> (mean: Double, std: Double) {
        let loader = try BatchLoader(images, of: data, split: .train, batchSize: 250, seed: 0)
        var (sum, squares) = (0.0, 0.0)
        let batches = count / 250
        for number in 0..<batches {
            let drawn = try loader.batch(of: Array(number * 250..<(number + 1) * 250)).images
            let pixels = try drawn * data.normalisation.std + data.normalisation.mean
            sum += try pixels.mean().item()
            squares += try (pixels * pixels).mean().item()
        }
        let mean = sum / Double(batches)
        return (mean, (squares / Double(batches) - mean * mean).squareRoot())
    }

    /// The three poses one after the other, by a grid that is sampled with each alone: what is drawn is the picture scaled, then turned,
    /// then moved. Composed in float64; each draw lies where its fields say.
    @Test("a similarity is a scaling, a rotation and a translation in that order")
    func similarity() throws {
        let pose = Perturbation.similarity(degrees: 180, exponents: 0...1.263, pixels: 14)
        for index in 0..<50 {
            let stream = RandomStream(seed: 3, "similar", UInt64(index))
            let found = pose.theta(stream, aspect: 0.75, width: 64)
            let angle = pose.angle(stream)
            #expect(abs(angle) <= 180)
            // A point of the drawn picture: where it was in the recorded one, by undoing each step.
            let turn = Perturbation.rotation(degrees: angle, aspect: 0.75)
            let area: Double = found[0] * found[4] - found[1] * found[3]
            let size = area.squareRoot()
            #expect((1 / 2.4 - 1e-3...1 + 1e-9).contains(size))
            for place in [0, 1, 3, 4] { #expect(abs(found[place] - turn[place] * size) < 1e-12) }
            // The recorded picture's centre is drawn whole pixels away: the solution of A·u + t = 0.
            let right: Double = found[1] * found[5] - found[4] * found[2]
            let down: Double = found[3] * found[2] - found[0] * found[5]
            for shift in [right / area * 32, down / area * 24] {
                #expect(abs(shift - shift.rounded()) < 1e-9 && abs(shift) <= 14 + 1e-9)
            }
        }
        let named = try DataSet.named("strokes?translation=3&scale=0..1&rotate=180")
        #expect(try DataSet.named(named.name) == named)
        #expect(named.perturbation == .similarity(degrees: 180, exponents: 0...1, pixels: 3))
        #expect(throws: HostError.self) { try DataSet.named("strokes?rotate=180&homography=0.1") }
    }
}
