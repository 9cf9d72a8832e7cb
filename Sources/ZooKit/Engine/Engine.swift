public import CZooPlugin
import Synchronization

/// The host's table, set once per copy of ZooKit: by the host at start, by a plugin in its entry function.
/// It is kept as a `UInt`, because an atomic of a pointer is not `Sendable`.
private let slot = Atomic<UInt>(0)

/// The tensor engine behind everything in ZooKit: libtorch, through the table of functions that the host hands in.
public enum Engine {
    /// Connects this copy of ZooKit to a host. A plugin need not call it: ``Plugin/attach(_:)`` does.
    ///
    /// - Returns: Whether `table` speaks this version of the contract and is the first one attached, or the same one
    ///   again.
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

    /// The engine's name and version, for messages: "libtorch 2.13.0".
    public static var name: String { String(cString: host.pointee.engine) }

    /// The table of a feature that is newer than the contract's first version, or nil under a host that lacks it.
    public static func `extension`<T>(_ id: String, as type: T.Type) -> UnsafePointer<T>? {
        host.pointee.extension(id)?.assumingMemoryBound(to: type)
    }

    /// Sends a line to the host's log.
    public static func log(_ level: LogLevel, _ message: String) {
        host.pointee.log(zoo_log_level(level.rawValue), message)
    }

    /// How important a line of the log is.
    public enum LogLevel: UInt32, Sendable {
        /// Details that help to find an error.
        case debug = 0
        /// What a normal run does.
        case info
        /// Something that a user should look at.
        case warning
        /// Something has failed.
        case error
    }
}
