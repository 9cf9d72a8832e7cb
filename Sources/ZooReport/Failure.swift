import Foundation
import ZooData
import ZooHarness
import ZooHost

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

    /// 130, the shell's status for a program that was interrupted, for `Interrupted`; 64 for a data set that does not
    /// exist, 66 for data that are not there and 65 for data that are wrong; 70 for what nobody foresaw.
    public init(_ error: any Error) {
        message = singleLine("\(error)")
        exitStatus =
            switch error {
            case let error as Failure: error.exitStatus
            case let error as HostError: error.exitCode
            case let error as DataError: Self.status(error)
            case is Interrupted: 130
            default: HostError.Kind.software.rawValue
            }
    }

    private static func status(_ error: DataError) -> Int32 {
        if ["data set", "limit"].contains(error.field) { return HostError.Kind.usage.rawValue }
        let isMissing =
            error.field == "data directory" || error.found == "no such file" || !FileManager.default.fileExists(atPath: error.file)
        return isMissing && error.file != "strokes" ? HostError.Kind.noInput.rawValue : HostError.Kind.data.rawValue
    }
}
