import ZooKit

/// Convolution from images to regular fields of a group, or from regular fields to such, whose filters are
/// combinations of a ``HarmonicBasis`` [WC19, arXiv:1911.08251]; stride 1, no bias.
///
/// N×I×H×W (lifting) or N×(I·|G|)×H×W to N×(O·|G|)×H'×W', the group element fastest among the channels. The filter from
/// element h to element g is ψ at g⁻¹h, transformed by g. `weight` holds the coefficients of ψ: O×I×|G|×B, lifting
/// O×I×1×B, for B functions of the basis.
final class SteerableConvolution: ConvolutionLayer {
    let weight: Tensor
    let padding: Int
    let stride = 1
    /// The number of channels of an output field.
    var order: Int { group.order }
    private let group: PointGroup
    private let kernelSize: Int
    /// The number of group elements over which an input field extends.
    private let over: Int
    /// B×(|G|·k²): every copy of every filter by one product.
    private let samples: Tensor
    /// From (u, g), the filter at u transformed by g, to (g, h) with u = g⁻¹h.
    private let index: Tensor

    init(inFields: Int, outFields: Int, kernelSize: Int, padding: Int, group: PointGroup, lifting: Bool, in scope: Scope) throws {
        self.padding = padding
        self.group = group
        self.kernelSize = kernelSize
        let over = lifting ? 1 : group.order
        self.over = over
        let basis = HarmonicBasis(kernelSize: kernelSize)
        let count = basis.functions.count
        samples = try Tensor(basis.samples(group), [count, group.order * kernelSize * kernelSize])
        let list = (0..<group.order).flatMap { g in
            (0..<over).map { h in Int64((lifting ? 0 : group.quotient(g, h)) * group.order + g) }
        }
        index = try Tensor(list, [list.count])
        // He's rule: behind a ReLU the variance stays as it was. Functions have unit energy, so each adds as much.
        let deviation = (2 / Double(inFields * over * count)).squareRoot()
        weight = try scope.parameter("weight", Tensor.randn([outFields, inFields, over, count]) * deviation)
    }

    func outputShape(of input: ImageShape) throws(ZooError) -> ImageShape {
        let channels = try weight.size(1) * over
        guard input.channels == channels else {
            throw ZooError("a convolution of \(channels) channels gets \(input.channels)", .badArgument)
        }
        let (height, width) = (input.height + 2 * padding - kernelSize + 1, input.width + 2 * padding - kernelSize + 1)
        guard min(height, width) > 0 else {
            throw ZooError("\(input.height)×\(input.width) is too small for a \(kernelSize)×\(kernelSize) convolution", .badArgument)
        }
        return ImageShape(try weight.size(0) * group.order, height, width)
    }

    /// The weight of an ordinary convolution. Gradients flow to the coefficients.
    func filters() throws(ZooError) -> (weight: Tensor, bias: Tensor?) {
        let (outputs, inputs, count) = (try weight.size(0), try weight.size(1), try weight.size(3))
        let pixels = kernelSize * kernelSize
        let order = group.order
        // In float64 once and for all: rounded to the weights' type at every call, and never rounded twice.
        let samples = try self.samples.to(device: weight.device, dtype: weight.dtype)
        let copies = try weight.reshape([outputs * inputs * over, count]).matmul(samples)
            .reshape([outputs * inputs, over * order, pixels]).indexSelect(dim: 1, index: index.to(device: weight.device))
        let bank = try copies.reshape([outputs, inputs, order, over, pixels]).permute([0, 2, 1, 3, 4])
            .reshape([outputs * order, inputs * over, kernelSize, kernelSize])
        return (bank, nil)
    }

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try x.conv2d(filters().weight, padding: padding) }
}
