/// Convolution, batch norm, maximum over 2×2 windows, ReLU or leaky ReLU and dropout as one or two operators of the
/// engine, which store as little in between as they can.
///
/// `Sequential` finds these runs of layers by itself. A maximum and an activation that never falls commute, so either
/// order of the two is the same function. In evaluation batch norm is a factor and a constant for each channel, which
/// go into the convolution's weights. The results are those of the single layers up to rounding.
struct FusedLayers: Layer {
    var convolution: (any ConvolutionLayer)?
    var norm: BatchNorm2d?
    var pool = 1
    var slope = 1.0
    var dropout: Dropout?

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        guard let convolution else { return try normalised(x) }
        let operand = try convolution.operand(x)
        var (weight, bias) = try convolution.filters()
        func convolved(_ pool: Int, _ slope: Double) throws(ZooError) -> Tensor {
            try Op.convPoolAct(operand, weight, bias, convolution.stride, convolution.padding, pool, slope)
        }
        guard let norm else { return try convolved(pool, slope) }
        guard norm.isTraining else {
            (weight, bias) = try norm.folded(into: weight, bias)
            return try convolved(pool, slope)
        }
        return try normalised(convolved(1, 1))
    }

    private func normalised(_ x: Tensor) throws(ZooError) -> Tensor {
        guard let norm else { return x }
        return try norm(x, pool: pool, slope: slope, dropout: dropout?.p ?? 0)
    }

    /// The longest run at the front of `layers` that the operators cover, and its length; nil if there is none.
    private static func match(_ layers: ArraySlice<any Layer>) -> (layer: FusedLayers, count: Int)? {
        var run = FusedLayers()
        var rest = layers
        func take<T>(_ type: T.Type) -> T? {
            guard let layer = rest.first as? T else { return nil }
            rest = rest.dropFirst()
            return layer
        }
        run.convolution = take((any ConvolutionLayer).self)
        if rest.first is BatchNorm2d, Op.normPoolAct.exists { run.norm = take(BatchNorm2d.self) }
        guard run.convolution != nil || run.norm != nil else { return nil }
        var isPooled = false
        var isActivated = false
        loop: while true {
            switch rest.first {
            case let layer as MaxPool2d where !isPooled && layer.kernelSize == 2 && layer.stride == 2 && layer.padding == 0:
                (run.pool, isPooled) = (2, true)
            case is ReLU where !isActivated:
                (run.slope, isActivated) = (0, true)
            case let layer as LeakyReLU where !isActivated && layer.negativeSlope >= 0 && layer.negativeSlope.isFinite:
                (run.slope, isActivated) = (layer.negativeSlope, true)
            default:
                break loop
            }
            rest = rest.dropFirst()
        }
        if run.norm != nil, isActivated, run.slope == 0, let layer = rest.first as? Dropout, (0..<1).contains(layer.p) {
            run.dropout = take(Dropout.self)
        }
        return rest.count < layers.count - 1 ? (run, layers.count - rest.count) : nil
    }

    /// `layers` with every such run as one layer, where this engine has the operator.
    static func fuse(_ layers: [any Layer]) -> [any Layer] {
        guard Op.convPoolAct.exists else { return layers }
        var fused: [any Layer] = []
        var rest = layers[...]
        while let first = rest.first {
            let run = match(rest)
            fused.append(run?.layer ?? first)
            rest = rest.dropFirst(run?.count ?? 1)
        }
        return fused
    }
}
