import CZooPlugin

/// Why an operation failed: the one error type of ZooKit and of everything that crosses the plugin boundary.
public struct ZooError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The contract's status codes.
    ///
    /// An operator reports an index, value or type that PyTorch rejects as `badArgument`, what is not implemented for a
    /// device or type as `unsupported`, and shapes that do not fit together as `error`.
    public enum Kind: UInt32, Sendable {
        /// A failure of no other kind.
        case error = 1
        /// A thing of that name or number is not there.
        case notFound
        /// An argument, setting or file is not what is expected.
        case badArgument
        /// The system has not enough memory.
        case outOfMemory
        /// The operation is right, but this host, device or component cannot do it.
        case unsupported
    }

    /// The kind of failure.
    public var kind: Kind
    /// One line that names what failed, what was expected and what was found.
    public var message: String

    /// Makes an error of a message and a kind.
    public init(_ message: String, _ kind: Kind = .error) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }

    /// The message of a failure that came without one.
    public static let silence = "failed without saying why"

    /// The last failure of the engine, or of the other side of the boundary, on this thread.
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
