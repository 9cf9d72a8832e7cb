import Foundation
import Synchronization
import TestSupport
import ZooCore
import ZooHost
import ZooKit
import ZooManifest

/// Tests run side by side, but seeds are the whole process's: from a seed to the weights drawn from it, one at a time.
private let building = Mutex(false)

/// An extractor on its own, in evaluation mode.
func extractor(
    _ id: String, _ config: [String: JSON] = [:], input: ImageShape = ImageShape(1, 28, 28), classes: Int = 10, seed: UInt64 = 1
) throws -> ForeignExtractor {
    let net = try building.withLock { _ in
        let host = try makeHost()
        try EngineControl.seed(seed)
        return try ForeignExtractor(host.part(host.component(.extractor, id), config: config, input: input, outputs: classes))
    }
    try net.parameters.setTraining(false)
    return net
}

func localization(_ id: String, _ config: [String: JSON] = [:], input: ImageShape, outputs: Int = 6) throws -> ForeignLocalization {
    try building.withLock { _ in
        let host = try makeHost()
        try EngineControl.seed(1)
        return try ForeignLocalization(host.part(host.component(.localization, id), config: config, input: input, outputs: outputs))
    }
}

/// A network from the JSON of an entry's architecture and parts, in evaluation mode.
func network(_ architecture: String, parts: String, input: ImageShape = ImageShape(1, 28, 28), classes: Int = 10) throws -> Network {
    let json = #"{"version": 1, "entries": [{"id": "tested", "architecture": \#(architecture), "parts": \#(parts)}]}"#
    let network = try building.withLock { _ in
        try makeHost().network(manifest(json).entry("tested"), input: input, classes: classes, seed: 1)
    }
    try network.parameters.setTraining(false)
    return network
}

/// Single precision, as the networks here compute.
func wave(_ shape: [Int]) throws -> Tensor { try wave(shape, dtype: .float32) }

/// A smooth picture without symmetry that vanishes towards the border, 1×1×side×side.
func blobs(side: Int) throws -> Tensor {
    let centre = Double(side - 1) / 2
    let values = (0..<side * side).map { pixel in
        let (x, y) = ((Double(pixel % side) - centre) / centre, (Double(pixel / side) - centre) / centre)
        return [(0.35, -0.1, 0.12, 1.0), (-0.2, 0.3, 0.16, 0.8), (-0.1, -0.35, 0.1, 0.9)].reduce(0.0) { sum, blob in
            let (dx, dy) = (x - blob.0, y - blob.1)
            return sum + blob.3 * exp(-(dx * dx + dy * dy) / (2 * blob.2 * blob.2))
        }
    }
    return try Tensor(values.map { Float($0) }, [1, 1, side, side])
}

extension Tensor {
    /// A mirroring, then quarter turns anticlockwise.
    func moved(quarters: Int, mirror: Bool) throws -> Tensor { try (mirror ? flip(dims: [-1]) : self).rot90(quarters) }
}

/// Square images N×C×H×H turned anticlockwise about their centre, interpolated.
func turned(_ images: Tensor, degrees: Double) throws -> Tensor {
    let angle = degrees * .pi / 180
    let theta = try Tensor([cos(angle), -sin(angle), 0, sin(angle), cos(angle), 0], [1, 2, 3]).to(dtype: images.dtype)
    let all = try theta.expand([images.size(0), 2, 3]).contiguous()
    return try images.warp(all, height: images.size(2), width: images.size(3), paddingMode: .zeros)
}

/// What `backward()` left in a parameter.
func gradient(_ name: String, of parameters: Parameters) throws -> Tensor {
    guard let gradient = try parameters[tensor: name]?.grad else { throw ZooError("no gradient in '\(name)'", .notFound) }
    return gradient
}

extension Parameters {
    /// Takes the values of another module's parameters and buffers of the same names.
    func copyValues(of other: Parameters) throws {
        for entry in entries { if let source = other[tensor: entry.name] { try entry.tensor.copy_(source) } }
    }
}
