public import ZooHost

/// Multiplications with an addition, counted from the shapes of the operators that ran; docs/probes.md has the rules.
///
/// Of operators within one another the outermost that has a rule counts, and what it calls is its own affair. So a convolution counts
/// once, whether a plugin calls it, TorchScript does, or an operator that stands for several.
public struct MultiplyAdds: Sendable {
    public struct Row: Sendable, Equatable {
        public let name: String
        public let calls, multiplyAdds: Int
    }

    /// The operators that count, and those that were called from outside of any other; the most expensive first.
    public let operators: [Row]
    /// nil where the number is not known: `unknown` says why.
    public var total: Int? { unknown == nil ? counted : nil }
    /// The multiply-adds that could be counted.
    public let counted: Int
    /// Why there is more than could be counted.
    public let unknown: String?

    /// - Parameter calls: as `OperatorMeter` records them: what an operator calls comes before it.
    public init(_ calls: [OperatorCall]) {
        var byThread: [UInt: [(call: OperatorCall, count: Int?)]] = [:]
        var folded: Set<UInt> = []
        for call in calls {
            if call.name == "zoo::fold_norm", let result = call.result { folded.insert(result) }
            let count = OperatorCost.count(call, isFolded: call.arguments.count > 1 && call.arguments[1].map(folded.contains) ?? false)
            var list = byThread[call.thread] ?? []
            var inner: [(call: OperatorCall, count: Int?)] = []
            while let last = list.last, last.call.depth > call.depth { inner.append(list.removeLast()) }
            // What an operator with a rule calls is counted with it; of one without, only what counts is of interest.
            if count == nil { list += inner.reversed().filter { $0.count != nil || OperatorCost.hides($0.call.name) } }
            if count != nil || call.depth == 0 || OperatorCost.hides(call.name) { list.append((call, count)) }
            byThread[call.thread] = list
        }
        var rows: [String: (calls: Int, sum: Int)] = [:]
        var hidden: Set<String> = []
        for (call, count) in byThread.values.joined() {
            rows[call.name, default: (0, 0)].calls += 1
            rows[call.name, default: (0, 0)].sum += count ?? 0
            if count == nil, OperatorCost.hides(call.name) { hidden.insert(call.name) }
        }
        operators = rows.map { Row(name: $0, calls: $1.calls, multiplyAdds: $1.sum) }
            .sorted { ($0.multiplyAdds, $1.name) > ($1.multiplyAdds, $0.name) }
        let sum = operators.reduce(0) { $0 + $1.multiplyAdds }
        counted = sum
        unknown =
            hidden.contains("zoo::aotinductor")
            ? "an AOTInductor package computes where no operator is seen"
            : !hidden.isEmpty
                ? "no rule says what \(hidden.sorted().joined(separator: ", ")) costs"
                : sum == 0 ? "no operator that multiplies was seen" : nil
    }
}

/// What one call of an operator costs.
enum OperatorCost {
    /// nil for an operator without a rule.
    ///
    /// - Parameter isFolded: whether the second argument holds the factors of a batch norm.
    static func count(_ call: OperatorCall, isFolded: Bool) -> Int? {
        func values(_ shape: (some Sequence<Int>)?) -> Int { shape?.reduce(1, *) ?? 0 }
        func input(_ index: Int) -> [Int]? { call.inputs.indices.contains(index) ? call.inputs[index] : nil }
        func integer(_ index: Int) -> Int? { call.integers.indices.contains(index) ? call.integers[index] : nil }
        let output = values(call.output)
        // The weights of one output: all dimensions but the first.
        let kernel = values(input(1)?.dropFirst())
        switch call.name {
        case "zoo::conv_pool_act":
            // What is pooled away was computed too.
            guard let x = input(0), let weight = input(1), x.count == 4, weight.count == 4, let stride = integer(3),
                let padding = integer(4), stride > 0
            else { return nil }
            let (height, width) = ((x[2] + 2 * padding - weight[2]) / stride + 1, (x[3] + 2 * padding - weight[3]) / stride + 1)
            let places = x[0] * weight[0] * height * width
            return places * kernel + (isFolded ? places : 0)
        case "aten::conv1d", "aten::conv2d", "aten::conv3d", "aten::_convolution_mode", "aten::mkldnn_convolution", "aten::thnn_conv2d",
            "mkldnn::_convolution_pointwise":
            return output * kernel
        case "aten::convolution", "aten::_convolution": return integer(6) == 1 ? values(input(0)) * kernel : output * kernel
        case "aten::conv_transpose1d", "aten::conv_transpose2d", "aten::conv_transpose3d": return values(input(0)) * kernel
        case "aten::linear", "aten::mkldnn_linear", "aten::matmul", "aten::mm", "aten::bmm", "aten::mv", "aten::dot", "aten::vdot",
            "mkldnn::_linear_pointwise":
            return output * (input(0)?.last ?? 1)
        case "aten::addmm", "aten::baddbmm", "aten::addmv", "aten::_addmm_activation": return output * (input(1)?.last ?? 0)
        case "aten::addbmm": return output * (input(1)?.first ?? 0) * (input(1)?.last ?? 0)
        case "aten::bilinear": return output * (input(0)?.last ?? 0) * (input(1)?.last ?? 0)
        case "aten::scaled_dot_product_attention":
            guard let query = input(0), let key = input(1), let value = input(2), query.count >= 2, key.count >= 2, value.count >= 2 else {
                return nil
            }
            return values(query.dropLast()) * key[key.count - 2] * ((query.last ?? 0) + (value.last ?? 0))
        case "zoo::warp", "zoo::warp_u8", "zoo::sample", "aten::upsample_bilinear2d": return 4 * output
        case "aten::grid_sampler_2d": return (integer(2).flatMap { [0: 4, 1: 0, 2: 16][$0] } ?? 4) * output
        case "aten::grid_sampler_3d": return integer(2) == 1 ? 0 : 8 * output
        case "aten::upsample_linear1d": return 2 * output
        case "aten::upsample_trilinear3d": return 8 * output
        case "aten::upsample_bicubic2d": return 16 * output
        case "zoo::norm_pool_act": return values(input(0))
        case "aten::batch_norm", "aten::native_batch_norm", "aten::_native_batch_norm_legit", "aten::_native_batch_norm_legit_no_training",
            "aten::layer_norm", "aten::native_layer_norm", "aten::group_norm", "aten::native_group_norm", "aten::instance_norm",
            "aten::rms_norm":
            return output
        default: return nil
        }
    }

    /// Whether an operator multiplies in a way that no rule counts: then the whole is not known.
    static func hides(_ name: String) -> Bool {
        guard name.hasPrefix("aten::") else {
            return !["zoo::", "prim::", "prims::", "profiler::"].contains { name.hasPrefix($0) } || name == "zoo::aotinductor"
        }
        let base = name.dropFirst("aten::".count)
        return base.hasPrefix("_fft_") || base.hasSuffix("pack_mm") || base.hasPrefix("_sparse_") || base.hasPrefix("quantized_")
            || ["mkldnn_rnn_layer", "_cdist_forward", "_pdist_forward", "_int_mm", "_scaled_mm"].contains { $0 == base }
    }
}
