import ZooCore
public import ZooKit

/// What is known of a file that may be a plugin, for as long as it stays the same.
package struct PluginRecord: Codable, Sendable {
    var facts: FileFacts
    let sha256: String
    let finding: Finding

    enum Finding: Codable, Sendable {
        /// A shared library that is no plugin.
        case other
        case plugin(Profile)
        /// It crashed or hung when it was loaded; it is tried again once anything in its folder has changed, as it may have missed a file.
        case broken(HostError, folder: FileFacts?)
    }

    /// What a plugin said when it was loaded in a process of its own.
    package struct Profile: Codable, Sendable {
        let descriptor: String
        let needed: [String]
        let components: [ComponentInfo]
        /// What loading it took.
        let seconds: Double
    }
}

// What the cache keeps of ZooKit's types. Bounds and defaults may be infinite; the coders write those as words.

extension Kind: Codable {}
extension Option.ValueType: Codable {}
extension Option.FileContents: Codable {}
extension Wiring.Target: Codable {}

extension Setting: Codable {
    private enum Key: String, CodingKey { case bool, int, double, string, ints, doubles }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        switch fields.allKeys.first {
        case .bool: self = .bool(try fields.decode(Bool.self, forKey: .bool))
        case .int: self = .int(try fields.decode(Int.self, forKey: .int))
        case .double: self = .double(try fields.decode(Double.self, forKey: .double))
        case .string: self = .string(try fields.decode(String.self, forKey: .string))
        case .ints: self = .ints(try fields.decode([Int].self, forKey: .ints))
        case .doubles: self = .doubles(try fields.decode([Double].self, forKey: .doubles))
        case nil: throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no setting"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        switch self {
        case .bool(let value): try fields.encode(value, forKey: .bool)
        case .int(let value): try fields.encode(value, forKey: .int)
        case .double(let value): try fields.encode(value, forKey: .double)
        case .string(let value): try fields.encode(value, forKey: .string)
        case .ints(let value): try fields.encode(value, forKey: .ints)
        case .doubles(let value): try fields.encode(value, forKey: .doubles)
        }
    }
}

extension Option: Codable {
    private enum Key: String, CodingKey { case name, help, type, fallback, minimum, maximum, choices, file }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let low = try fields.decode(Double.self, forKey: .minimum)
        let high = try fields.decode(Double.self, forKey: .maximum)
        guard low <= high else {
            throw DecodingError.dataCorruptedError(forKey: .maximum, in: fields, debugDescription: "below the minimum")
        }
        self.init(
            name: try fields.decode(String.self, forKey: .name), help: try fields.decode(String.self, forKey: .help),
            type: try fields.decode(ValueType.self, forKey: .type),
            fallback: try fields.decodeIfPresent(Setting.self, forKey: .fallback), range: low...high,
            choices: try fields.decodeIfPresent([String].self, forKey: .choices),
            file: try fields.decodeIfPresent(FileContents.self, forKey: .file))
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(name, forKey: .name)
        try fields.encode(help, forKey: .help)
        try fields.encode(type, forKey: .type)
        try fields.encodeIfPresent(fallback, forKey: .fallback)
        try fields.encode(range.lowerBound, forKey: .minimum)
        try fields.encode(range.upperBound, forKey: .maximum)
        try fields.encodeIfPresent(choices, forKey: .choices)
        try fields.encodeIfPresent(file, forKey: .file)
    }
}

extension Slot: Codable {
    private enum Key: String, CodingKey { case name, kind, required, help }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        self.init(
            try fields.decode(String.self, forKey: .name), try fields.decode(Kind.self, forKey: .kind),
            required: try fields.decode(Bool.self, forKey: .required), try fields.decode(String.self, forKey: .help))
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(name, forKey: .name)
        try fields.encode(kind, forKey: .kind)
        try fields.encode(isRequired, forKey: .required)
        try fields.encode(help, forKey: .help)
    }
}

extension Wiring: Codable {
    private enum Key: String, CodingKey { case target, drawing }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        self.init(try fields.decode(Target.self, forKey: .target), try fields.decode(String.self, forKey: .drawing))
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(target, forKey: .target)
        try fields.encode(drawing, forKey: .drawing)
    }
}
