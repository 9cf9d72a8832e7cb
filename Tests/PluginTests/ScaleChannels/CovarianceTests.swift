import TestSupport
import Testing
import ZooCore
import ZooHost
import ZooKit

/// Enlarging an image about its centre by a whole number of steps of the ratio moves its features to other scale channels,
/// and changes nothing else [JL22, arXiv:2106.06418, section 3]: exact with means over squares where every pixel becomes a square of
/// whole pixels. Tolerances are float32 rounding.
@Suite struct CovarianceTests {
    static let side = 64

    /// A pattern on a background that is not 0, of which a margin remains when it is enlarged.
    private func picture(content: Int) throws -> Tensor {
        let margin = (Self.side - content) / 2
        let middle = try wave([4, 1, content, content]) * 2
        let across = try Tensor.full([4, 1, content, margin], -0.42)
        let along = try Tensor.full([4, 1, margin, Self.side], -0.42)
        return try .cat([along, .cat([across, middle, across], dim: 3), along], dim: 2)
    }

    /// Every pixel of the middle becomes a square of `factor`² pixels.
    private func enlarged(_ x: Tensor, by factor: Int) throws -> Tensor {
        let side = Self.side / factor
        let start = (Self.side - side) / 2
        let middle = try x.narrow(dim: 2, start: start, length: side).narrow(dim: 3, start: start, length: side)
        return try middle.reshape([4, 1, side, 1, side, 1]).expand([4, 1, side, factor, side, factor])
            .reshape([4, 1, Self.side, Self.side])
    }

    private func net(_ exponents: ClosedRange<Double>, perOctave: Int, _ config: [String: JSON] = [:]) throws -> ForeignExtractor {
        let scales: [String: JSON] = [
            "scales": .array([.double(exponents.lowerBound), .double(exponents.upperBound)]), "per_octave": .int(perOctave),
        ]
        return try extractor("scale-channels", scales.merging(config) { $1 }, input: ImageShape(1, Self.side, Self.side))
    }

    /// Largest difference of channel k of the enlarged image from channel k + `steps` of the image, in units of the largest value.
    private func distance(_ net: ForeignExtractor, stage: Int, _ x: Tensor, _ large: Tensor, steps: Int, scales: Int) throws -> Double {
        let width = net.stages[stage].channels / scales
        let (a, b) = (try net.forward(large, stages: 0..<stage + 1), try net.forward(x, stages: 0..<stage + 1))
        let count = (scales - steps) * width
        let moved = try b.narrow(dim: 1, start: steps * width, length: count)
        return try (a.narrow(dim: 1, start: 0, length: count) - moved).abs().amax().item() / moved.abs().amax().item()
    }

    @Test(arguments: [1, 2, 4], [2, 4]) func featuresMoveToOtherChannels(_ perOctave: Int, _ factor: Int) throws {
        let net = try net(-2...2, perOctave: perOctave)
        let x = try picture(content: 12)
        let large = try enlarged(x, by: factor)
        for stage in net.stages.indices {
            let moved = try distance(net, stage: stage, x, large, steps: perOctave * (factor / 2), scales: 4 * perOctave + 1)
            #expect(moved < 1e-5, "\(net.stages[stage].name): \(moved)")
            let unmoved = try distance(net, stage: stage, x, large, steps: 0, scales: 4 * perOctave + 1)
            #expect(unmoved > 0.05, "\(net.stages[stage].name): the same channels differ")
        }
    }

    /// The channels that both images have in common say the same of both: their maximum, and their mean.
    @Test(arguments: ["max", "mean"]) func scoresOfCommonChannelsAreInvariant(_ pool: String) throws {
        let (upper, lower) = (
            try net(-1...2, perOctave: 2, ["pool": .string(pool)]), try net(-2...1, perOctave: 2, ["pool": .string(pool)])
        )
        try lower.parameters.copyValues(of: upper.parameters)
        let x = try picture(content: 12)
        let large = try enlarged(x, by: 2)
        #expect(try relativeDifference(lower.logits(large), upper.logits(x)) < 1e-5)
        #expect(try relativeDifference(upper.logits(large), upper.logits(x)) > 1e-3)
    }

    /// Where none of the channels at the ends wins, the logits of FovMax are those of the common channels, and do not change.
    @Test(arguments: [1, 2, 4]) func logitsAreInvariantUnlessTheEndsWin(_ perOctave: Int) throws {
        let whole = try net(-2...2, perOctave: perOctave)
        let (upper, lower) = (try net(-1...2, perOctave: perOctave), try net(-2...1, perOctave: perOctave))
        for part in [upper, lower] { try part.parameters.copyValues(of: whole.parameters) }
        let x = try picture(content: 12)
        let large = try enlarged(x, by: 2)
        let (before, after) = (try whole.logits(x).floats(), try whole.logits(large).floats())
        let (common, commonAfter) = (try upper.logits(x).floats(), try lower.logits(large).floats())
        let inner = before.indices.filter { before[$0] == common[$0] && after[$0] == commonAfter[$0] }
        #expect(inner.count >= 10, "too few logits that the ends do not decide: \(inner.count)")
        for index in inner { #expect(abs(before[index] - after[index]) < 1e-5 * before.reduce(0) { max($0, abs($1)) }) }
    }

    /// Smooth interpolation is not exact, but near; and nearer to the truth than the same channels are.
    @Test(arguments: ["bilinear", "bicubic"]) func smoothInterpolationIsNearlyCovariant(_ interpolation: String) throws {
        let net = try net(-2...2, perOctave: 2, ["interpolation": .string(interpolation)])
        let x = try picture(content: 12)
        let large = try enlarged(x, by: 2)
        let moved = try distance(net, stage: 0, x, large, steps: 2, scales: 9)
        let unmoved = try distance(net, stage: 0, x, large, steps: 0, scales: 9)
        #expect(moved > 1e-3 && moved < unmoved / 2, "\(moved) \(unmoved)")
    }
}
