import Foundation
import ZooHost
import ZooKit
import ZooStore

/// A host with the plugins of this build, which lie beside the test program.
func makeHost() throws -> HostRuntime { try HostRuntime(searchPath: SearchPath(environment: [:])) }

/// variants.safetensors, made by the script beside it.
func reference(from file: String = #filePath) throws -> SafetensorsFile {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
    return try SafetensorsFile(path: folder.appendingPathComponent("Fixtures/variants.safetensors").path)
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

/// One variant, as zoo.json would say it: settings are JSON text.
struct Variant: CustomStringConvertible, Sendable {
    var architecture: String
    var config = "{}"
    var family = "affine"
    var sampling = "{}"
    var extractor = #"{"width": 8}"#
    var localization = #"{"hidden": [8]}"#

    var description: String { "\(architecture) \(config) \(family)" }

    var json: String {
        func part(_ id: String, _ config: String) -> String { #"{"id": "\#(id)", "config": \#(config)}"# }
        let others = #""localization": \#(part("fcn", localization)), "transformer": \#(part(family, sampling)),"#
        return #"""
            {"version": 1, "entries": [{
              "id": "variant", "architecture": \#(part(architecture, config)),
              "parts": {\#(architecture == "cnn" ? "" : others) "extractor": \#(part("mnist-cnn", extractor))}
            }]}
            """#
    }

    /// The network for one grey image of that side.
    func network(_ host: HostRuntime, side: Int = 24, classes: Int = 5, seed: UInt64 = 1) throws -> Network {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("variant-\(UUID().uuidString).json").path
        try json.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let entry = try Manifest(path: path).entry("variant")
        return try host.network(entry, input: ImageShape(1, side, side), classes: classes, seed: seed)
    }
}

extension Parameters {
    /// Copies tensors from `others` under the same names, for names that begin with `prefix`.
    func copy(_ prefix: String, from others: Parameters) throws {
        for entry in entries where entry.name.hasPrefix(prefix) {
            guard let value = others[tensor: entry.name] else { throw ZooError("no tensor '\(entry.name)' to copy") }
            try entry.tensor.copy_(value)
        }
    }
}

/// A family on its own, for images of that size.
func family(_ id: String, _ host: HostRuntime, config: [String: JSON] = [:], height: Int = 8, width: Int = 8) throws -> ForeignTransformer {
    let component = try host.component(.transformer, id)
    return try ForeignTransformer(host.part(component, config: config, input: ImageShape(1, height, width), outputs: 0))
}

/// The nine numbers of one 2×3 or 3×3 matrix.
func square(_ theta: Tensor) throws -> [Double] { try theta.doubles() + (theta.size(1) == 2 ? [0, 0, 1] : []) }

/// The product of two 3×3 matrices, row-major.
func times(_ a: [Double], _ b: [Double]) -> [Double] {
    var product = [Double](repeating: 0, count: 9)
    for row in 0..<3 {
        for column in 0..<3 {
            for k in 0..<3 { product[3 * row + column] += a[3 * row + k] * b[3 * k + column] }
        }
    }
    return product
}
