import CEngine
import CZooPlugin
import Foundation
import Logging
import Synchronization
public import ZooCore
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
    private static let wanted = Mutex(Precision.fp32)

    /// Starts the engine once; later calls set the thread count only.
    ///
    /// - Parameter threads: within one operator; nil leaves the engine's choice, the number of cores.
    /// - Throws: `unavailable` if the engine cannot be opened, or is another build's.
    public static func start(threads: Int? = nil) throws(HostError) {
        let outcome: Result<Bool, HostError> = started.withLock { started in
            if !started {
                do throws(HostError) { try EngineLibrary.open() } catch { return .failure(error) }
                EngineLibrary.table.set_host_callbacks(logFromPlugin) {
                    PartMaker.make($0, $1, $2, $3)
                } _: {
                    Programs.open($0, $1, $2)
                }
                started = Engine.attach(EngineLibrary.table.host)
            }
            return .success(started)
        }
        guard try outcome.get() else {
            throw HostError(.unavailable, "this program's ZooKit and engine were built for different versions of the contract")
        }
        if let threads { try check(EngineLibrary.table.set_threads(Int32(clamping: threads))) }
        try check(EngineLibrary.table.set_precision(precision.dtype))
        try openDevices()
    }

    /// Whether the engine runs. Until it does, nothing below may be asked.
    public static var isStarted: Bool { EngineLibrary.isOpen }

    public static var threads: Int { Int(EngineLibrary.table.threads()) }

    /// The version of libtorch, "2.13.0".
    public static var version: String { String(cString: EngineLibrary.table.version) }

    /// The libtorch_cpu.so in use.
    public static var libraryPath: String { EngineLibrary.table.library_path().map { String(cString: $0) } ?? "" }

    /// The library that holds the engine and the zoo's own kernels.
    public static var enginePath: String { EngineLibrary.path }

    /// SHA-256 of the engine's library as it was when it was opened.
    ///
    /// - Throws: `unavailable` if the engine is not open, `data` if the file has been written into since.
    public static func sha256() throws(HostError) -> String { try EngineLibrary.sha256() }

    /// What convolutions multiply.
    public static var precision: Precision { wanted.withLock { $0 } }

    /// What results are made with: "libtorch 2.13.0", the precision if it is not float32, and the device if it is not the CPU.
    public static var described: String { Engine.name + (precision == .fp32 ? "" : ", \(precision.name)") + deviceDescription }

    /// Chooses it for the whole process, also before the engine is started.
    ///
    /// - Throws: `unavailable` if the engine runs and cannot; else `start` does.
    public static func choose(_ precision: Precision) throws(HostError) {
        wanted.withLock { $0 = precision }
        if isStarted { try check(EngineLibrary.table.set_precision(precision.dtype)) }
    }

    /// The set of instructions that the zoo's kernels are taken for, "avx2"; "off" for libtorch's operators instead; on a GPU its
    /// own, "sm_90", whatever the processor has.
    ///
    /// - Throws: `unavailable` if `ZOO_CPU` names one that this processor lacks.
    public static func instructions() throws(HostError) -> String {
        if let deviceInstructions { return deviceInstructions }
        guard let name = EngineLibrary.table.instructions() else {
            try check(ZOO_UNSUPPORTED)
            return ""
        }
        return String(cString: name)
    }

    /// Seeds the default generators: initial weights and dropout follow from it.
    public static func seed(_ seed: UInt64) throws(HostError) { try check(EngineLibrary.table.seed(seed)) }

    /// Takes subnormal numbers as zero, as training code does for speed. Where the processor cannot, nothing changes; nor where the
    /// engine is not started, since nothing is computed there.
    public static func flushDenormals() { if EngineLibrary.isOpen { _ = EngineLibrary.table.flush_denormals(1) } }

    private static func check(_ status: zoo_status) throws(HostError) {
        guard status != ZOO_OK else { return }
        throw HostError(.unavailable, EngineLibrary.table.host.pointee.last_error().map { String(cString: $0) } ?? "the engine failed")
    }
}
