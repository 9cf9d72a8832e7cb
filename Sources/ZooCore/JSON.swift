public import Foundation

/// A JSON value.
public enum JSON: Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    /// What it is, for an error message.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .int(let value): "the number \(value)"
        case .double(let value): "the number \(value)"
        case .string(let value): "the string \"\(value)\""
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// - Throws: `data` with the file and the place of the first character that is not JSON.
    public init(contents: Data, file: String) throws {
        do {
            self = try JSONDecoder().decode(JSON.self, from: contents)
        } catch DecodingError.dataCorrupted(let context) {
            let cause = (context.underlyingError as NSError?)?.userInfo["NSDebugDescription"] as? String
            throw HostError(.data, "\(file): not JSON: \(cause ?? context.debugDescription)")
        } catch {
            throw HostError(.data, "\(file): not JSON: \(error)")
        }
    }
}

extension JSON: Equatable {
    /// Numbers are compared by value: 1.0 is written as 1, and read again as an integer.
    public static func == (a: JSON, b: JSON) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.double(let a), .double(let b)): a == b
        case (.int(let whole), .double(let number)), (.double(let number), .int(let whole)): Int(exactly: number) == whole
        case (.string(let a), .string(let b)): a == b
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        default: false
        }
    }
}

extension JSON: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // What is most frequent first: every attempt that fails makes an error, which takes longer than a value.
        if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if container.decodeNil() {
            self = .null
        } else if let members = try? decoder.container(keyedBy: Key.self) {
            self = .object(
                try members.allKeys.reduce(into: [:]) { $0[$1.stringValue] = try members.decode(JSON.self, forKey: $1) })
        } else if var elements = try? decoder.unkeyedContainer() {
            var list: [JSON] = []
            while !elements.isAtEnd { list.append(try elements.decode(JSON.self)) }
            self = .array(list)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else {
            self = .bool(try container.decode(Bool.self))
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

/// A place in a JSON document that knows its path, so that every complaint names it: `zoo.json: $.entries[2].recipe.epochs`.
package struct JSONPlace: Sendable, Equatable {
    package let value: JSON
    package let file: String
    package let path: String

    package init(value: JSON, file: String, path: String) {
        self.value = value
        self.file = file
        self.path = path
    }

    package func error(_ text: String) -> HostError { HostError(.config, "\(file): \(path): \(text)") }

    package func child(_ key: String, _ value: JSON) -> JSONPlace { JSONPlace(value: value, file: file, path: "\(path).\(key)") }

    package func string() throws(HostError) -> String {
        guard case .string(let text) = value else { throw error("expected a string, found \(value.kind)") }
        return text
    }
    package func bool() throws(HostError) -> Bool {
        guard case .bool(let flag) = value else { throw error("expected true or false, found \(value.kind)") }
        return flag
    }
    package func int(in range: ClosedRange<Int>) throws(HostError) -> Int {
        guard case .int(let number) = value else { throw error("expected an integer, found \(value.kind)") }
        guard range.contains(number) else { throw error("expected \(span("\(range.lowerBound)", "\(range.upperBound)")), found \(number)") }
        return number
    }
    package func double(in range: ClosedRange<Double>) throws(HostError) -> Double {
        let number: Double
        switch value {
        case .int(let value): number = Double(value)
        case .double(let value): number = value
        default: throw error("expected a number, found \(value.kind)")
        }
        guard range.contains(number) else {
            throw error("expected \(span(plain(range.lowerBound), plain(range.upperBound))), found \(plain(number))")
        }
        return number
    }
    private func span(_ low: String, _ high: String) -> String { low == high ? low : "\(low) to \(high)" }
    package func choice<T: RawRepresentable & CaseIterable>(_ type: T.Type) throws(HostError) -> T where T.RawValue == String {
        let text = try string()
        let names = T.allCases.map(\.rawValue)
        guard let choice = T(rawValue: text) else {
            throw error("expected one of \(names.joined(separator: ", ")), found \"\(text)\"\(suggestion(text, names))")
        }
        return choice
    }
    /// A SHA-256.
    package func digest() throws(HostError) -> String {
        let text = try string()
        guard text.count == 64, text.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) else {
            throw error("expected 64 lower-case hexadecimal digits, found \"\(text)\"")
        }
        return text
    }
    package func array() throws(HostError) -> [JSONPlace] {
        guard case .array(let list) = value else { throw error("expected a list, found \(value.kind)") }
        return list.enumerated().map { JSONPlace(value: $1, file: file, path: "\(path)[\($0)]") }
    }
    package func members() throws(HostError) -> [String: JSON] {
        guard case .object(let members) = value else { throw error("expected an object, found \(value.kind)") }
        return members
    }
    /// An object whose keys are all known.
    package func object(_ known: [String], required: [String] = []) throws(HostError) -> [String: JSONPlace] {
        let members = try members()
        if let stray = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw child(stray, .null).error("unknown field\(suggestion(stray, known)); known are \(known.joined(separator: ", "))")
        }
        if let missing = required.first(where: { members[$0] == nil }) { throw error("the field '\(missing)' is missing") }
        return Dictionary(uniqueKeysWithValues: members.map { ($0.key, child($0.key, $0.value)) })
    }
}

/// ", did you mean 'x'?" where something is near enough.
public func suggestion(_ name: String, _ candidates: some Sequence<String>) -> String {
    nearest(to: name, in: candidates).map { ", did you mean '\($0)'?" } ?? ""
}
