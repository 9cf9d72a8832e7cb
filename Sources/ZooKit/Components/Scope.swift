/// A place in a module's parameters, where a layer registers its own.
public struct Scope {
    /// The parameters of the whole module.
    public let parameters: Parameters
    let prefix: String

    /// A place within this one.
    public subscript(name: String) -> Scope { Scope(parameters: parameters, prefix: prefix + name + ".") }

    /// Registers a trained tensor, makes it record gradients and returns it, as `register_parameter` in PyTorch.
    ///
    /// - Throws: `badArgument` if the name is taken or empty.
    @discardableResult
    public func parameter(_ name: String, _ tensor: Tensor) throws(ZooError) -> Tensor {
        try parameters.register(prefix + name, tensor.requiresGrad_(), .parameter)
        return tensor
    }

    /// Registers a tensor that is kept with the weights but not trained and returns it, as `register_buffer` in
    /// PyTorch.
    ///
    /// - Throws: `badArgument` if the name is taken or empty.
    @discardableResult
    public func buffer(_ name: String, _ tensor: Tensor) throws(ZooError) -> Tensor {
        try parameters.register(prefix + name, tensor, .buffer)
        return tensor
    }

    /// Takes a part in: its tensors get names here, and its training mode follows this module's.
    ///
    /// - Throws: `badArgument` if a name is taken.
    @discardableResult
    public func adopt<M: Module>(_ part: M) throws -> M {
        try take(part.parameters)
        return part
    }

    func take(_ others: Parameters) throws {
        for entry in others.entries { try parameters.register(prefix + entry.name, entry.tensor, entry.role) }
        parameters.follow { try others.setTraining($0) }
    }
}
