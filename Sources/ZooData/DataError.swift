/// Data that is missing or is not what it should be: which file, which field of it, what was expected and found.
public struct DataError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The path, or the name of the data set where there is no file.
    public let file: String
    /// The part of it that is wrong, "magic number" for example.
    public let field: String
    public let expected: String
    public let found: String

    public init(file: String, field: String, expected: String, found: String) {
        self.file = file
        self.field = field
        self.expected = expected
        self.found = found
    }

    /// One line.
    public var description: String { "\(file): \(field): expected \(expected), found \(found)" }
}
