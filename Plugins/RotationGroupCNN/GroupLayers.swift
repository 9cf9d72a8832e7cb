import ZooKit

/// Convolution from the plane to a group, or on a group [CW16, arXiv:1602.07576, equations 10 and 11]; no padding,
/// stride 1.
///
/// N×I×H×W (lifting) or N×(I·|G|)×H×W to N×(O·|G|)×(H-k+1)×(W-k+1), the group element fastest among the channels.
/// `weight` O×I×k×k or O×I×|G|×k×k; `bias` O, the same for all elements of the group.
final class GroupConvolution: ConvolutionLayer {
    let weight, bias: Tensor
    private let bank: FilterBank
    let stride = 1
    let padding = 0

    init(
        inChannels: Int, outChannels: Int, kernelSize: Int, group: PointGroup, lifting: Bool, interpolation: Interpolation? = nil,
        in scope: Scope
    ) throws {
        bank = try FilterBank(group, kernelSize: kernelSize, lifting: lifting, interpolation: interpolation)
        let over = lifting ? 1 : group.order
        // As Conv2d draws them: uniform within 1/√fan_in.
        let fanIn = Double(inChannels * over) * bank.effectivePixels
        let bound = 1 / fanIn.squareRoot()
        let weight = try Tensor.zeros(
            lifting ? [outChannels, inChannels, kernelSize, kernelSize] : [outChannels, inChannels, over, kernelSize, kernelSize])
        let bias = try Tensor.zeros([outChannels])
        try weight.uniform_(-bound, bound)
        try bias.uniform_(-bound, bound)
        self.weight = try scope.parameter("weight", weight)
        self.bias = try scope.parameter("bias", bias)
    }

    func outputShape(of input: ImageShape) throws(ZooError) -> ImageShape {
        let kernel = bank.kernelSize
        guard min(input.height, input.width) >= kernel else {
            throw ZooError("\(input.height)×\(input.width) is too small for a \(kernel)×\(kernel) convolution", .badArgument)
        }
        return ImageShape(bias.count * bank.group.order, input.height - kernel + 1, input.width - kernel + 1)
    }

    /// What halves the map that it makes of `input`, symmetrically. On even maps the symmetric windows are the plain
    /// ones, and pooling is one operator with the convolution.
    func pooling(of input: ImageShape) -> any Layer {
        guard let map = try? outputShape(of: input), map.height % 2 != 0 || map.width % 2 != 0 else { return MaxPool2d(kernelSize: 2) }
        return SymmetricMaxPool()
    }

    func filters() throws(ZooError) -> (weight: Tensor, bias: Tensor?) {
        let order = bank.group.order
        let everyBias = order == 1 ? bias : try bias.unsqueeze(dim: 1).expand([bias.count, order]).reshape([bias.count * order])
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
        let split = try x.reshape([shape[0], shape[1] / order, order, shape[2], shape[3]])
        return try kind == .max ? split.amax(dim: [2]) : split.mean(dim: [2])
    }

    func outputShape(of input: ImageShape) -> ImageShape { ImageShape(input.channels / order, input.height, input.width) }
}

/// N×C×H×W to N×C: the largest or mean value over all places.
struct SpatialPool: Layer {
    let kind: GroupPool.Kind

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try kind == .max ? x.amax(dim: [2, 3]) : x.mean(dim: [2, 3]) }
    func outputShape(of input: ImageShape) -> ImageShape { ImageShape(input.channels, 1, 1) }
}

/// Max pooling with stride 2 whose windows lie symmetrically on the map: 2 wide on an even side, 3 wide on an odd one.
///
/// Plain 2×2 pooling drops the last row or column of an odd map, and what is first after a rotation was not last before
/// it. The output's side is side/2, rounded down, in both cases.
struct SymmetricMaxPool: Layer {
    private static let pool = Operator("aten::max_pool2d")
    let stride = 2

    func outputShape(of input: ImageShape) throws(ZooError) -> ImageShape {
        guard min(input.height, input.width) >= 2 else {
            throw ZooError("\(input.height)×\(input.width) is too small for pooling over 2×2", .badArgument)
        }
        return ImageShape(input.channels, input.height / 2, input.width / 2)
    }

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        func window(_ side: Int) -> Int { side % 2 == 0 ? 2 : 3 }
        return try Self.pool(x, [window(x.size(-2)), window(x.size(-1))], [2, 2])
    }
}
