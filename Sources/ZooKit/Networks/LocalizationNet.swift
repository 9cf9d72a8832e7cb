/// A network that predicts the parameters of a transformation, as an offset from its family's identity, from an image
/// or feature map.
///
/// The last layer's weight and bias start at zero, so that the offset is zero at initialisation and every spatial
/// transformer starts as the plain network.
public protocol LocalizationNet: Module {
    /// `N×C×H×W` to offsets `N×K`.
    ///
    /// - Throws: ``ZooError`` if `x` has another shape than the net was built for.
    func forward(_ x: Tensor) throws -> Tensor
}
