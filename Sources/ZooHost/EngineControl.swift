import CTorch
import CZooPlugin
import Foundation
import Logging
import Synchronization
import ZooKit

private let pluginLog = Logger(label: "plugin")

/// `log` of the host's table.
private func logFromPlugin(_ level: zoo_log_level, _ message: UnsafePointer<CChar>?) {
    guard let message else { return }
    let levels: [Logger.Level] = [.debug, .info, .warning, .error]
    let index = Int(level.rawValue)
    pluginLog.log(level: levels.indices.contains(index) ? levels[index] : .error, "\(String(cString: message))")
}

/// What only the host may set on the engine.
public enum EngineControl {
    private static let started = Mutex(false)

    /// Starts the engine once; later calls set the thread count only.
    ///
    /// - Parameter threads: within one operator; nil leaves the engine's choice, the number of cores.
    /// - Throws: `unavailable` if ZooKit and the engine speak different contracts.
    public static func start(threads: Int? = nil) throws(HostError) {
        let fit = started.withLock { started in
            if !started {
                ctorch_set_host_callbacks(logFromPlugin) { PartMaker.make($0, $1, $2, $3) }
                started = Engine.attach(ctorch_host())
            }
            return started
        }
        guard fit else {
            throw HostError(.unavailable, "this program's ZooKit and engine were built for different versions of the contract")
        }
        if let threads { try check(ctorch_set_threads(Int32(clamping: threads))) }
    }

    public static var threads: Int { Int(ctorch_threads()) }

    /// The version of libtorch, "2.13.0".
    public static var version: String { String(cString: ctorch_version()) }

    /// The libtorch_cpu.so in use.
    public static var libraryPath: String { String(cString: ctorch_library_path()) }

    /// Seeds the default generators: initial weights and dropout follow from it.
    public static func seed(_ seed: UInt64) throws(HostError) { try check(ctorch_seed(seed)) }

    /// Fail rather than use an operator that gives other bits at every run.
    public static func requireDeterminism(_ on: Bool) throws(HostError) { try check(ctorch_deterministic(on ? 1 : 0)) }

    /// Takes subnormal numbers as zero, as training code does for speed. Where the processor cannot, nothing changes.
    public static func flushDenormals() { _ = ctorch_flush_denormals(1) }

    /// Makes CUDA usable, if this libtorch and machine have it.
    ///
    /// - Throws: `unavailable` with the reason.
    public static func enableCUDA() throws(HostError) { try check(ctorch_enable_cuda()) }

    private static func check(_ status: zoo_status) throws(HostError) {
        guard status != ZOO_OK else { return }
        throw HostError(.unavailable, ctorch_host().pointee.last_error().map { String(cString: $0) } ?? "the engine failed")
    }
}
