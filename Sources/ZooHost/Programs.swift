import CEngine
import CZooPlugin
import Foundation
import Glibc
import Synchronization
import ZooCore
import ZooPlugins

/// The door through which files come in that are programs and no plugins: TorchScript, which PyTorch's own notes on security call one, and
/// AOTInductor packages. The engine opens such a file here and nowhere else, whatever component asks for it.
///
/// A file is opened once. It is checked and hashed through that descriptor, and the engine reads it through the same one.
enum Programs {
    private struct State: Sendable {
        var trust = Trust(allowed: [])
        var lock: String?
        /// What is open already for components that are about to ask for it.
        var open: [String: Program] = [:]
        /// Hashes by path of what was handed out since they were last asked for.
        var given: [String: String] = [:]
    }

    /// A file that was checked.
    struct Program: Sendable {
        let file: RegularFile
        let sha256: String
    }

    private static let state = Mutex(State())

    /// Sets what files are judged by from now on.
    static func judge(by trust: Trust, _ lock: PluginLock?) {
        state.withLock { state in
            state.trust = trust
            state.lock = lock?.path
        }
    }

    /// Opens and checks a file, and keeps it for the component that will ask for it during `body`.
    static func admit<R, E: Error>(_ paths: [String], _ body: () throws(E) -> R) throws(HostError) -> Result<R, E> {
        for path in paths {
            let program = try check(path)
            state.withLock { $0.open[path] = program }
        }
        defer { state.withLock { state in for path in paths { state.open[path] = nil } } }
        return Result { () throws(E) in try body() }
    }

    /// Hashes by path of what the engine was given since this was last asked.
    static func takeGiven() -> [String: String] {
        state.withLock { state in
            defer { state.given = [:] }
            return state.given
        }
    }

    private static func check(_ path: String) throws(HostError) -> Program {
        let (trust, lock) = state.withLock { ($0.trust, $0.lock) }
        let file = try trust.open(path)
        if let lock, !trust.isAllowed(file) {
            throw HostError(
                .noPermission, "\(path): is a program, and \(lock) pins what may be loaded; \(ProgramOption.allow) \(path) loads it anyway")
        }
        return Program(file: file, sha256: try file.sha256())
    }

    /// `open_program` of the engine: a descriptor for it to close, and when its contents were last changed.
    static func open(
        _ path: UnsafePointer<CChar>?, _ descriptor: UnsafeMutablePointer<Int32>?, _ changed: UnsafeMutablePointer<Int64>?
    ) -> zoo_status {
        func fail(_ status: zoo_status, _ text: String) -> zoo_status { EngineLibrary.table.host.pointee.fail(status, text) }
        guard let path, let descriptor, let changed else { return fail(ZOO_BAD_ARGUMENT, "open_program needs a path and places") }
        let name = String(cString: path)
        do throws(HostError) {
            // `??` carries no typed error.
            let program: Program
            if let admitted = state.withLock({ $0.open[name] }) { program = admitted } else { program = try check(name) }
            let copy = fcntl(program.file.descriptor, F_DUPFD_CLOEXEC, 10)
            guard copy >= 0 else { throw HostError(.unavailable, "\(name): \(FileBytes.reason(errno))") }
            lseek(copy, 0, SEEK_SET)
            descriptor.pointee = copy
            changed.pointee = FileFacts(program.file.status).modified
            state.withLock { $0.given[name] = program.sha256 }
            return ZOO_OK
        } catch { return fail(error.kind == .noInput ? ZOO_NOT_FOUND : ZOO_ERROR, error.message) }
    }
}
