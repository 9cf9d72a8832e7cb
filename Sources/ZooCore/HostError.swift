/// What went wrong: a kind, from which the exit status follows, and either a text or the four parts from which one is made.
///
///     throw HostError(.data, file: path, field: "magic number", expected: "0x00000803", found: "0x00000801")
///
/// Code decides by `kind` and `details`, never by words in `message`. The message is one line without a trailing full stop,
/// so that a caller can put it after a prefix (`zoo: …`).
public struct HostError: Error, CustomStringConvertible, Sendable, Hashable, Codable {
    /// The kinds of failure; raw values are the exit statuses of `<sysexits.h>`, and 130 is the shell's for an interrupt.
    public enum Kind: Int32, Sendable, Hashable, CaseIterable, Codable {
        /// The command line asks for something that does not exist or does not fit together.
        case usage = 64
        /// An input file or a plugin is damaged, cut short, or of another version.
        case data = 65
        /// An input file does not exist or cannot be opened.
        case noInput = 66
        /// Something outside the zoo is missing: the engine, a device, a program.
        case unavailable = 69
        /// A mistake in the zoo or in a plugin.
        case software = 70
        /// The memory was not enough.
        case outOfMemory = 71
        /// An output file or directory cannot be created.
        case cantCreate = 73
        /// Reading or writing failed part of the way.
        case io = 74
        /// A plugin is not to be trusted, or a lock does not name it.
        case noPermission = 77
        /// A configuration file (`zoo.json`) or a setting is wrong.
        case config = 78
    }

    /// What was wrong with which part of which file.
    public struct Details: Sendable, Hashable, Codable {
        /// The path, or the name of the data set where there is no file.
        public let file: String
        /// The part of it that is wrong, "magic number" for example.
        public let field: String
        public let expected: String
        public let found: String
    }

    public let kind: Kind
    public let message: String
    /// Absent where the failure is not about one field of one file.
    public let details: Details?

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
        details = nil
    }

    /// - Parameters:
    ///   - file: the path, or the name of the data set where there is no file.
    ///   - field: the part of it that is wrong.
    public init(_ kind: Kind, file: String, field: String, expected: String, found: String) {
        self.kind = kind
        message = "\(file): \(field): expected \(expected), found \(found)"
        details = Details(file: file, field: field, expected: expected, found: found)
    }

    public var file: String? { details?.file }
    public var field: String? { details?.field }
    public var expected: String? { details?.expected }
    public var found: String? { details?.found }

    /// The status a process should exit with, as `<sysexits.h>` numbers it.
    public var exitCode: Int32 { kind.rawValue }

    public var description: String { message }
}
