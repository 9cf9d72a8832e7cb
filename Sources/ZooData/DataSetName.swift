import ZooCore

/// The name of a data set taken apart: `BASE?field=value&field=value`.
///
/// The fields begin at the last question mark; one with a slash behind it belongs to a path. A path whose last part holds a question
/// mark is therefore followed by another, even without fields.
struct DataSetName: Hashable, Sendable {
    struct Field: Hashable, Sendable {
        let name, value: String
    }

    let base: String
    var fields: [Field] = []

    init(base: String, fields: [Field] = []) {
        self.base = base
        self.fields = fields
    }

    /// - Throws: `usage` if a field has no value, or two.
    init(_ text: String) throws {
        let mark = text.lastIndex(of: "?").flatMap { text[$0...].contains("/") ? nil : $0 } ?? text.endIndex
        base = String(text[..<mark])
        for part in text[mark...].dropFirst().split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, !pair[0].isEmpty else {
                throw HostError(.usage, file: text, field: "options", expected: "field=value, separated by &", found: "'\(part)'")
            }
            guard !fields.contains(where: { $0.name == pair[0] }) else {
                throw HostError(.usage, file: text, field: pair[0], expected: "one value", found: "two")
            }
            fields.append(Field(name: pair[0], value: pair[1]))
        }
    }

    var text: String {
        let holdsMark = base.split(separator: "/").last?.contains("?") ?? false
        return fields.isEmpty && !holdsMark ? base : base + "?" + options
    }

    /// The fields as they are written behind the question mark.
    var options: String { fields.map { "\($0.name)=\($0.value)" }.joined(separator: "&") }

    /// Takes a field out; nil if there is none of that name.
    mutating func take(_ name: String) -> String? {
        guard let index = fields.firstIndex(where: { $0.name == name }) else { return nil }
        return fields.remove(at: index).value
    }

    /// A path without what makes no difference: doubled and closing slashes, and "." between folders. A relative path stays relative,
    /// and ".." stays where it is, since the folder before it may be a link.
    ///
    /// The path is read as `ByteName` reads a text, and written as it writes one.
    static func normalised(path: String) -> String {
        let bytes = ByteName(text: path).bytes
        let slash = UInt8(ascii: "/")
        let parts = bytes.split(separator: slash).filter { $0 != [UInt8(ascii: ".")] }
        let joined = Array(parts.joined(separator: [slash]))
        if bytes.first == slash { return ByteName([slash] + joined).text }
        return joined.isEmpty ? (bytes.isEmpty ? "" : ".") : ByteName(joined).text
    }
}

/// Reads the values of a name's fields; what is wrong with one is said of the whole name.
package struct DataSetField {
    let file: String
    let name, value: String

    func wrong(_ expected: String) -> HostError {
        HostError(.usage, file: file, field: name, expected: expected, found: "'\(value)'")
    }

    func number(_ range: ClosedRange<Double>) throws -> Double {
        guard let number = Double(value), range.contains(number) else {
            throw wrong("a number from \(range.lowerBound) to \(range.upperBound)")
        }
        // Not "-0.0", which would be another name for the same.
        return number == 0 ? 0 : number
    }

    func integer(_ range: ClosedRange<Int>, _ unit: String) throws -> Int {
        guard let number = Int(value), range.contains(number) else {
            throw wrong("\(range.lowerBound) to \(range.upperBound) \(unit)")
        }
        return number
    }

    func flag() throws -> Bool {
        guard let flag = Bool(value) else { throw wrong("true or false") }
        return flag
    }

    func choice<T: RawRepresentable & CaseIterable>(_ type: T.Type) throws -> T where T.RawValue == String {
        guard let choice = T(rawValue: value) else { throw wrong(T.allCases.map(\.rawValue).joined(separator: ", ")) }
        return choice
    }

    func unknown(_ fields: [String]) -> HostError {
        HostError(.usage, file: file, field: name, expected: "one of " + fields.joined(separator: ", "), found: "an unknown field")
    }
}
