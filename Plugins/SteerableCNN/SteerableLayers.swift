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

/// Halves the sides of a map, rounded down, so that it stays equivariant under quarter turns and reflections: the
/// windows lie symmetrically, 2 wide on an even side, 3 wide on an odd one.
enum Downsampling: String, CaseIterable {
    /// The maximum of each window.
    case max
    /// The maxima of all windows, smoothed before every second one is taken [Zhang 2019, arXiv:1904.11486].
    case antialiased

    /// The layer for maps of that shape.
    func layer(for map: ImageShape) -> any Layer {
        self == .max ? SymmetricMaxPool.halving(map) : SymmetricMaxPool(smoothed: true)
    }
}
