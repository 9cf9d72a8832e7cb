// MARK: Making tensors, on the CPU

extension Tensor {
    /// A tensor of zeros.
    public static func zeros(_ shape: [Int], dtype: DType = .float32) throws(ZooError) -> Tensor { try Op.zeros(shape, dtype) }
    /// A tensor of zeros with the shape, type and device of `other`.
    public static func zerosLike(_ other: Tensor) throws(ZooError) -> Tensor { try Op.zerosLike(other) }
    /// A tensor of ones.
    public static func ones(_ shape: [Int], dtype: DType = .float32) throws(ZooError) -> Tensor { try Op.ones(shape, dtype) }
    /// A tensor whose elements are all `value`.
    public static func full(_ shape: [Int], _ value: Double, dtype: DType = .float32) throws(ZooError) -> Tensor {
        try Op.full(shape, value, dtype)
    }
    /// The identity matrix, `n×n`.
    public static func eye(_ n: Int, dtype: DType = .float32) throws(ZooError) -> Tensor { try Op.eye(n, n, dtype) }
    /// The numbers start, start + 1, …, up to but without `end`.
    public static func arange(_ start: Int, _ end: Int, dtype: DType = .int64) throws(ZooError) -> Tensor {
        try Op.arange(start, end, dtype)
    }
    /// Numbers from the standard normal distribution.
    ///
    /// - Parameters:
    ///   - shape: The size along every dimension.
    ///   - generator: Where the numbers come from; nil is the engine's default generator.
    ///   - dtype: The type of the elements.
    public static func randn(_ shape: [Int], generator: Generator? = nil, dtype: DType = .float32) throws(ZooError) -> Tensor {
        try Op.randn(shape, generator, dtype)
    }
    /// Numbers from the uniform distribution on [0, 1).
    ///
    /// - Parameters:
    ///   - shape: The size along every dimension.
    ///   - generator: Where the numbers come from; nil is the engine's default generator.
    ///   - dtype: The type of the elements.
    public static func rand(_ shape: [Int], generator: Generator? = nil, dtype: DType = .float32) throws(ZooError) -> Tensor {
        try Op.rand(shape, generator, dtype)
    }
}
