import Foundation
public import ZooKit

/// Largest difference, relative to the largest magnitude of the expected values; infinite where shapes or numbers do not fit.
public func relativeDifference(_ found: Tensor, _ expected: Tensor) throws -> Double {
    let (a, b) = (try found.detach().doubles(), try expected.detach().doubles())
    guard a.count == b.count else { return .infinity }
    let scale = b.reduce(1e-30) { max($0, abs($1)) }
    return zip(a, b).reduce(0) { max($0, $1.0.isFinite ? abs($1.0 - $1.1) : .infinity) } / scale
}

/// Numbers that look random and are the same everywhere.
public func wave(_ shape: [Int], phase: Double = 0, dtype: DType = .float64) throws -> Tensor {
    let count = shape.reduce(1, *)
    let values = (0..<count).map { index in
        let place = Double(index)
        return sin(place * 1.7 + phase) * cos(place * 0.31 + phase)
    }
    return try Tensor(values, shape).to(dtype: dtype)
}
