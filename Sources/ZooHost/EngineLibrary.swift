import CEngine
import Foundation
import Glibc
import Synchronization
import ZooCore

/// The engine's shared library, opened when something is to be computed and not before: its static initialisers take
/// ten times as long as a listing.
enum EngineLibrary {
    /// It stands beside the program, as the plugins do, and is found nowhere else.
    static let path = Program.engine

    /// The address is kept as a `UInt`, because an atomic of a pointer is not `Sendable`.
    private static let opened = Atomic<UInt>(0)

    /// What the library exports, once `open` has succeeded. Using it earlier is a programmer's error.
    static var table: zoo_engine {
        guard let engine = UnsafePointer<zoo_engine>(bitPattern: opened.load(ordering: .acquiring)) else {
            preconditionFailure("the engine is used before EngineControl.start")
        }
        return engine.pointee
    }

    /// The file that was opened.
    private static let source = Mutex<RegularFile?>(nil)

    static func sha256() throws(HostError) -> String {
        guard let file = source.withLock({ $0 }) else { throw HostError(.unavailable, "the engine is not open") }
        let sha256 = try file.sha256()
        var status = stat()
        guard fstat(file.descriptor, &status) == 0, FileFacts(status).modified == FileFacts(file.status).modified else {
            throw HostError(.data, "\(path): the engine's library has been changed since it was opened; run the command again")
        }
        return sha256
    }

    static var isOpen: Bool { opened.load(ordering: .acquiring) != 0 }

    /// Opens it; once it is open, does nothing.
    ///
    /// - Throws: `unavailable` if it is missing, lacks libtorch, or comes from another build.
    static func open() throws(HostError) {
        guard !isOpen else { return }
        let file: RegularFile
        do throws(HostError) { file = try RegularFile(path) } catch {
            throw HostError(.unavailable, "the engine cannot be opened: \(error.message); \(Program.cure("'make build' makes it"))")
        }
        // MKL reads it when it is loaded. On Intel's processors its products of matrices otherwise differ with the number of threads;
        // what the user has set stays.
        setenv("MKL_CBWR", "AUTO,STRICT", 0)
        // libgomp's threads otherwise wait for each other by spinning ten times as long, which on a busy machine takes whole time slices.
        if getenv("OMP_WAIT_POLICY") == nil { setenv("GOMP_SPINCOUNT", "30000", 0) }
        // Global, as if it were linked: libtorch's CUDA part and plugins that link libtorch find the one copy.
        guard let handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? "unknown error"
            let cure = Program.cure("'make build' makes it, 'make setup' installs libtorch")
            throw HostError(.unavailable, "the engine cannot be opened: \(reason); \(cure)")
        }
        guard let symbol = dlsym(handle, "zoo_engine_v1"),
            let engine = unsafeBitCast(symbol, to: zoo_engine_fn.self)(),
            engine.pointee.struct_size == UInt32(MemoryLayout<zoo_engine>.size)
        else {
            let cure = Program.cure("'make build' makes it")
            throw HostError(.unavailable, "\(path): the engine of another build, expected this program's; \(cure)")
        }
        // The linker goes by the name; it has to have found the file whose hash is told.
        guard FileFacts(path: path) == FileFacts(file.status) else {
            throw HostError(.unavailable, "\(path): it was replaced while it was opened; run the command again")
        }
        source.withLock { $0 = file }
        opened.store(UInt(bitPattern: engine), ordering: .releasing)
    }
}
