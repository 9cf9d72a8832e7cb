import CZooPlugin
import Glibc

/// A module that PyTorch has saved with `torch.jit.save`, with its parameters.
///
/// Gradients flow through it and into its parameters as through any other layer.
public final class TorchScript: Module {
    public let parameters = Parameters()
    private let script: OpaquePointer
    private let table: UnsafePointer<zoo_torchscript_v1>

    /// Reads a file; the tensors are on the CPU.
    ///
    /// - Throws: `unsupported` under a host without TorchScript; what the engine says of a file that is none.
    public init(path: String) throws(ZooError) {
        guard let table = Engine.extension(ZOO_EXT_TORCHSCRIPT, as: zoo_torchscript_v1.self),
            table.pointee.struct_size >= MemoryLayout<zoo_torchscript_v1>.size
        else { throw ZooError("this host has no \(ZOO_EXT_TORCHSCRIPT)", .unsupported) }
        var made: OpaquePointer?
        try check(table.pointee.load(path, &made))
        guard let made else { throw ZooError("\(path): no module came back") }
        self.table = table
        script = made
        for index in 0..<UInt32(1_000_000) {
            var entry = zoo_state_v1()
            let status = table.pointee.state(script, index, &entry)
            if status == ZOO_NOT_FOUND { break }
            try check(status)
            let tensor = try Tensor(result: entry.tensor)
            guard let name = entry.name else { throw ZooError("\(path): a parameter has no name", .badArgument) }
            try parameters.register(String(cString: name), tensor, entry.role == ZOO_BUFFER ? .buffer : .parameter)
        }
        parameters.follow { [weak self] on in if let self { try check(self.table.pointee.set_training(self.script, on ? 1 : 0)) } }
    }

    deinit { table.pointee.release(script) }

    /// Calls the module, which gives one tensor.
    ///
    /// - Parameters:
    ///   - x: The input, of the shape that the module takes.
    ///   - name: A submodule by its dotted path, or a method; "" for the module itself.
    /// - Throws: `notFound` with the names there are; what the module itself throws.
    public func callAsFunction(_ x: Tensor, through name: String = "") throws(ZooError) -> Tensor {
        var out: OpaquePointer?
        try x.with { x throws(ZooError) in try check(table.pointee.call(script, name, x, &out)) }
        return try Tensor(result: out)
    }

    /// Calls the module, which gives several tensors.
    ///
    /// - Parameters:
    ///   - outputs: Which of the outputs: keys of the dict that comes out, fields of the named tuple, or places, from
    ///     "0" on, in any tuple or list.
    ///   - x: The input, of the shape that the module takes.
    ///   - name: A submodule by its dotted path, or a method; "" for the module itself.
    /// - Throws: `notFound` with the outputs there are; `unsupported` under a host that cannot pick.
    public func outputs(_ outputs: [String], of x: Tensor, through name: String = "") throws -> [Tensor] {
        guard let table = Engine.extension(ZOO_EXT_TORCHSCRIPT_OUTPUTS, as: zoo_torchscript_outputs_v1.self) else {
            throw ZooError("this host has no \(ZOO_EXT_TORCHSCRIPT_OUTPUTS)", .unsupported)
        }
        let names = outputs.map { strdup($0) }
        defer { names.forEach { free($0) } }
        var out = [OpaquePointer?](repeating: nil, count: outputs.count)
        try x.with { x throws(ZooError) in
            try check(table.pointee.call(script, name, x, names.map { UnsafePointer($0) }, UInt32(outputs.count), &out))
        }
        return try out.map { try Tensor(result: $0) }
    }
}
