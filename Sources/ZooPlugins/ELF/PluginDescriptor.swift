import FoundationEssentials
import FoundationEssentials
import ZooCore

/// The text that a plugin carries about itself, read from the file before anything of the plugin is loaded.
///
/// `zoo_plugin.h` defines it: a constant that begins `ZOO-PLUGIN-DESCRIPTOR 1.0`, then lines of `key: value`, then a NUL.
public struct PluginDescriptor: Sendable, Hashable {
    /// The version of the contract that the plugin was written for.
    public let abiMajor: UInt32, abiMinor: UInt32
    /// Letters, digits, `-`, `_` and `.`.
    public let id: String
    public let version: String
    /// An SPDX expression.
    public let licence: String
    /// One line.
    public let summary: String
    public let authors: [String]
    /// `arXiv:1506.02025` and the like; may be empty.
    public let papers: [String]
    /// The engine that the library itself links, `libtorch 2.13.0` for example; `nil` for a plugin that links none.
    public let engine: String?
    /// Every line in order, those of unknown keys included.
    public let fields: [Field]
    /// The whole text as it stands in the file: the plugin's table must hold the same.
    public let text: String

    /// One `key: value` line.
    public struct Field: Sendable, Hashable {
        public let key: String
        public let value: String
    }

    static let magic = "ZOO-PLUGIN-DESCRIPTOR "
    /// The longest descriptor that is looked for, its NUL included.
    static let largest = 64 << 10

    /// The value of a line by its key, known or not.
    public subscript(key: String) -> String? { fields.first { $0.key == key }?.value }

    /// Reads a descriptor from its text; `path` is what errors call the library it comes from.
    ///
    /// - Throws: `HostError` of kind `data` that names the line or key at fault.
    public init(text: String, path: String) throws {
        func wrong(_ reason: String) -> HostError { HostError(.data, "\(path): plugin descriptor: \(reason)") }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        while let last = lines.last, last.isEmpty { lines.removeLast() }
        guard let first = lines.first, let version = Self.abiVersion(first) else {
            throw wrong("it begins '\(shown(text.prefix(40)))', expected '\(Self.magic)MAJOR.MINOR'")
        }
        var fields: [Field] = []
        for (number, line) in lines.enumerated().dropFirst() {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
                throw wrong("line \(number + 1) is '\(shown(line.prefix(40)))', expected 'key: value'")
            }
            let key = String(line[..<colon])
            let value = trimmed(line[line.index(after: colon)...])
            guard !(key + value).unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
                throw wrong("'\(shown(key))' holds a control character, expected plain text")
            }
            guard !fields.contains(where: { $0.key == key }) else { throw wrong("'\(key)' appears twice") }
            fields.append(Field(key: key, value: value))
        }
        func required(_ key: String) throws -> String {
            guard let value = fields.first(where: { $0.key == key })?.value, !value.isEmpty else {
                throw wrong("'\(key)' is missing, expected a line '\(key): …'")
            }
            return value
        }
        func list(_ value: String) -> [String] { value.split(separator: ";").map(trimmed).filter { !$0.isEmpty } }

        (abiMajor, abiMinor) = version
        id = try required("id")
        guard id.unicodeScalars.allSatisfy({ $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains($0)) })
        else { throw wrong("id is '\(id)', expected letters, digits, '-', '_' and '.' only") }
        self.version = try required("version")
        licence = try required("licence")
        summary = try required("summary")
        authors = list(try required("authors"))
        guard !authors.isEmpty else { throw wrong("'authors' names nobody, expected names with ';' between them") }
        papers = fields.first { $0.key == "papers" }.map { list($0.value) } ?? []
        engine = fields.first { $0.key == "engine" && !$0.value.isEmpty }?.value
        self.fields = fields
        self.text = text
    }

    /// Looks for the descriptor in the loaded parts of a library (linkers put constants into writable segments, too);
    /// `nil` if there is none, as in any other library.
    ///
    /// Other code may well mention the magic words, the host's own does. Only a text counts whose first line gives a
    /// version, which has a second line, is UTF-8, and ends with a NUL within 64 KiB. The compiler may have kept several copies
    /// of the same text.
    ///
    /// - Throws: `HostError` of kind `data` if the text is wrong, or if there are several different ones.
    public static func find(in library: ELFFile) throws -> PluginDescriptor? {
        var texts: [String] = []
        library.contents.withUnsafeBytes { raw in
            let bytes = ELFBytes(raw: raw, path: library.path)
            for segment in library.segments {
                for start in bytes.occurrences(of: magic, in: segment.fileRange) {
                    let rest = raw[start..<min(start + largest, Int(segment.fileRange.upperBound))]
                    guard let end = rest.firstIndex(of: 0), let text = String(validating: rest[..<end], as: UTF8.self) else { continue }
                    let lines = text.split(separator: "\n", maxSplits: 1)
                    guard lines.count == 2, let first = lines.first, abiVersion(first) != nil, !texts.contains(text) else { continue }
                    texts.append(text)
                }
            }
        }
        guard let text = texts.first else { return nil }
        guard texts.count == 1 else {
            throw HostError(.data, "\(library.path): it carries \(texts.count) different plugin descriptors, expected one")
        }
        return try PluginDescriptor(text: text, path: library.path)
    }

    /// `ZOO-PLUGIN-DESCRIPTOR 1.0` to (1, 0).
    private static func abiVersion(_ line: Substring) -> (UInt32, UInt32)? {
        guard line.hasPrefix(magic) else { return nil }
        let numbers = line.dropFirst(magic.count).split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 2, numbers.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let major = UInt32(numbers[0]), let minor = UInt32(numbers[1])
        else { return nil }
        return (major, minor)
    }
}

private func trimmed(_ text: Substring) -> String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
    var rest = text.drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return String(rest)
}

/// Text from a file of unknown origin, harmless to a terminal.
private func shown(_ text: some StringProtocol) -> String {
    String(text.map { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? "·" : $0 })
}
