import Glibc
import ZooKit

/// The scales of the channels, from the smallest to the largest, each 2^(1/n) times the one before it.
struct ScaleRange {
    static let options = [
        Option.doubles("scales", default: [-2, 2], in: -6...6, "smallest and largest scale of the channels, as powers of 2"),
        Option.int("per_octave", default: 2, in: 1...16, "scale channels per octave: the ratio is 2 to the power of 1 over it"),
    ]
    private static let most = 64

    /// What the image is enlarged by in each channel, ascending.
    let factors: [Double]
    /// What one factor is to the one before it.
    let ratio: Double

    /// - Throws: `badArgument` that names the option which does not fit.
    init(_ build: Build) throws {
        let exponents = try build.doubles("scales")
        let perOctave = Double(try build.int("per_octave"))
        guard exponents.count == 2, exponents[0] <= exponents[1] else {
            throw ZooError("\(build.id): 'scales' needs two exponents, the smaller one first; found \(exponents)", .badArgument)
        }
        let steps = (exponents[1] - exponents[0]) * perOctave
        guard abs(steps - steps.rounded()) < 1e-9 else {
            throw ZooError(
                "\(build.id): 'scales' needs exponents that are a whole number of steps of 1/\(Int(perOctave)) ('per_octave') apart; "
                    + "found \(exponents)", .badArgument)
        }
        let count = Int(steps.rounded()) + 1
        guard count <= Self.most else {
            throw ZooError(
                "\(build.id): 'scales' and 'per_octave' need to give at most \(Self.most) channels; found \(count)", .badArgument)
        }
        ratio = exp2(1 / perOctave)
        factors = (0..<count).map { exp2(exponents[0] + Double($0) / perOctave) }
    }
}
