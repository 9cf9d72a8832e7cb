/// Operators that ZooKit names; `static let` is a thread-safe cache, filled at first use.
enum Op {
    static let add = Operator("aten::add", "Tensor")
    static let addScalar = Operator("aten::add", "Scalar")
    static let sub = Operator("aten::sub", "Tensor")
    static let mul = Operator("aten::mul", "Tensor")
    static let mulScalar = Operator("aten::mul", "Scalar")
    static let div = Operator("aten::div", "Tensor")
    static let neg = Operator("aten::neg")
    static let matmul = Operator("aten::matmul")
    static let inverse = Operator("aten::linalg_inv")
    static let solve = Operator("aten::linalg_solve")
    static let linear = Operator("aten::linear")
    static let conv2d = Operator("aten::conv2d")
    static let conv2dPadding = Operator("aten::conv2d", "padding")
    static let batchNorm = Operator("aten::batch_norm")
    static let maxPool = Operator("aten::max_pool2d")
    static let averagePool = Operator("aten::avg_pool2d")
    static let dropout = Operator("aten::dropout")
    static let relu = Operator("aten::relu")
    static let leakyRelu = Operator("aten::leaky_relu")
    static let tanh = Operator("aten::tanh")
    static let sigmoid = Operator("aten::sigmoid")
    static let exp = Operator("aten::exp")
    static let log = Operator("aten::log")
    static let sqrt = Operator("aten::sqrt")
    static let sin = Operator("aten::sin")
    static let cos = Operator("aten::cos")
    static let abs = Operator("aten::abs")
    static let softmax = Operator("aten::softmax", "int")
    static let logSoftmax = Operator("aten::log_softmax", "int")
    static let crossEntropy = Operator("aten::cross_entropy_loss")
    static let sum = Operator("aten::sum")
    static let sumAlong = Operator("aten::sum", "dim_IntList")
    static let mean = Operator("aten::mean")
    static let meanAlong = Operator("aten::mean", "dim")
    static let amax = Operator("aten::amax")
    static let argmax = Operator("aten::argmax")
    static let equal = Operator("aten::eq", "Tensor")
    static let isFinite = Operator("aten::isfinite")
    static let all = Operator("aten::all")
    static let reshape = Operator("aten::reshape")
    static let flatten = Operator("aten::flatten", "using_ints")
    static let permute = Operator("aten::permute")
    static let transpose = Operator("aten::transpose", "int")
    static let expand = Operator("aten::expand")
    static let unsqueeze = Operator("aten::unsqueeze")
    static let select = Operator("aten::select", "int")
    static let slice = Operator("aten::slice", "Tensor")
    static let narrow = Operator("aten::narrow")
    static let indexSelect = Operator("aten::index_select")
    static let split = Operator("aten::split", "Tensor")
    static let stack = Operator("aten::stack")
    static let cat = Operator("aten::cat")
    static let flip = Operator("aten::flip")
    static let rot90 = Operator("aten::rot90")
    static let detach = Operator("aten::detach")
    static let clone = Operator("aten::clone")
    static let contiguous = Operator("aten::contiguous")
    static let to = Operator("aten::to", "dtype_layout")
    static let zeros = Operator("aten::zeros")
    static let ones = Operator("aten::ones")
    static let full = Operator("aten::full")
    static let eye = Operator("aten::eye", "m")
    static let arange = Operator("aten::arange", "start")
    static let randn = Operator("aten::randn", "generator")
    static let rand = Operator("aten::rand", "generator")
    static let uniform = Operator("aten::uniform_")
    static let copy = Operator("aten::copy_")
    static let zero = Operator("aten::zero_")
    static let addScalar_ = Operator("aten::add_", "Scalar")
    static let setData = Operator("aten::set_data")
    static let bilinear = Operator("aten::upsample_bilinear2d")
    static let backward = Operator("aten::_backward")
    static let affineGrid = Operator("aten::affine_grid_generator")
    static let warp = Operator("zoo::warp")
    static let warpBytes = Operator("zoo::warp_u8")
    static let sample = Operator("zoo::sample")
}

/// What lies outside an image, for a warp.
public enum Padding: String, Sendable, CaseIterable {
    /// Nothing: value 0.
    case zeros
    /// The nearest pixel of the edge.
    case border
}

// MARK: Making

