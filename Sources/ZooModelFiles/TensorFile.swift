import FoundationEssentials
import ZooCore
public import ZooKit

extension SafetensorsDType {
    init?(_ dtype: DType?) {
        switch dtype {
        case .uint8: self = .u8
        case .int8: self = .i8
        case .int16: self = .i16
        case .int32: self = .i32
        case .int64: self = .i64
        case .float16: self = .f16
        case .bfloat16: self = .bf16
        case .float32: self = .f32
        case .float64: self = .f64
        case .bool: self = .bool
        case nil: return nil
        }
    }

    /// The engine's type, if it has one.
    var dtype: DType? { DType.allCases.first { SafetensorsDType($0) == self } }
}

extension SafetensorsFile {
    /// Writes named tensors; see `write(_:metadata:to:)`.
    ///
    /// - Throws: `software` if a tensor has a type that the format does not know; else as `write`.
    public static func write(tensors: [(name: String, tensor: Tensor)], metadata: [String: String], to path: String) throws {
        try write(
            tensors.map { name, tensor in
                guard let dtype = SafetensorsDType(tensor.dtype) else {
                    throw HostError(.software, "\(path): tensor '\(name)' has a type that safetensors does not know")
                }
                return SafetensorsTensor(name: name, dtype: dtype, shape: tensor.shape, bytes: try tensor.withBytes { Data($0) })
            }, metadata: metadata, to: path)
    }

    /// A tensor of the file, on the CPU.
    ///
    /// - Throws: `data` if there is none of that name, or of a type that the engine lacks.
    public func tensor(_ name: String) throws -> Tensor {
        let bytes = try bytes(of: name)
        guard let entry = entry(name), let dtype = entry.dtype.dtype else {
            throw HostError(
                .data, "\(path): tensor '\(name)' has the type \(entry(name)?.dtype.rawValue ?? "?"), which the engine does not have")
        }
        return try bytes.withUnsafeBytes { try Tensor(bytes: $0, dtype: dtype, shape: entry.shape) }
    }

    /// Copies tensors into a network's parameters and buffers: every one of them, by name, of the same shape.
    ///
    /// Nothing is written unless everything fits. Tensors of the file whose name begins with one of `ignored` are left out. Counters of
    /// batch norm may be missing, or be there without a parameter of that name: see `isCounter`.
    ///
    /// - Throws: `data` naming the first tensor that is missing, left over, or of another shape.
    public func load(into parameters: Parameters, ignoring ignored: [String] = []) throws {
        let names = Set(parameters.entries.map(\.name))
        for entry in parameters.entries {
            guard let found = self.entry(entry.name) else {
                if Self.isCounter(entry.name) { continue }
                let hint = nearest(to: entry.name, in: entries.lazy.map(\.name)).map { ", the nearest it has is '\($0)'" } ?? ""
                throw HostError(.data, "\(path): the network needs a tensor '\(entry.name)' of shape \(entry.tensor.shape)\(hint)")
            }
            guard found.shape == entry.tensor.shape else {
                throw HostError(.data, "\(path): tensor '\(entry.name)' has shape \(found.shape), the network needs \(entry.tensor.shape)")
            }
        }
        let stray = entries.first { entry in
            !names.contains(entry.name) && !Self.isCounter(entry.name) && !ignored.contains { entry.name.hasPrefix($0) }
        }
        if let stray {
            throw HostError(.data, "\(path): tensor '\(stray.name)' belongs to no parameter of the network")
        }
        let values = try parameters.entries.map { try self.entry($0.name) == nil ? Tensor.zeros([], dtype: .int64) : tensor($0.name) }
        for (entry, value) in zip(parameters.entries, values) { try entry.tensor.copy_(value) }
    }

    /// Whether a tensor is a batch norm's count of its batches. PyTorch leaves it out where it does not track them, and older or converted
    /// files do; no result of evaluation depends on it, and without it the count begins at 0.
    public static func isCounter(_ name: String) -> Bool {
        name == "num_batches_tracked" || name.hasSuffix(".num_batches_tracked")
    }
}
