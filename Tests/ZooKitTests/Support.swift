import Foundation
import ZooKit

/// Central differences of a scalar function of `x`, float64.
func finiteDifferences(_ x: Tensor, step: Double = 1e-6, _ body: (Tensor) throws -> Double) throws -> [Double] {
    let values = try x.doubles()
    return try values.indices.map { index in
        var (up, down) = (values, values)
        up[index] += step
        down[index] -= step
        return try (body(Tensor(up, x.shape)) - body(Tensor(down, x.shape))) / (2 * step)
    }
}
