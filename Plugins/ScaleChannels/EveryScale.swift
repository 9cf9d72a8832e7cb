import ZooKit

/// The same layers on every scale channel: `N×(K·C)×h×w`, the scale slowest, as a batch of `(N·K)×C×h×w`.
struct EveryScale: Layer {
    let scales: Int
    let layers: Sequential

    var stride: Int { layers.stride }

    func outputShape(of input: ImageShape) throws(ZooError) -> ImageShape {
        let shape = try layers.outputShape(of: ImageShape(input.channels / scales, input.height, input.width))
        return ImageShape(scales * shape.channels, shape.height, shape.width)
    }

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        try Self.run(on: x, scales: scales) { x throws(ZooError) in try layers(x) }
    }

    /// Runs what takes and gives `(N·K)×C×h×w` on `N×(K·C)×h×w`.
    static func run(on x: Tensor, scales: Int, _ body: (Tensor) throws(ZooError) -> Tensor) throws(ZooError) -> Tensor {
        let y = try body(batch(of: x, scales: scales))
        return try y.reshape([x.size(0), -1, y.size(2), y.size(3)])
    }

    /// `N×(K·C)×h×w` as `(N·K)×C×h×w`.
    static func batch(of x: Tensor, scales: Int) throws(ZooError) -> Tensor {
        let shape = x.shape
        guard shape.count == 4, shape[1] % scales == 0 else {
            throw ZooError("\(scales) scale channels get shape \(shape)", .badArgument)
        }
        return try x.reshape([-1, shape[1] / scales, shape[2], shape[3]])
    }
}
