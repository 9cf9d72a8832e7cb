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
            do throws(HostError) {
                values[name] = try option.setting(JSONPlace(value: value, file: "probe '\(probe)'", path: "'\(name)'"))
            } catch { throw HostError(.usage, error.message) }
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
