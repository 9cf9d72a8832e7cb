/// The named parameters and buffers of a module, and whether it is in training.
///
///     let parameters = Parameters()
///     let conv = try Conv2d(inChannels: 1, outChannels: 64, kernelSize: 9, in: parameters["conv1"])
///     // registers conv1.weight and conv1.bias
///
/// Every tensor is registered explicitly, under a name that is unique within the module. The names are those of the
/// weights in files.
public final class Parameters {
    /// What a registered tensor is for.
    public enum Role: UInt32, Sendable {
        /// It is trained.
        case parameter = 0
        /// It is kept with the weights, but not trained.
        case buffer
    }

    /// A registered tensor.
    public struct Entry {
        /// Its name within the module, "conv1.weight".
        public let name: String
        /// The tensor itself.
        public let tensor: Tensor
        /// Whether it is trained.
        public let role: Role
    }

    /// The tensors in the order of registration.
    public private(set) var entries: [Entry] = []

    /// Whether the module is in training rather than evaluation; true at first, as in PyTorch.
    public private(set) var isTraining = true

    private var names: Set<String> = []
    private var followers: [(Bool) throws -> Void] = []

    /// Starts without a tensor, in training.
    public init() {}

    /// The place for a layer or part whose tensors are named "name.…".
    public subscript(name: String) -> Scope { Scope(parameters: self, prefix: name + ".") }

    /// The module itself, without a prefix.
    public var root: Scope { Scope(parameters: self, prefix: "") }

    /// Registers a tensor.
    ///
    /// - Throws: `badArgument` if the name is taken or empty.
    public func register(_ name: String, _ tensor: Tensor, _ role: Role) throws(ZooError) {
        guard !name.isEmpty, names.insert(name).inserted else {
            throw ZooError("the parameter name '\(name)' is \(name.isEmpty ? "empty" : "registered twice")", .badArgument)
        }
        entries.append(Entry(name: name, tensor: tensor, role: role))
    }

    /// Switches this module and all its parts to training (dropout, statistics of the batch) or to evaluation.
    public func setTraining(_ on: Bool) throws {
        isTraining = on
        for follower in followers { try follower(on) }
    }

    func follow(_ body: @escaping (Bool) throws -> Void) { followers.append(body) }

    /// The tensor registered under `name`, or nil.
    public subscript(tensor name: String) -> Tensor? { entries.first { $0.name == name }?.tensor }

    /// The number of trained values.
    public var count: Int { entries.reduce(0) { $1.role == .parameter ? $0 + $1.tensor.count : $0 } }

    /// Converts all floating-point tensors to `dtype`, moves all tensors to `device` and lays those of four dimensions
    /// out in `format`, in place, for every reference to them.
    public func convert(dtype: DType? = nil, device: Device? = nil, format: MemoryFormat? = nil) throws(ZooError) {
        for entry in entries {
            let floating = [.float16, .bfloat16, .float32, .float64].contains(entry.tensor.dtype)
            var tensor = try entry.tensor.detach().to(device: device, dtype: floating ? dtype : nil)
            if let format, tensor.ndim == 4 { tensor = try tensor.contiguous(format) }
            try entry.tensor.replaceContents(with: tensor)
        }
    }
}
