import CEngine
import Foundation
import Synchronization

/// The engine's shared library, opened when something is to be computed and not before: its static initialisers take
/// ten times as long as a listing.
enum EngineLibrary {
    /// It stands beside the program, as the plugins do, and is found nowhere else.
    static let path = Program.directory + "/libCTorch.so"

    /// As a `UInt`, because an atomic of a pointer is not `Sendable`.
    private static let opened = Atomic<UInt>(0)

    /// What the library exports, once `open` has succeeded. Using it earlier is a programmer's error.
    static var table: zoo_engine {
        guard let engine = UnsafePointer<zoo_engine>(bitPattern: opened.load(ordering: .acquiring)) else {
            preconditionFailure("the engine is used before EngineControl.start")
        }
        return engine.pointee
    }

    static var isOpen: Bool { opened.load(ordering: .acquiring) != 0 }

    /// Opens it; once it is open, does nothing.
    ///
    /// - Throws: `unavailable` if it is missing, lacks libtorch, or comes from another build.
    static func open() throws(HostError) {
        guard !isOpen else { return }
        // Global, as if it were linked: libtorch's CUDA part and plugins that link libtorch find the one copy.
        guard let handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? "unknown error"
            throw HostError(.unavailable, "the engine cannot be opened: \(reason); 'make build' makes it, 'make setup' installs libtorch")
        }
        guard let symbol = dlsym(handle, "zoo_engine_v1"),
            let engine = unsafeBitCast(symbol, to: zoo_engine_fn.self)(),
            engine.pointee.struct_size == UInt32(MemoryLayout<zoo_engine>.size)
        else { throw HostError(.unavailable, "\(path): the engine of another build, expected this program's; 'make build' makes it") }
        opened.store(UInt(bitPattern: engine), ordering: .releasing)
    }
}

/// The running program.
enum Program {
    /// Its file, symbolic links resolved; "" if the system does not tell.
    static let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    static let directory = (path as NSString).deletingLastPathComponent
}
