import Glibc
import ZooKit

/// Functions on the plane of the form f(r) cos mφ and f(r) sin mφ, with Gaussian rings f about the radii 0, 1, …, k/2
/// [WC19, arXiv:1911.08251].
///
/// A rotation by α turns φ into φ - α, and a left-right mirroring turns it into π - φ. Both leave the ring alone, so a
/// transformed function is known everywhere in closed form, and a transformed filter is sampled and not interpolated.
///
/// The grid limits the frequencies of each ring: a harmonic that winds faster than the pixels of its ring can show
/// would alias, and its samples would not turn with it. Radii, deviations and limits are those of the paper's code.
struct HarmonicBasis {
    /// cos mφ or sin mφ on one ring.
    struct Function {
        let radius, deviation: Double
        let frequency: Int
        let isSine: Bool

        /// Its value at polar coordinates. In the centre only a constant is invariant under rotations.
        func callAsFunction(radius r: Double, angle: Double) -> Double {
            if frequency > 0, r == 0 { return 0 }
            let distance = (r - radius) / deviation
            let phase = Double(frequency) * angle
            return exp(-distance * distance / 2) * (isSine ? sin(phase) : cos(phase))
        }
    }

    let functions: [Function]
    /// Filters are `kernelSize`×`kernelSize`, an odd number.
    let kernelSize: Int

    init(kernelSize: Int) {
        self.kernelSize = kernelSize
        let outermost = kernelSize / 2
        functions = (0...outermost).flatMap { ring in
            let deviation = ring == 0 ? 0.005 : ring == outermost ? 0.4 : 0.6
            return (0...Self.highestFrequency(ring: ring, outermost: outermost)).flatMap { frequency in
                (frequency == 0 ? [false] : [false, true]).map {
                    Function(radius: Double(ring), deviation: deviation, frequency: frequency, isSine: $0)
                }
            }
        }
    }

    /// Twice the radius, or one less on rings of even radius; on the outermost ring, of which corners are missing, 2.
    private static func highestFrequency(ring: Int, outermost: Int) -> Int {
        switch ring {
        case 0: 0
        case outermost: 2
        default: 2 * ring - (ring + 1) % 2
        }
    }

    /// All functions as each element of the group transforms them, on the k×k grid: rows functions, columns (element,
    /// pixel), the pixels row by row.
    ///
    /// Each function is scaled so that the mean over the elements of its samples' sum of squares is 1.
    func samples(_ group: PointGroup) -> [Double] {
        let centre = kernelSize / 2
        let places = (0..<kernelSize * kernelSize).map { pixel in
            // The rows of an image run downwards, angles run anticlockwise.
            let (x, y) = (Double(pixel % kernelSize - centre), Double(centre - pixel / kernelSize))
            return (radius: hypot(x, y), angle: atan2(y, x))
        }
        return functions.flatMap { function in
            let values = (0..<group.order).flatMap { element in
                places.map { place in
                    let turned = place.angle - group.angle(of: element)
                    return function(radius: place.radius, angle: group.isMirrored(element) ? .pi - turned : turned)
                }
            }
            let energy = values.reduce(0) { $0 + $1 * $1 } / Double(group.order)
            return values.map { $0 / energy.squareRoot() }
        }
    }
}
