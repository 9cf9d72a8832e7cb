public import ZooCore
package import ZooKit

/// The settings of a probe: what was asked for, completed by defaults and checked against the probe's options.
public struct ProbeSettings: Sendable {
    private let values: [String: Setting]
    /// All of them by name, defaults included.
    public let json: [String: JSON]

    /// Nothing but defaults. Every option of a probe has one.
    package init(options: [Option]) {
        values = Dictionary(uniqueKeysWithValues: options.compactMap { option in option.fallback.map { (option.name, $0) } })
        json = values.mapValues(JSON.init)
    }

    /// - Throws: `usage` naming the probe and the field that is unknown, of the wrong type or out of range.
    package init(_ given: [String: JSON], options: [Option], probe: String) throws(HostError) {
        var values = Self(options: options).values
        for (name, value) in given.sorted(by: { $0.key < $1.key }) {
            guard let option = options.first(where: { $0.name == name }) else {
                let known = options.map(\.name)
                throw HostError(
                    .usage,
                    "probe '\(probe)' has no setting '\(name)'\(suggestion(name, known)); "
                        + (known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"))
            }
            values[name] = try Self.setting(value, option, probe)
        }
        self.values = values
        json = values.mapValues(JSON.init)
    }

    /// What stands behind the `?` of `name?key=value&key=value`.
    ///
    /// - Throws: `usage` naming the probe and the field.
    package static func parse(_ query: some StringProtocol, options: [Option], probe: String) throws(HostError) -> [String: JSON] {
        var given: [String: JSON] = [:]
        for field in String(query).split(separator: "&" as Character) {
            let pieces = field.split(separator: "=" as Character, maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pieces.count == 2, !pieces[0].isEmpty else {
                throw HostError(.usage, "probe '\(probe)': expected key=value, found '\(field)'")
            }
            guard given[pieces[0]] == nil else { throw HostError(.usage, "probe '\(probe)': '\(pieces[0])' is set twice") }
            given[pieces[0]] = json(pieces[1], options.first { $0.name == pieces[0] }?.type)
        }
        return given
    }

    /// A value as written; whatever cannot be read as its type stays a string, which the check then names.
    private static func json(_ text: String, _ type: Option.ValueType?) -> JSON {
        func number(_ text: some StringProtocol) -> JSON {
            Int(text).map(JSON.int) ?? Double(text).map(JSON.double) ?? .string(String(text))
        }
        switch type {
        case .bool: return ["true": .bool(true), "false": .bool(false)][text] ?? .string(text)
        case .int, .double: return number(text)
        case .ints, .doubles: return .array(text.split(separator: ",").map { number($0) })
        case .string, nil: return .string(text)
        }
    }

    private static func setting(_ value: JSON, _ option: Option, _ probe: String) throws(HostError) -> Setting {
        func wrong(_ what: String) -> HostError {
            HostError(.usage, "probe '\(probe)': '\(option.name)': expected \(what), found \(Self.shown(value))")
        }
        func double(_ value: JSON) throws(HostError) -> Double {
            let number: Double
            switch value {
            case .int(let whole): number = Double(whole)
            case .double(let fraction): number = fraction
            default: throw wrong("\(option.type)")
            }
            guard option.range.contains(number) else {
                let (low, high) = (plain(option.range.lowerBound), plain(option.range.upperBound))
                throw wrong(low == high ? low : "\(low) to \(high)")
            }
            return number
        }
        func int(_ value: JSON) throws(HostError) -> Int {
            guard case .int(let number) = value else { throw wrong("\(option.type)") }
            _ = try double(value)
            return number
        }
        switch (option.type, value) {
        case (.bool, .bool(let on)): return .bool(on)
        case (.int, _): return .int(try int(value))
        case (.double, _): return .double(try double(value))
        case (.string, .string(let text)):
            guard option.choices?.contains(text) ?? true else {
                throw wrong("one of \((option.choices ?? []).joined(separator: ", "))")
            }
            return .string(text)
        case (.ints, .array(let list)): return .ints(try list.map { (item) throws(HostError) in try int(item) })
        case (.doubles, .array(let list)): return .doubles(try list.map { (item) throws(HostError) in try double(item) })
        default: throw wrong("\(option.type)")
        }
    }

    private static func shown(_ value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool(let on): "\(on)"
        case .int(let number): "\(number)"
        case .double(let number): "\(number)"
        case .string(let text): "'\(text)'"
        case .array(let list): "[\(list.map(shown).joined(separator: ", "))]"
        case .object: "an object"
        }
    }

    // MARK: Reading. A probe reads what it declares; anything else is a mistake in the probe.

    package func int(_ name: String) -> Int {
        guard case .int(let value)? = values[name] else { preconditionFailure("no integer option '\(name)' is declared") }
        return value
    }
    package func double(_ name: String) -> Double {
        guard case .double(let value)? = values[name] else { preconditionFailure("no number option '\(name)' is declared") }
        return value
    }
    package func bool(_ name: String) -> Bool {
        guard case .bool(let value)? = values[name] else { preconditionFailure("no boolean option '\(name)' is declared") }
        return value
    }
    package func doubles(_ name: String) -> [Double] {
        guard case .doubles(let value)? = values[name] else { preconditionFailure("no list option '\(name)' is declared") }
        return value
    }
}
