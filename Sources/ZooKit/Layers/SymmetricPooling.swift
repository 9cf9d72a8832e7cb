// Pooling that keeps a map's symmetry under quarter turns, reflections and a group among its channels.

/// `N×(C·|G|)×H×W` to `N×C×H×W`: the largest or mean value over the elements of a group, which are fastest among the
/// channels.
public struct GroupPool: Layer {
    /// What is taken of several values.
    public enum Kind: String, CaseIterable, Sendable {
        /// The largest.
        case max
        /// The mean.
        case mean
    }
    private let kind: Kind
    private let order: Int

    /// Makes it for a group of `order` elements.
    public init(kind: Kind = .max, order: Int) {
        self.kind = kind
        self.order = order
    }

    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        let shape = x.shape
        guard shape.count == 4, shape[1] % order == 0 else {
            throw ZooError("group pooling over \(order) elements got shape \(shape)", .badArgument)
        }
        let split = try x.reshape([shape[0], shape[1] / order, order, shape[2], shape[3]])
        return try kind == .max ? split.amax(dim: [2]) : split.mean(dim: [2])
    }

    public func outputShape(of input: ImageShape) -> ImageShape { ImageShape(input.channels / order, input.height, input.width) }
}

/// `N×C×H×W` to `N×C`: the largest or mean value over all places.
public struct SpatialPool: Layer {
    private let kind: GroupPool.Kind

    /// Makes it of what is taken.
    public init(kind: GroupPool.Kind = .max) { self.kind = kind }

    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try kind == .max ? x.amax(dim: [2, 3]) : x.mean(dim: [2, 3]) }
    public func outputShape(of input: ImageShape) -> ImageShape { ImageShape(input.channels, 1, 1) }
}

/// Max pooling with stride 2 whose windows lie symmetrically on the map: 2 wide on an even side, 3 wide on an odd one.
///
/// Plain 2×2 pooling drops the last row or column of an odd map, and what is first after a rotation was not last before
/// it. The output's side is side/2, rounded down, in both cases.
public struct SymmetricMaxPool: Layer {
    private static let pool = Operator("aten::max_pool2d")
    private static let pad = Operator("aten::replication_pad2d")
    private static let convolution = Operator("aten::conv2d")
    private let isSmoothed: Bool
    public let stride = 2

    /// Makes it.
    ///
    /// - Parameter smoothed: Whether the maxima of all windows are smoothed before every second one is taken
    ///   [Zhang 2019, arXiv:1904.11486].
    public init(smoothed: Bool = false) { isSmoothed = smoothed }

    /// What halves maps of that shape symmetrically: plain pooling where their sides are even, as that is one operator
    /// with the layers around it.
    public static func halving(_ map: ImageShape?) -> any Layer {
        guard let map, map.height % 2 != 0 || map.width % 2 != 0 else { return MaxPool2d(kernelSize: 2) }
        return SymmetricMaxPool()
    }

    public func outputShape(of input: ImageShape) throws(ZooError) -> ImageShape {
        guard min(input.height, input.width) >= 2 else {
            throw ZooError("\(input.height)×\(input.width) is too small for pooling over 2×2", .badArgument)
        }
        return ImageShape(input.channels, input.height / 2, input.width / 2)
    }

    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
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
