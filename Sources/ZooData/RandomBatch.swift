public import ZooKit

extension Batch {
    /// Images of normal noise and random labels, upright: for timing a network on any shape without a data set.
    ///
    /// - Parameters:
    ///   - heads: labels are N for one head, N×heads for more.
    ///   - device: where it is wanted; it is drawn on the CPU, so that it is the same on every device.
    public static func noise(
        _ count: Int, _ shape: ImageShape, classes: Int, heads: Int = 1, seed: UInt64 = 0, device: Device = .cpu
    ) throws -> Batch {
        let random = try Generator(seed: seed)
        let images = try Tensor.randn([count, shape.channels, shape.height, shape.width], generator: random).to(device: device)
        let draws = try Tensor.rand(heads == 1 ? [count] : [count, heads], generator: random, dtype: .float64)
        let identity = try Tensor.eye(3).narrow(dim: 0, start: 0, length: 2).unsqueeze(dim: 0).expand([count, 2, 3]).contiguous()
        return Batch(
            images: images, labels: try (draws * Double(classes)).to(device: device, dtype: .int64),
            theta: try identity.to(device: device), upright: images,
            indices: Array(0..<count))
    }
}
