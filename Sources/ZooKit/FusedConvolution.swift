/// Convolution, maximum over 2×2 windows and ReLU or leaky ReLU as one operator of the engine, which stores neither the
/// convolution's own output nor its gradient.
///
/// `Sequential` finds these runs of layers by itself. A maximum and an activation that never falls commute, so either order
/// of the two is the same function; the results are those of the single layers up to rounding.
struct FusedConvolution: Layer {
    let convolution: Conv2d
    let pool: Int
    let slope: Double

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        try Op.convPoolAct(
            x, convolution.weight, convolution.bias, convolution.stride, convolution.padding, pool, slope)
    }

    /// The longest run at the front of `layers` that the operator covers, and its length; nil if there is none.
    private static func match(_ layers: ArraySlice<any Layer>) -> (layer: FusedConvolution, count: Int)? {
        guard let convolution = layers.first as? Conv2d else { return nil }
        var pool: Int?
        var slope: Double?
        var count = 1
        loop: for layer in layers.dropFirst().prefix(2) {
            switch layer {
            case let layer as MaxPool2d where pool == nil && layer.size == 2 && layer.stride == 2 && layer.padding == 0:
                pool = 2
            case is ReLU where slope == nil:
                slope = 0
            case let layer as LeakyReLU where slope == nil && layer.slope >= 0 && layer.slope.isFinite:
                slope = layer.slope
            default:
                break loop
            }
            count += 1
        }
        guard count > 1 else { return nil }
        return (FusedConvolution(convolution: convolution, pool: pool ?? 1, slope: slope ?? 1), count)
    }

    /// `layers` with every such run as one layer, where this engine has the operator.
    static func fuse(_ layers: [any Layer]) -> [any Layer] {
        var fused: [any Layer] = []
        var rest = layers[...]
        while let first = rest.first {
            if let run = match(rest), Op.convPoolAct.exists {
                fused.append(run.layer)
                rest = rest.dropFirst(run.count)
            } else {
                fused.append(first)
                rest = rest.dropFirst()
            }
        }
        return fused
    }
}

extension Tensor {
    /// Convolution, maximum over `pool`×`pool` windows (1 or 2) and leaky ReLU of `slope` (0: ReLU, 1: none), as one operator
    /// where the engine has it. For layers that make their weights themselves; others get it from `Sequential`.
    public func convolved(_ weight: Tensor, _ bias: Tensor?, stride: Int = 1, padding: Int = 0, pool: Int, slope: Double) throws(ZooError)
        -> Tensor
    {
        if Op.convPoolAct.exists { return try Op.convPoolAct(self, weight, bias, stride, padding, pool, slope) }
        var y = try conv2d(weight, bias, stride: stride, padding: padding)
        if pool > 1 { y = try y.maxPool(pool) }
        return slope == 1 ? y : try y.leakyRelu(slope)
    }
}

extension Op {
    static let convPoolAct = Operator("zoo::conv_pool_act")
}
