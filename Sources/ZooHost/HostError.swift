/// What went wrong, in one line for people, and what kind of thing it was, for the exit status.
///
/// The message names the file or field, what was found, and what was expected. It has no trailing full stop or newline,
/// so that a caller can put it after a prefix (`zoo: …`).
public struct HostError: Error, CustomStringConvertible, Sendable, Hashable, Codable {
    /// The kinds of failure; raw values are the exit statuses of `<sysexits.h>`.
    public enum Kind: Int32, Sendable, Hashable, CaseIterable, Codable {
        /// The command line asks for something that does not exist or does not fit together.
        case usage = 64
        /// An input file or a plugin is garbled, truncated, or of another version.
        case data = 65
        /// An input file does not exist or cannot be opened.
        case noInput = 66
        /// Something outside the zoo is missing: the engine, a device, a program.
        case unavailable = 69
        /// A mistake in the zoo or in a plugin.
        case software = 70
        /// An output file or directory cannot be created.
        case cantCreate = 73
        /// Reading or writing failed half-way.
        case io = 74
        /// A plugin is not to be trusted, or a lock does not name it.
        case noPermission = 77
        /// A configuration file (`zoo.json`) or a setting is wrong.
        case config = 78
    }

    public let kind: Kind
    public let message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The status a process should exit with, as `<sysexits.h>` numbers it.
    public var exitCode: Int32 { kind.rawValue }

    public var description: String { message }
}
