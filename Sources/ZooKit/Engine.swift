public import CZooPlugin
import Synchronization

/// The host's table, set once per copy of ZooKit: by the host at start, by a plugin in its entry function.
/// As a `UInt`, because an atomic of a pointer is not `Sendable`.
private let slot = Atomic<UInt>(0)

/// The tensor engine behind everything in ZooKit: whatever the host hands in.
public enum Engine {
    /// Connects this copy of ZooKit to a host.
    ///
    /// - Returns: true if `table` speaks this version of the contract and is the first one attached, or the same again.
    public static func attach(_ table: UnsafePointer<zoo_host_v1>?) -> Bool {
        guard let table, table.pointee.magic == ZOO_MAGIC, table.pointee.abi_major == ZOO_ABI_MAJOR,
            table.pointee.struct_size >= MemoryLayout<zoo_host_v1>.size
        else { return false }
        let (first, now) = slot.compareExchange(
            expected: 0, desired: UInt(bitPattern: table), ordering: .acquiringAndReleasing)
        return first || now == UInt(bitPattern: table)
    }

    /// Using the engine before `attach` is a programmer's error.
    @inline(__always) static var host: UnsafePointer<zoo_host_v1> {
        guard let table = UnsafePointer<zoo_host_v1>(bitPattern: slot.load(ordering: .acquiring)) else {
            preconditionFailure("ZooKit is used before Engine.attach(_:)")
        }
        return table
    }

    /// The engine's name and version, for people: "libtorch 2.13.0".
    public static var name: String { String(cString: host.pointee.engine) }

    /// A feature newer than the contract's first version, or nil under a host that lacks it.
    public static func `extension`<T>(_ id: String, as type: T.Type) -> UnsafePointer<T>? {
        host.pointee.extension(id)?.assumingMemoryBound(to: type)
    }

    /// Sends a line to the host's log.
    public static func log(_ level: LogLevel, _ message: String) {
        host.pointee.log(zoo_log_level(level.rawValue), message)
    }

    public enum LogLevel: UInt32, Sendable { case debug = 0, info, warning, error }
}

/// Why an operation failed: the one error type of ZooKit and of everything that crosses the plugin boundary.
public struct ZooError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The contract's status codes.
    public enum Kind: UInt32, Sendable { case error = 1, notFound, badArgument, outOfMemory, unsupported }
    public var kind: Kind
    public var message: String
    public init(_ message: String, _ kind: Kind = .error) {
        self.kind = kind
        self.message = message
    }
    public var description: String { message }

    /// The message of a failure that came without one.
    public static let silence = "failed without saying why"

    /// The engine's or the other side's last failure on this thread.
    static func last(_ status: zoo_status) -> ZooError {
        let text = Engine.host.pointee.last_error().map { String(cString: $0) } ?? ""
        return ZooError(text.isEmpty ? silence : text, Kind(rawValue: status.rawValue) ?? .error)
    }
}

/// Throws what the other side reported.
@inline(__always) func check(_ status: zoo_status) throws(ZooError) {
    if status != ZOO_OK { throw ZooError.last(status) }
}

/// Runs `body` and turns a Swift error into the contract's status and text.
func report(_ body: () throws -> Void) -> zoo_status {
    do {
        try body()
        return ZOO_OK
    } catch {
        let kind = (error as? ZooError)?.kind ?? .error
        return Engine.host.pointee.fail(zoo_status(kind.rawValue), "\(error)")
    }
}

/// Runs `body` without recording gradients.
///
/// Grad mode belongs to the thread, so `body` is synchronous on purpose: an `await` could resume on another one.
public func withoutGradients<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    let before = Engine.host.pointee.grad_mode()
    Engine.host.pointee.set_grad_mode(0)
    defer { Engine.host.pointee.set_grad_mode(before) }
    return try body()
}

/// Whether operators on this thread record gradients.
public var gradientsEnabled: Bool { Engine.host.pointee.grad_mode() != 0 }
