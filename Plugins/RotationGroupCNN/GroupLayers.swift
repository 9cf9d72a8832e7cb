import ZooKit

/// Convolution from the plane to a group, or on a group [CW16, arXiv:1602.07576, equations 10 and 11]; no padding, stride 1.
///
/// N×I×H×W (lifting) or N×(I·|G|)×H×W to N×(O·|G|)×(H-k+1)×(W-k+1), the group element fastest among the channels.
/// `weight` O×I×k×k or O×I×|G|×k×k; `bias` O, the same for all elements of the group.
final class GroupConvolution: ConvolutionLayer {
    let weight, bias: Tensor
    private let bank: FilterBank
    let stride = 1
    let padding = 0

    init(
        _ channels: Int, _ outputs: Int, kernel: Int, group: PointGroup, lifting: Bool, interpolation: Interpolation? = nil,
        in scope: Scope
    ) throws {
        bank = try FilterBank(group, kernel: kernel, lifting: lifting, interpolation: interpolation)
        let over = lifting ? 1 : group.order
        // As Conv2d draws them: uniform within 1/√fan_in.
        let fanIn = Double(channels * over) * bank.effectivePixels
        let bound = 1 / fanIn.squareRoot()
        let weight = try Tensor.zeros(lifting ? [outputs, channels, kernel, kernel] : [outputs, channels, over, kernel, kernel])
        let bias = try Tensor.zeros([outputs])
        try weight.uniform_(-bound, bound)
        try bias.uniform_(-bound, bound)
        self.weight = try scope.parameter("weight", weight)
        self.bias = try scope.parameter("bias", bias)
    }

    func filters() throws(ZooError) -> (weight: Tensor, bias: Tensor?) {
        let order = bank.group.order
        let everyBias = order == 1 ? bias : try bias.unsqueezed(1).expanded([bias.count, order]).reshaped([bias.count * order])
        return (order == 1 && bank.lifting ? weight : try bank(weight), everyBias)
    }

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        let (weight, bias) = try filters()
        return try x.conv2d(weight, bias)
    }
}

/// N×(C·|G|)×H×W to N×C×H×W: the largest or mean value over the group.
struct GroupPool: Layer {
    enum Kind: String, CaseIterable { case max, mean }
    let kind: Kind
    let order: Int

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        let shape = x.shape
        guard shape.count == 4, shape[1] % order == 0 else {
            throw ZooError("group pooling over \(order) elements got shape \(shape)", .badArgument)
        }
        let split = try x.reshaped([shape[0], shape[1] / order, order, shape[2], shape[3]])
        return try kind == .max ? split.max([2]) : split.mean([2])
    }
}

/// Max pooling with stride 2 whose windows lie symmetrically on the map: 2 wide on an even side, 3 wide on an odd one.
///
/// Plain 2×2 pooling drops the last row or column of an odd map, and what is first after a rotation was not last before
/// it. The output's side is side/2, rounded down, in both cases.
struct SymmetricMaxPool: Layer {
    private static let pool = Operator("aten::max_pool2d")

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        func window(_ side: Int) -> Int { side % 2 == 0 ? 2 : 3 }
        return try Self.pool(x, [window(x.size(-2)), window(x.size(-1))], [2, 2])
    }
}
