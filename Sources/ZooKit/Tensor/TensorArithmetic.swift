// MARK: Arithmetic, element by element; shapes broadcast

extension Tensor {
    /// The sum.
    public static func + (a: Tensor, b: Tensor) throws(ZooError) -> Tensor { try Op.add(a, b) }
    /// The sum with one number.
    public static func + (a: Tensor, b: Double) throws(ZooError) -> Tensor { try Op.addScalar(a, b) }
    /// The difference.
    public static func - (a: Tensor, b: Tensor) throws(ZooError) -> Tensor { try Op.sub(a, b) }
    /// The product.
    public static func * (a: Tensor, b: Tensor) throws(ZooError) -> Tensor { try Op.mul(a, b) }
    /// The product with one number.
    public static func * (a: Tensor, b: Double) throws(ZooError) -> Tensor { try Op.mulScalar(a, b) }
    /// The quotient.
    public static func / (a: Tensor, b: Tensor) throws(ZooError) -> Tensor { try Op.div(a, b) }
    /// The negative.
    public static prefix func - (a: Tensor) throws(ZooError) -> Tensor { try Op.neg(a) }
    /// eˣ.
    public func exp() throws(ZooError) -> Tensor { try Op.exp(self) }
    /// The natural logarithm.
    public func log() throws(ZooError) -> Tensor { try Op.log(self) }
    /// The square root.
    public func sqrt() throws(ZooError) -> Tensor { try Op.sqrt(self) }
    /// The sine of an angle in radians.
    public func sin() throws(ZooError) -> Tensor { try Op.sin(self) }
    /// The cosine of an angle in radians.
    public func cos() throws(ZooError) -> Tensor { try Op.cos(self) }
    /// The absolute value.
    public func abs() throws(ZooError) -> Tensor { try Op.abs(self) }
    /// Where elements are equal, of type bool.
    public func eq(_ other: Tensor) throws(ZooError) -> Tensor { try Op.eq(self, other) }
    /// Whether no element is NaN or infinite.
    public func allFinite() throws(ZooError) -> Bool { try Op.all(Op.isFinite(self)).item() != 0 }
}

// MARK: Matrices

extension Tensor {
    /// The matrix product, `…×n×k` by `…×k×m` to `…×n×m`; leading dimensions are batches and broadcast.
    public func matmul(_ other: Tensor) throws(ZooError) -> Tensor { try Op.matmul(self, other) }
    /// The inverse of a square matrix or of a batch of them, `…×n×n`.
    public func inverse() throws(ZooError) -> Tensor { try Op.inverse(self) }
    /// The solution x of self · x = b, `…×n×k`; self is `…×n×n`, `b` is `…×n×k`.
    public func solve(_ b: Tensor) throws(ZooError) -> Tensor { try Op.solve(self, b) }
}

// MARK: Reductions

extension Tensor {
    /// The sum of all elements, without dimensions.
    public func sum() throws(ZooError) -> Tensor { try Op.sum(self) }
    /// The sum over some dimensions.
    ///
    /// - Parameters:
    ///   - dim: The dimensions.
    ///   - keepdim: Whether they stay, with size 1.
    public func sum(dim: [Int], keepdim: Bool = false) throws(ZooError) -> Tensor { try Op.sumAlong(self, dim, keepdim) }
    /// The mean of all elements, without dimensions.
    public func mean() throws(ZooError) -> Tensor { try Op.mean(self) }
    /// The mean over some dimensions.
    ///
    /// - Parameters:
    ///   - dim: The dimensions.
    ///   - keepdim: Whether they stay, with size 1.
    public func mean(dim: [Int], keepdim: Bool = false) throws(ZooError) -> Tensor { try Op.meanAlong(self, dim, keepdim) }
    /// The largest of all elements, without dimensions.
    public func amax() throws(ZooError) -> Tensor { try Op.amax(self) }
    /// The largest element over some dimensions.
    ///
    /// - Parameters:
    ///   - dim: The dimensions.
    ///   - keepdim: Whether they stay, with size 1.
    public func amax(dim: [Int], keepdim: Bool = false) throws(ZooError) -> Tensor { try Op.amax(self, dim, keepdim) }
    /// The index of the largest element along a dimension, int64.
    public func argmax(dim: Int) throws(ZooError) -> Tensor { try Op.argmax(self, dim) }
}
