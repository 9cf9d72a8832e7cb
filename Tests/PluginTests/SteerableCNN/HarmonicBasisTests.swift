import Foundation
import TestSupport
import Testing
import ZooCore
import ZooKit

/// The filters of a steerable convolution, read off as its answer to a single bright pixel.
@Suite struct HarmonicBasisTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let rotations: Int
        let mirror: Bool
        let kernel: Int
        var testDescription: String { "\(mirror ? "D" : "C")\(rotations) \(kernel)×\(kernel)" }
    }
    static let cases = [
        Case(rotations: 4, mirror: false, kernel: 3), Case(rotations: 8, mirror: false, kernel: 5),
        Case(rotations: 12, mirror: false, kernel: 7), Case(rotations: 8, mirror: true, kernel: 7),
        Case(rotations: 16, mirror: true, kernel: 9), Case(rotations: 64, mirror: false, kernel: 9),
    ]
    /// The highest frequency on the rings of radius 0, 1, … of a kernel [WC19].
    static let frequencies = [3: [0, 2], 5: [0, 2, 2], 7: [0, 2, 3, 2], 9: [0, 2, 3, 6, 2]]

    /// A function of the basis in Cartesian coordinates, y upwards.
    private struct Function {
        let ring: Int
        let deviation: Double
        let frequency: Int
        let isSine: Bool

        func callAsFunction(_ x: Double, _ y: Double) -> Double {
            let r = (x * x + y * y).squareRoot()
            if frequency > 0, r == 0 { return 0 }
            let phase = Double(frequency) * atan2(y, x)
            return exp(-pow((r - Double(ring)) / deviation, 2) / 2) * (isSine ? sin(phase) : cos(phase))
        }
    }

    private static func functions(kernel: Int) throws -> [Function] {
        var functions: [Function] = []
        let highest = try #require(frequencies[kernel])
        for (ring, last) in highest.enumerated() {
            let deviation = ring == 0 ? 0.005 : ring == highest.count - 1 ? 0.4 : 0.6
            for frequency in 0...last {
                for isSine in frequency == 0 ? [false] : [false, true] {
                    functions.append(Function(ring: ring, deviation: deviation, frequency: frequency, isSine: isSine))
                }
            }
        }
        return functions
    }

    /// Copy g of a filter is the filter's formula at the points that g turns into those of the grid: nothing is
    /// interpolated, so 1e-12 is rounding, for every angle.
    @Test(arguments: cases) func filtersAreSampledAtTurnedPoints(_ item: Case) throws {
        let kernel = item.kernel
        let net = try extractor(
            "steerable-cnn",
            [
                "rotations": .int(item.rotations), "mirror": .bool(item.mirror), "widths": .array([.int(1)]),
                "kernels": .array([.int(kernel)]), "paddings": .array([.int(0)]), "pool_after": .array([]),
            ], input: ImageShape(1, 2 * kernel - 1, 2 * kernel - 1), classes: 0)
        try net.parameters.convert(dtype: .float64)
        let functions = try Self.functions(kernel: kernel)
        let weight = try #require(net.parameters[tensor: "conv1.weight"])
        #expect(weight.shape == [1, 1, 1, functions.count])
        let coefficients = try wave(weight.shape)
        try weight.copy_(coefficients)
        // Far above zero, so that the activation lets everything through.
        try #require(net.parameters[tensor: "bn1.bias"]).copy_(Tensor([100.0], [1]))

        let side = 2 * kernel - 1
        var pixels = [Double](repeating: 0, count: side * side)
        pixels[pixels.count / 2] = 1
        let answer = try ((net.forward(Tensor(pixels, [1, 1, side, side]), stages: 0..<1) + -100.0) * (1 + 1e-5).squareRoot())
            .flip(dims: [2, 3]).doubles()

        let order = item.mirror ? 2 * item.rotations : item.rotations
        let points = (0..<kernel * kernel).map { (x: Double($0 % kernel - kernel / 2), y: Double(kernel / 2 - $0 / kernel)) }
        let copies = functions.map { function in
            let values = (0..<order).flatMap { element in
                let angle = 2 * Double.pi * Double(element % item.rotations) / Double(item.rotations)
                return points.map { point in
                    let x = point.x * cos(angle) + point.y * sin(angle)
                    return function(element >= item.rotations ? -x : x, point.y * cos(angle) - point.x * sin(angle))
                }
            }
            let norm = (values.reduce(0) { $0 + $1 * $1 } / Double(order)).squareRoot()
            return values.map { $0 / norm }
        }
        let mix = try coefficients.doubles()
        let expected = answer.indices.map { index in zip(mix, copies).reduce(0) { $0 + $1.0 * $1.1[index] } }
        #expect(answer.count == order * kernel * kernel)
        #expect(
            zip(answer, expected).allSatisfy { abs($0 - $1) < 1e-12 }, "\(zip(answer, expected).map { abs($0 - $1) }.max() ?? .infinity)")
    }

    /// He's rule: white noise of variance 1 gives a variance of 2. Of 64 fields with 11 coefficients each the mean is off
    /// by some √(2/704), 5 %; 20 % are four times that.
    @Test func initialWeightsKeepTheVariance() throws {
        let net = try extractor(
            "steerable-cnn",
            ["widths": .array([.int(64)]), "kernels": .array([.int(5)]), "paddings": .array([.int(0)]), "pool_after": .array([])],
            input: ImageShape(2, 32, 32), classes: 0)
        try net.parameters.setTraining(true)
        _ = try net.forward(Tensor.randn([8, 2, 32, 32], generator: Generator(seed: 5)), stages: 0..<1)
        // The running variance starts at 1 and takes a tenth of the batch's.
        let running = try #require(net.parameters[tensor: "bn1.running_var"]).doubles()
        let variance = running.reduce(0) { $0 + ($1 - 0.9) / 0.1 } / Double(running.count)
        #expect(abs(variance / 2 - 1) < 0.2, "\(variance)")
    }
}
