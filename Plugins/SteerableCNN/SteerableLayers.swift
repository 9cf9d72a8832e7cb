import ZooKit

/// The nonlinearity behind batch norm. It acts on every channel alone, as regular fields allow.
enum Activation: String, CaseIterable {
    case relu, elu
    var layer: any Layer { self == .relu ? ReLU() : ELU() }
}

/// x where it is positive, exp(x) - 1 elsewhere, as `torch.nn.ELU`.
struct ELU: Layer {
    private static let elu = Operator("aten::elu")
    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try Self.elu(x) }
}

/// N×(C·|G|)×H×W to N×C×H×W: the largest value over the group.
struct GroupMaxPool: Layer {
    let order: Int

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        let shape = x.shape
        guard shape.count == 4, shape[1] % order == 0 else {
            throw ZooError("group pooling over \(order) elements got shape \(shape)", .badArgument)
        }
        return try x.reshape([shape[0], shape[1] / order, order, shape[2], shape[3]]).amax(dim: [2])
    }

    func outputShape(of input: ImageShape) -> ImageShape { ImageShape(input.channels / order, input.height, input.width) }
}

/// N×C×H×W to N×C: the largest value over all places.
struct GlobalMaxPool: Layer {
    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try x.amax(dim: [2, 3]) }
    func outputShape(of input: ImageShape) -> ImageShape { ImageShape(input.channels, 1, 1) }
}

/// Halves the sides of a map, rounded down, so that it stays equivariant under quarter turns and reflections: the
/// windows lie symmetrically, 2 wide on an even side, 3 wide on an odd one.
enum Downsampling: String, CaseIterable {
    /// The maximum of each window.
    case max
    /// The maxima of all windows, smoothed before every second one is taken [Zhang 2019, arXiv:1904.11486].
    case antialiased

    /// The layer for maps of that shape. On even sides plain pooling does the same, and is one operator with the layers
    /// around it.
    func layer(for map: ImageShape) -> any Layer {
        self == .max && map.height % 2 == 0 && map.width % 2 == 0
            ? MaxPool2d(kernelSize: 2) : SymmetricMaxPool(isSmoothed: self == .antialiased)
    }
}

private struct SymmetricMaxPool: Layer {
    private static let pool = Operator("aten::max_pool2d")
    private static let pad = Operator("aten::replication_pad2d")
    private static let convolution = Operator("aten::conv2d")
    let isSmoothed: Bool
    let stride = 2

    func outputShape(of input: ImageShape) throws(ZooError) -> ImageShape {
        guard min(input.height, input.width) >= 2 else {
            throw ZooError("\(input.height)×\(input.width) is too small for pooling over 2×2", .badArgument)
        }
        return ImageShape(input.channels, input.height / 2, input.width / 2)
    }

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        func window(_ side: Int) -> Int { side % 2 == 0 ? 2 : 3 }
        let windows = [window(try x.size(-2)), window(try x.size(-1))]
        guard isSmoothed else { return try Self.pool(x, windows, [2, 2]) }
        // An odd number of windows along each side: with one more at each end, every second one is symmetric again.
        let maxima: Tensor = try Self.pad(Self.pool(x, windows, [1, 1]) as Tensor, [1, 1, 1, 1])
        let channels = try x.size(1)
        let row = try Tensor([0.25, 0.5, 0.25], [3, 1]).to(device: x.device, dtype: x.dtype)
        let kernel = try row.matmul(row.transpose()).expand([channels, 1, 3, 3])
        return try Self.convolution(maxima, kernel, nil as Tensor?, [2, 2], [0, 0], [1, 1], channels)
    }
}
