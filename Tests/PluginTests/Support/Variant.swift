import Foundation
import TestSupport
import ZooCore
import ZooHost
import ZooKit
import ZooManifest

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
        try host.network(manifest(json).entry("variant"), input: ImageShape(1, side, side), classes: classes, seed: seed)
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
