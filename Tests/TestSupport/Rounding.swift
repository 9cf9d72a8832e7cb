public import ZooKit

/// How far results in floating point may lie from exact ones.
///
/// A sum of n terms, in any order, is within λ √n u Σ|terms| of the exact sum with a probability of at least 1 − 2 exp(−λ²/2), where u
/// is half the distance from 1 to the next number (Higham & Mary, SIAM J. Sci. Comput. 41, 2019, theorem 2.4: roundings are taken as
/// independent with mean zero). With λ = 8 that fails once in 4·10¹³ sums, so a tolerance depends on the number of terms and their
/// size and on nothing that was tried; cancellation does not matter, since Σ|terms| is compared with and not the sum.
public enum Rounding {
    /// Of a sum of `terms` terms whose magnitudes add up to 1.
    public static func tolerance(terms: Int, _ dtype: DType = .float32) -> Double {
        let unit = dtype == .float64 ? Double.ulpOfOne / 2 : Double(Float.ulpOfOne) / 2
        return 8 * Double(terms).squareRoot() * unit
    }

    /// The largest difference in units of what is tolerated, which has one value for each of the results or one for all. Above 1
    /// something is wrong; infinite where shapes do not fit or a result is not finite.
    public static func excess(_ found: Tensor, _ expected: Tensor, tolerated: Tensor) throws -> Double {
        guard found.shape == expected.shape else { return .infinity }
        let (a, b) = (try found.detach().doubles(), try expected.detach().doubles())
        let tolerance = try tolerated.detach().expand(expected.shape).doubles()
        return a.indices.reduce(0) { most, i in
            let difference = abs(a[i] - b[i])
            guard difference.isFinite else { return .infinity }
            return max(most, difference == 0 ? 0 : difference / tolerance[i])
        }
    }
}

/// Where the choices of pooling and activation are decided.
///
/// Maximum and ReLU have kinks: where the two largest of a window are closer than rounding can move them, or the largest is that
/// close to zero, float32 may choose otherwise than float64, and then the gradients differ by whole terms although both are right.
/// These windows are taken out of the comparison of gradients by a cotangent that is zero there. Outputs are continuous and are
/// compared everywhere.
public enum Kinks {
    /// 1 for each window of `pool`×`pool` values of `y` (N×C×H×W, before pooling) whose choices rounding cannot change, else 0.
    /// `tolerated` says how far each value of `y` may be off, or one number for all of them. A `slope` of 1 has no kink.
    public static func decided(_ y: Tensor, tolerated: Tensor, pool: Int, slope: Double) throws -> Tensor {
        let (images, channels, height, width) = (y.shape[0], y.shape[1], y.shape[2], y.shape[3])
        let (rows, columns) = (height / pool, width / pool)
        let (values, tolerances) = (try y.detach().doubles(), try tolerated.detach().expand(y.shape).doubles())
        var decided = [Double](repeating: 0, count: images * channels * rows * columns)
        for window in decided.indices {
            let (plane, row, column) = (window / (rows * columns), window / columns % rows, window % columns)
            let corner = (plane * height + row * pool) * width + column * pool
            var (first, second, tolerance) = (-Double.infinity, -Double.infinity, 0.0)
            for i in 0..<pool * pool {
                let at = corner + i / pool * width + i % pool
                (first, second) = values[at] > first ? (values[at], first) : (first, max(second, values[at]))
                tolerance = max(tolerance, tolerances[at])
            }
            let isDecided = first - second > 2 * tolerance && (slope == 1 || abs(first) > tolerance)
            decided[window] = isDecided ? 1 : 0
        }
        return try Tensor(decided, [images, channels, rows, columns])
    }
}
