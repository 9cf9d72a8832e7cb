import Foundation
import ZooHost
import ZooKit
import ZooStore

/// A host with the plugins of this build, which lie beside the test program.
func makeHost() throws -> HostRuntime { try HostRuntime(searchPath: SearchPath(environment: [:])) }

/// A file of Tests/Fixtures, made by the script beside it.
func fixture(_ name: String, from file: String = #filePath) throws -> SafetensorsFile {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
    return try SafetensorsFile(path: folder.appendingPathComponent("Fixtures/\(name).safetensors").path)
}

/// Largest difference, relative to the largest magnitude of the expected values.
func relativeDifference(_ found: Tensor, _ expected: Tensor) throws -> Double {
    let (a, b) = (try found.doubles(), try expected.doubles())
    guard a.count == b.count else { return .infinity }
    let scale = b.reduce(1e-30) { max($0, abs($1)) }
    return zip(a, b).reduce(0) { max($0, $1.0.isFinite ? abs($1.0 - $1.1) : .infinity) } / scale
}

/// Numbers that look random and are the same everywhere.
func wave(_ shape: [Int], phase: Double = 0, dtype: DType = .float64) throws -> Tensor {
    let count = shape.reduce(1, *)
    return try Tensor((0..<count).map { sin(Double($0) * 1.7 + phase) * cos(Double($0) * 0.31 + phase) }, shape).to(dtype: dtype)
}

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
