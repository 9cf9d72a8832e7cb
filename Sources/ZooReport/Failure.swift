import ZooCore
import ZooHost
import ZooKit
import ZooProbes

/// What an error means to people and to the shell: one line, and a status of `<sysexits.h>`.
public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    /// One line without control characters.
    public let message: String
    public let exitStatus: Int32
    public var description: String { message }

    public init(_ message: String, exitStatus: Int32) {
        self.message = singleLine(message)
        self.exitStatus = exitStatus
    }

    /// The status of a `HostError` or a `ZooError` is that of its kind; 130, the shell's for a program that was interrupted, of
    /// `Interrupted`; 0 of `NotApplicable`, which is an answer; 70 of what nobody foresaw.
    public init(_ error: any Error) {
        message = singleLine("\(error)")
        exitStatus =
            switch error {
            case let error as Failure: error.exitStatus
            case let error as HostError: error.exitCode
            case let error as ZooError: HostError.Kind(error.kind).rawValue
            case is Interrupted: 130
            case is NotApplicable: 0
            default: HostError.Kind.software.rawValue
            }
    }
}
