import CZooPlugin

/// Native code that PyTorch has compiled and packed with `torch._inductor.aoti_compile_and_package`.
///
/// It computes for one thread at a time, in evaluation only: its weights are constants of the program, which cannot be
/// read or trained, and it records no gradients.
public final class CompiledPackage {
    private let package: OpaquePointer
    private let table: UnsafePointer<zoo_aotinductor_v1>

    /// Loads the package's code into this process. An option that names such a file has to be one of `Option.file(…,
    /// .code, …)`: then the host has asked whose file it is.
    ///
    /// - Throws: `unsupported` under a host without AOTInductor; what the engine says of a file that is no package.
    public init(path: String) throws(ZooError) {
        guard let table = Engine.extension(ZOO_EXT_AOTINDUCTOR, as: zoo_aotinductor_v1.self),
            table.pointee.struct_size >= MemoryLayout<zoo_aotinductor_v1>.size
        else { throw ZooError("this host has no \(ZOO_EXT_AOTINDUCTOR)", .unsupported) }
        var made: OpaquePointer?
        try check(table.pointee.load(path, &made))
        guard let made else { throw ZooError("\(path): no package came back") }
        self.table = table
        package = made
    }

    deinit { table.pointee.release(package) }

    /// Calls the program, which takes one tensor and gives one.
    ///
    /// - Throws: `unsupported` where a gradient by `x` would have to be recorded; `badArgument` for a size that it was
    ///   not compiled for.
    public func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        var out: OpaquePointer?
        try x.with { x throws(ZooError) in try check(table.pointee.call(package, x, &out)) }
        return try Tensor(result: out)
    }
}