extension Tensor {
    public static func zeros(_ shape: [Int], dtype: DType = .float32) throws(ZooError) -> Tensor { try Op.zeros(shape, dtype) }
    public static func ones(_ shape: [Int], dtype: DType = .float32) throws(ZooError) -> Tensor { try Op.ones(shape, dtype) }
    public static func full(_ shape: [Int], _ value: Double, dtype: DType = .float32) throws(ZooError) -> Tensor {
        try Op.full(shape, value, dtype)
    }
    /// The identity matrix, n×n.
    public static func eye(_ n: Int, dtype: DType = .float32) throws(ZooError) -> Tensor { try Op.eye(n, n, dtype) }
    /// start, start + 1, …, up to but without `end`.
    public static func range(_ start: Int, _ end: Int, dtype: DType = .int64) throws(ZooError) -> Tensor {
        try Op.arange(start, end, dtype)
    }
    /// Standard normal, from `generator` or the engine's default one.
    public static func randn(_ shape: [Int], _ generator: Generator? = nil, dtype: DType = .float32) throws(ZooError) -> Tensor {
        try Op.randn(shape, generator, dtype)
    }
    /// Uniform in [0, 1), from `generator` or the engine's default one.
    public static func rand(_ shape: [Int], _ generator: Generator? = nil, dtype: DType = .float32) throws(ZooError) -> Tensor {
        try Op.rand(shape, generator, dtype)
    }
}

// MARK: Arithmetic

extension Tensor {
    public static func + (a: Tensor, b: Tensor) throws(ZooError) -> Tensor { try Op.add(a, b) }
    public static func + (a: Tensor, b: Double) throws(ZooError) -> Tensor { try Op.addScalar(a, b) }
    public static func - (a: Tensor, b: Tensor) throws(ZooError) -> Tensor { try Op.sub(a, b) }
    public static func * (a: Tensor, b: Tensor) throws(ZooError) -> Tensor { try Op.mul(a, b) }
    public static func * (a: Tensor, b: Double) throws(ZooError) -> Tensor { try Op.mulScalar(a, b) }
    public static func / (a: Tensor, b: Tensor) throws(ZooError) -> Tensor { try Op.div(a, b) }
    public static prefix func - (a: Tensor) throws(ZooError) -> Tensor { try Op.neg(a) }
    /// Matrix product; leading dimensions are batches and broadcast.
    public func matmul(_ other: Tensor) throws(ZooError) -> Tensor { try Op.matmul(self, other) }
    /// Inverse of (a batch of) square matrices, …×n×n.
    public func inverse() throws(ZooError) -> Tensor { try Op.inverse(self) }
    /// x with self · x = b; self …×n×n, b …×n×k.
    public func solve(_ b: Tensor) throws(ZooError) -> Tensor { try Op.solve(self, b) }
    public func exp() throws(ZooError) -> Tensor { try Op.exp(self) }
    public func log() throws(ZooError) -> Tensor { try Op.log(self) }
    public func sqrt() throws(ZooError) -> Tensor { try Op.sqrt(self) }
    public func sin() throws(ZooError) -> Tensor { try Op.sin(self) }
    public func cos() throws(ZooError) -> Tensor { try Op.cos(self) }
    public func abs() throws(ZooError) -> Tensor { try Op.abs(self) }
}

// MARK: Networks

