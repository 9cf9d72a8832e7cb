// MARK: Memory, type and device

extension Tensor {
    /// The same memory, cut off from the graph of gradients.
    public func detach() throws(ZooError) -> Tensor { try Op.detach(self) }
    /// A copy; gradients flow through it.
    public func clone() throws(ZooError) -> Tensor { try Op.clone(self) }
    /// This tensor if its elements lie in that order already, otherwise a copy.
    public func contiguous(_ format: MemoryFormat = .contiguous) throws(ZooError) -> Tensor { try Op.contiguous(self, format) }
    /// This tensor on another device or as another type; itself if it is so already.
    public func to(device: Device? = nil, dtype: DType? = nil) throws(ZooError) -> Tensor {
        // To a GPU nothing waits: CUDA has read this memory, which is not page-locked, when the call returns. A constant that is brought
        // there in every step would otherwise wait each time until all work before it is done.
        let waits = device.map { $0 == .cpu } ?? true
        return try Op.to(self, dtype, Int?.none, device, Bool?.none, !waits)
    }
    /// Runs the gradients of this scalar back into the leaves that it was computed from; each adds them to its
    /// ``grad``.
    public func backward() throws(ZooError) { try Op.backward.run(self, [Tensor]()) }
}

// MARK: Writing in place, without recording gradients

extension Tensor {
    /// Writes `source` into this tensor's memory, converted and broadcast.
    public func copy_(_ source: Tensor) throws(ZooError) {
        try noGrad { () throws(ZooError) in try Op.copy.run(self, source) }
    }
    /// Fills with zeros.
    public func zero_() throws(ZooError) { try noGrad { () throws(ZooError) in try Op.zero.run(self) } }
    /// Adds a number to every element.
    public func add_(_ value: Double) throws(ZooError) {
        try noGrad { () throws(ZooError) in try Op.addScalar_.run(self, value) }
    }
    /// Adds an integer to every element.
    public func add_(_ value: Int) throws(ZooError) {
        try noGrad { () throws(ZooError) in try Op.addScalar_.run(self, value) }
    }
    /// Fills with numbers from the uniform distribution on [low, high), from the engine's default generator.
    public func uniform_(_ low: Double, _ high: Double) throws(ZooError) {
        try noGrad { () throws(ZooError) in try Op.uniform.run(self, low, high) }
    }
    /// Puts another tensor's contents, type and device behind every reference to this one, as `tensor.data = other`
    /// does in PyTorch.
    public func replaceContents(with other: Tensor) throws(ZooError) {
        try noGrad { () throws(ZooError) in try Op.setData.run(self, other) }
    }
}
