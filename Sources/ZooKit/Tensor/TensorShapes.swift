// MARK: Shapes

extension Tensor {
    /// The same elements in another shape; a size of -1 follows from the others.
    public func reshape(_ shape: [Int]) throws(ZooError) -> Tensor { try Op.reshape(self, shape) }
    /// All dimensions from `startDim` on as one: `N×C×H×W` to `N×(C·H·W)`. As in `torch.nn.Flatten`, the first
    /// dimension stays by default.
    public func flatten(startDim: Int = 1) throws(ZooError) -> Tensor { try Op.flatten(self, startDim, -1) }
    /// The dimensions in another order.
    public func permute(_ dims: [Int]) throws(ZooError) -> Tensor { try Op.permute(self, dims) }
    /// Two dimensions exchanged, by default the last two.
    public func transpose(_ dim0: Int = -1, _ dim1: Int = -2) throws(ZooError) -> Tensor { try Op.transpose(self, dim0, dim1) }
    /// Dimensions of size 1 repeated to `shape`, without copying.
    public func expand(_ shape: [Int]) throws(ZooError) -> Tensor { try Op.expand(self, shape) }
    /// A new dimension of size 1 at `dim`.
    public func unsqueeze(dim: Int) throws(ZooError) -> Tensor { try Op.unsqueeze(self, dim) }
    /// The slice at one index; the dimension goes.
    public func select(dim: Int, index: Int) throws(ZooError) -> Tensor { try Op.select(self, dim, index) }
    /// The slices from `start` on, `length` of them; the dimension stays.
    public func narrow(dim: Int, start: Int, length: Int) throws(ZooError) -> Tensor { try Op.narrow(self, dim, start, length) }
    /// The slices that `index`, int64, lists.
    public func indexSelect(dim: Int, index: Tensor) throws(ZooError) -> Tensor { try Op.indexSelect(self, dim, index) }
    /// Pieces of `splitSize` slices each; the last one may be smaller.
    public func split(_ splitSize: Int, dim: Int = 0) throws(ZooError) -> [Tensor] { try Op.split.tensors(self, splitSize, dim) }
    /// Tensors of one shape side by side along a new dimension.
    public static func stack(_ tensors: [Tensor], dim: Int = 0) throws(ZooError) -> Tensor { try Op.stack(tensors, dim) }
    /// Tensors one behind the other along a dimension that they have.
    public static func cat(_ tensors: [Tensor], dim: Int = 0) throws(ZooError) -> Tensor { try Op.cat(tensors, dim) }
    /// The order along some dimensions reversed.
    public func flip(dims: [Int]) throws(ZooError) -> Tensor { try Op.flip(self, dims) }
    /// The last two dimensions turned by `k` quarter turns anticlockwise, as one sees an image: exact, without
    /// interpolation.
    public func rot90(_ k: Int = 1) throws(ZooError) -> Tensor { try Op.rot90(self, k, [-2, -1]) }
}