extension Tensor {
    /// self N×i, weight o×i, bias o; N×o.
    public func linear(_ weight: Tensor, _ bias: Tensor? = nil) throws(ZooError) -> Tensor { try Op.linear(self, weight, bias) }
    /// self N×C×H×W, weight O×C×k×k, bias O.
    public func conv2d(_ weight: Tensor, _ bias: Tensor? = nil, stride: Int = 1, padding: Int = 0) throws(ZooError) -> Tensor {
        try Op.conv2d(self, weight, bias, stride, padding)
    }
    public func relu() throws(ZooError) -> Tensor { try Op.relu(self) }
    public func leakyRelu(_ slope: Double = 0.01) throws(ZooError) -> Tensor { try Op.leakyRelu(self, slope) }
    public func tanh() throws(ZooError) -> Tensor { try Op.tanh(self) }
    public func sigmoid() throws(ZooError) -> Tensor { try Op.sigmoid(self) }
    /// Max over size×size windows; the stride is `size` unless given.
    public func maxPool(_ size: Int, stride: Int? = nil, padding: Int = 0) throws(ZooError) -> Tensor {
        try Op.maxPool(self, size, stride ?? size, padding)
    }
    /// Mean over size×size windows; the stride is `size` unless given.
    public func averagePool(_ size: Int, stride: Int? = nil) throws(ZooError) -> Tensor { try Op.averagePool(self, size, stride ?? size) }
    public func softmax(_ dimension: Int = -1) throws(ZooError) -> Tensor { try Op.softmax(self, dimension) }
    public func logSoftmax(_ dimension: Int = -1) throws(ZooError) -> Tensor { try Op.logSoftmax(self, dimension) }
    /// Cross entropy of logits (N×classes) with class indices (N, int64): the mean, or one value per sample.
    public func crossEntropy(_ target: Tensor, perSample: Bool = false) throws(ZooError) -> Tensor {
        try Op.crossEntropy(self, target, Tensor?.none, perSample ? 0 : 1)
    }
    /// Bilinear resizing of N×C×H×W, with align_corners = false.
    public func resized(height: Int, width: Int) throws(ZooError) -> Tensor { try Op.bilinear(self, [height, width], false) }
    /// Runs the gradients of a scalar back into the leaves.
    public func backward() throws(ZooError) { try Op.backward.run(self, [Tensor]()) }
}

// MARK: Reductions and comparisons

extension Tensor {
    public func sum() throws(ZooError) -> Tensor { try Op.sum(self) }
    public func sum(_ dimensions: [Int], keepingDimensions keep: Bool = false) throws(ZooError) -> Tensor {
        try Op.sumAlong(self, dimensions, keep)
    }
    public func mean() throws(ZooError) -> Tensor { try Op.mean(self) }
    public func mean(_ dimensions: [Int], keepingDimensions keep: Bool = false) throws(ZooError) -> Tensor {
        try Op.meanAlong(self, dimensions, keep)
    }
    public func max(_ dimensions: [Int], keepingDimensions keep: Bool = false) throws(ZooError) -> Tensor {
        try Op.amax(self, dimensions, keep)
    }
    public func max() throws(ZooError) -> Tensor { try Op.amax(self) }
    public func argmax(_ dimension: Int) throws(ZooError) -> Tensor { try Op.argmax(self, dimension) }
    /// Element by element, bool.
    public func isEqual(to other: Tensor) throws(ZooError) -> Tensor { try Op.equal(self, other) }
    /// Whether no element is NaN or infinite.
    public func allFinite() throws(ZooError) -> Bool { try Op.all(Op.isFinite(self)).item() != 0 }
}

// MARK: Shapes

extension Tensor {
    /// -1 stands for whatever is left.
    public func reshaped(_ shape: [Int]) throws(ZooError) -> Tensor { try Op.reshape(self, shape) }
    public func flattened(from dimension: Int = 1) throws(ZooError) -> Tensor { try Op.flatten(self, dimension, -1) }
    public func permuted(_ dimensions: [Int]) throws(ZooError) -> Tensor { try Op.permute(self, dimensions) }
    public func transposed(_ a: Int = -1, _ b: Int = -2) throws(ZooError) -> Tensor { try Op.transpose(self, a, b) }
    public func expanded(_ shape: [Int]) throws(ZooError) -> Tensor { try Op.expand(self, shape) }
    public func unsqueezed(_ dimension: Int) throws(ZooError) -> Tensor { try Op.unsqueeze(self, dimension) }
    public func select(_ dimension: Int, _ index: Int) throws(ZooError) -> Tensor { try Op.select(self, dimension, index) }
    public func narrowed(_ dimension: Int, from start: Int, count: Int) throws(ZooError) -> Tensor {
        try Op.narrow(self, dimension, start, count)
    }
    /// Picks entries along a dimension; `index` int64.
    public func indexSelect(_ dimension: Int, _ index: Tensor) throws(ZooError) -> Tensor { try Op.indexSelect(self, dimension, index) }
    /// Pieces of `size`, the last one maybe smaller.
    public func split(_ size: Int, dimension: Int = 0) throws(ZooError) -> [Tensor] { try Op.split.tensors(self, size, dimension) }
    public static func stack(_ list: [Tensor], dimension: Int = 0) throws(ZooError) -> Tensor { try Op.stack(list, dimension) }
    public static func cat(_ list: [Tensor], dimension: Int = 0) throws(ZooError) -> Tensor { try Op.cat(list, dimension) }
    public func flipped(_ dimensions: [Int]) throws(ZooError) -> Tensor { try Op.flip(self, dimensions) }
    /// Rotates the last two dimensions by `times` quarter turns anticlockwise: exact, no interpolation.
    public func rotated90(_ times: Int = 1) throws(ZooError) -> Tensor { try Op.rot90(self, times, [-2, -1]) }
}

