/// What a module keeps: its named parameters and buffers, and whether it is training.
///
/// Everything is registered explicitly, under a name that is unique within the module:
///
///     let parameters = Parameters()
///     let conv = try Conv2d(1, 64, kernel: 9, in: parameters["conv1"])   // conv1.weight, conv1.bias
public final class Parameters {
    public enum Role: UInt32, Sendable { case parameter = 0, buffer }

    public struct Entry {
        public let name: String
        public let tensor: Tensor
        public let role: Role
    }

    public private(set) var entries: [Entry] = []

    /// True at first, as in PyTorch.
    public private(set) var isTraining = true

    private var names: Set<String> = []
    private var followers: [(Bool) throws -> Void] = []

    public init() {}

    /// Where the names of a layer or part begin.
    public subscript(name: String) -> Scope { Scope(parameters: self, prefix: name + ".") }

    /// The whole module, without a prefix.
    public var root: Scope { Scope(parameters: self, prefix: "") }

    /// - Throws: `badArgument` if the name is taken or empty.
    public func register(_ name: String, _ tensor: Tensor, _ role: Role) throws(ZooError) {
        guard !name.isEmpty, names.insert(name).inserted else {
            throw ZooError("the parameter name '\(name)' is \(name.isEmpty ? "empty" : "registered twice")", .badArgument)
        }
        entries.append(Entry(name: name, tensor: tensor, role: role))
    }

    /// Training (dropout on, batch statistics) or evaluation, for this module and all its parts.
    public func setTraining(_ on: Bool) throws {
        isTraining = on
        for follower in followers { try follower(on) }
    }

    func follow(_ body: @escaping (Bool) throws -> Void) { followers.append(body) }

    /// The tensor of that name, or nil.
    public subscript(tensor name: String) -> Tensor? { entries.first { $0.name == name }?.tensor }

    /// Number of trained values.
    public var count: Int { entries.reduce(0) { $1.role == .parameter ? $0 + $1.tensor.count : $0 } }

    /// Moves or converts all floating-point tensors, in place, for everyone who holds them.
    public func convert(dtype: DType? = nil, device: Device? = nil, format: MemoryFormat? = nil) throws(ZooError) {
        for entry in entries {
            let floating = [.float16, .bfloat16, .float32, .float64].contains(entry.tensor.dtype)
            var tensor = try entry.tensor.detached().to(device: device, dtype: floating ? dtype : nil)
            if let format, tensor.rank == 4 { tensor = try tensor.contiguous(format) }
            try entry.tensor.replaceContents(with: tensor)
        }
    }
}

/// A place in a module's parameters, where a layer registers its own.
public struct Scope {
    public let parameters: Parameters
    let prefix: String

    public subscript(name: String) -> Scope { Scope(parameters: parameters, prefix: prefix + name + ".") }

    /// Registers a trained tensor; gives it back, recording gradients.
    @discardableResult
    public func parameter(_ name: String, _ tensor: Tensor) throws(ZooError) -> Tensor {
        try parameters.register(prefix + name, tensor.requiringGradient(), .parameter)
        return tensor
    }

    /// Registers a tensor that is kept with the weights but not trained.
    @discardableResult
    public func buffer(_ name: String, _ tensor: Tensor) throws(ZooError) -> Tensor {
        try parameters.register(prefix + name, tensor, .buffer)
        return tensor
    }

    /// Takes a part in: its tensors under this prefix, its training mode following ours.
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

/// Anything with parameters.
public protocol Module: AnyObject {
    var parameters: Parameters { get }
}
