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

    /// What halves the map that it makes of `input`, symmetrically.
    func pooling(of input: ImageShape) -> any Layer { SymmetricMaxPool.halving(try? outputShape(of: input)) }

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