// MARK: Memory

extension Tensor {
    /// The same memory, cut off from the gradient's graph.
    public func detached() throws(ZooError) -> Tensor { try Op.detach(self) }
    public func cloned() throws(ZooError) -> Tensor { try Op.clone(self) }
    public func contiguous(_ format: MemoryFormat = .contiguous) throws(ZooError) -> Tensor { try Op.contiguous(self, format) }
    /// On another device or as another type; itself if it is so already.
    public func to(device: Device? = nil, dtype: DType? = nil) throws(ZooError) -> Tensor {
        try Op.to(self, dtype, Int?.none, device)
    }
    /// Writes `source` into this tensor's memory, converting and broadcasting.
    public func copy_(_ source: Tensor) throws(ZooError) {
        try withoutGradients { () throws(ZooError) in try Op.copy.run(self, source) }
    }
    public func zero_() throws(ZooError) { try withoutGradients { () throws(ZooError) in try Op.zero.run(self) } }
    public func add_(_ value: Double) throws(ZooError) {
        try withoutGradients { () throws(ZooError) in try Op.addScalar_.run(self, value) }
    }
    public func add_(_ value: Int) throws(ZooError) {
        try withoutGradients { () throws(ZooError) in try Op.addScalar_.run(self, value) }
    }
    /// Fills with uniform numbers in [low, high) from the engine's default generator.
    public func uniform_(_ low: Double, _ high: Double) throws(ZooError) {
        try withoutGradients { () throws(ZooError) in try Op.uniform.run(self, low, high) }
    }
    /// Puts other contents, type or device behind this very tensor, for everyone who holds it.
    public func replaceContents(with other: Tensor) throws(ZooError) {
        try withoutGradients { () throws(ZooError) in try Op.setData.run(self, other) }
    }
}

// MARK: Warps

extension Tensor {
    /// Bilinear sampling of images N×C×H×W at the places that θ (N×2×3, or N×3×3 for a homography) names.
    ///
    /// Coordinates are [-1, 1] from edge to edge, align_corners = false; θ maps output to input coordinates
    /// [JSZK15, arXiv:1506.02025, section 3.3]. One pass, no grid in memory. N×C×height×width, differentiable in both.
    public func warped(_ theta: Tensor, height: Int, width: Int, padding: Padding) throws(ZooError) -> Tensor {
        try Op.warp(self, theta, [height, width], padding.rawValue)
    }

    /// Draws a batch from a resident data set of bytes: self M×C×H×W uint8, `index` N int64, θ N×2×3 or N×3×3.
    ///
    /// Gives (value / 255 - mean) / deviation, N×C×height×width float32. What `zeros` padding puts outside is pixel 0.
    public func drawn(
        _ index: Tensor, _ theta: Tensor, height: Int, width: Int, padding: Padding, mean: Double, deviation: Double
    ) throws(ZooError) -> Tensor {
        try Op.warpBytes(self, index, theta, [height, width], padding.rawValue, mean, deviation)
    }

    /// Sampling matrices as N×3×3: of N×2×3 with the row (0, 0, 1) below them; of N×3×3 themselves.
    public func homogeneous() throws(ZooError) -> Tensor {
        guard shape.count == 3, shape[1] == 2 else { return self }
        let row = try Tensor([0, 0, 1] as [Double], [1, 1, 3]).to(device: device, dtype: dtype).expanded([shape[0], 1, 3])
        return try Tensor.cat([self, row], dimension: 1)
    }

    /// The sampling grid of θ (N×2×3), N×H×W×2, for `size` N×C×H×W.
    public static func affineGrid(_ theta: Tensor, size: [Int]) throws(ZooError) -> Tensor { try Op.affineGrid(theta, size, false) }

    /// Bilinear sampling of N×C×H×W at a grid N×h×w×2 of places in [-1, 1], x before y, align_corners = false; differentiable in both.
    public func sampled(at grid: Tensor, padding: Padding = .zeros) throws(ZooError) -> Tensor {
        try Op.sample(self, grid, padding.rawValue)
    }
}
