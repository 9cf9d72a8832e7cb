import CZooPlugin

/// What kind of part a component is.
public enum Kind: UInt32, Sendable, CaseIterable, CustomStringConvertible {
    case extractor = 1, transformer, localization, architecture
    public var description: String {
        switch self {
        case .extractor: "extractor"
        case .transformer: "transformer"
        case .localization: "localization"
        case .architecture: "architecture"
        }
    }
}

/// The value of a setting.
public enum Setting: Equatable, Sendable, CustomStringConvertible {
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case ints([Int])
    case doubles([Double])

    public var description: String {
        switch self {
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let value): value
        case .ints(let value): "\(value)"
        case .doubles(let value): "\(value)"
        }
    }
}

/// One setting that a component understands.
public struct Option: Sendable {
    public enum ValueType: UInt32, Sendable, CustomStringConvertible {
        case bool = 2, int, double, string
        case ints = 7, doubles
        public var description: String {
            switch self {
            case .bool: "true or false"
            case .int: "an integer"
            case .double: "a number"
            case .string: "a string"
            case .ints: "a list of integers"
            case .doubles: "a list of numbers"
            }
        }
    }
    public let name: String
    public let help: String
    public let type: ValueType
    /// nil: required.
    public let fallback: Setting?
    /// Inclusive bounds of a number or of every number of a list.
    public let range: ClosedRange<Double>
    /// Allowed strings; nil: any.
    public let choices: [String]?
    /// What is in the file that a string names; nil: the string is no path.
    public let file: FileContents?

    /// What a component finds in a file that an option names.
    public enum FileContents: UInt32, Sendable {
        case data = 0
        /// Trained weights, with which an instance starts.
        case weights
        /// Native code, with weights: it has to lie where a plugin could.
        case code
    }

    /// - Parameter range: inclusive bounds of a number or of every number of a list.
    public init(
        name: String, help: String, type: ValueType, fallback: Setting?, range: ClosedRange<Double>, choices: [String]?,
        file: FileContents? = nil
    ) {
        self.name = name
        self.help = help
        self.type = type
        self.fallback = fallback
        self.range = range
        self.choices = choices
        self.file = file
    }

    static let open = -Double.infinity...Double.infinity

    public static func bool(_ name: String, default value: Bool?, _ help: String) -> Option {
        Option(name: name, help: help, type: .bool, fallback: value.map(Setting.bool), range: open, choices: nil)
    }
    public static func int(_ name: String, default value: Int?, in range: ClosedRange<Int>, _ help: String) -> Option {
        Option(
            name: name, help: help, type: .int, fallback: value.map(Setting.int),
            range: Double(range.lowerBound)...Double(range.upperBound), choices: nil)
    }
    public static func double(_ name: String, default value: Double?, in range: ClosedRange<Double>, _ help: String) -> Option {
        Option(name: name, help: help, type: .double, fallback: value.map(Setting.double), range: range, choices: nil)
    }
    public static func string(_ name: String, default value: String?, choices: [String]? = nil, _ help: String) -> Option {
        Option(name: name, help: help, type: .string, fallback: value.map(Setting.string), range: open, choices: choices)
    }
    /// The path of a file. In a manifest it may be relative to the manifest's folder; the component gets it absolute.
    public static func file(_ name: String, _ contents: FileContents, _ help: String) -> Option {
        Option(name: name, help: help, type: .string, fallback: nil, range: open, choices: nil, file: contents)
    }
    public static func ints(_ name: String, default value: [Int]?, in range: ClosedRange<Int>, _ help: String) -> Option {
        Option(
            name: name, help: help, type: .ints, fallback: value.map(Setting.ints),
            range: Double(range.lowerBound)...Double(range.upperBound), choices: nil)
    }
    public static func doubles(_ name: String, default value: [Double]?, in range: ClosedRange<Double>, _ help: String) -> Option {
        Option(name: name, help: help, type: .doubles, fallback: value.map(Setting.doubles), range: range, choices: nil)
    }
}

/// One part that an architecture needs, filled by an entry.
public struct Slot: Sendable {
    public let name: String
    public let kind: Kind
    public let isRequired: Bool
    public let help: String
    public init(_ name: String, _ kind: Kind, required: Bool = true, _ help: String) {
        self.name = name
        self.kind = kind
        isRequired = required
        self.help = help
    }
}

/// What a plugin offers: a type that conforms to this and to one of `FeatureExtractor`, `SpatialTransformer`,
/// `LocalizationNet` and `Architecture`.
public protocol Component: Module {
    /// Unique within its kind: lower case, digits, '-'.
    static var id: String { get }
    /// One line.
    static var summary: String { get }
    /// Where it comes from, "arXiv:1506.02025" for example.
    static var paper: String { get }
    static var options: [Option] { get }
    /// Parts that an architecture asks for.
    static var slots: [Slot] { get }
    /// What an architecture transforms and how it is wired, for people.
    static var wiring: Wiring? { get }
    init(_ build: Build) throws
}
extension Component {
    public static var paper: String { "" }
    public static var options: [Option] { [] }
    public static var slots: [Slot] { [] }
    public static var wiring: Wiring? { nil }
}

/// What an architecture transforms, and a drawing of it.
public struct Wiring: Equatable, Sendable {
    public enum Target: UInt32, Sendable, CustomStringConvertible {
        case nothing = 0
        case input, features
        public var description: String {
            switch self {
            case .nothing: "none"
            case .input: "input"
            case .features: "feature map"
            }
        }
    }
    public let target: Target
    /// Several lines of text; {slot} stands for what fills the slot, {option} for the value of a setting.
    public let drawing: String
    public init(_ target: Target, _ drawing: String) {
        self.target = target
        self.drawing = drawing
    }
}

/// The size of one input, C×H×W.
public struct ImageShape: Hashable, Sendable, CustomStringConvertible {
    public var channels, height, width: Int
    public init(_ channels: Int, _ height: Int, _ width: Int) {
        self.channels = channels
        self.height = height
        self.width = width
    }
    public var description: String { "\(channels)×\(height)×\(width)" }
}

/// A resampling of feature maps that an architecture announces to an extractor.
public struct Resampling: Equatable, Sendable {
    /// After how many stages; 0 is the input.
    public var stage: Int
    public var height, width: Int
    public init(after stage: Int, height: Int, width: Int) {
        self.stage = stage
        self.height = height
        self.width = width
    }
}

/// What an instance is made for. Valid during `init` only; an architecture asks it for its parts.
public struct Build {
    /// Of one input.
    public let input: ImageShape
    /// Extractor and architecture: classes (extractor: 0 = features only). Localization: parameters of the family.
    public let outputs: Int
    /// Extractor: resamplings between its stages, ascending by stage.
    public let resamplings: [Resampling]
    let settings: [String: Setting]
    let builder: OpaquePointer?

    private func setting<T>(_ name: String, _ pick: (Setting) -> T?) throws(ZooError) -> T {
        guard let value = settings[name], let result = pick(value) else {
            throw ZooError("the component reads an option '\(name)' that it does not declare with that type", .badArgument)
        }
        return result
    }
    public func bool(_ name: String) throws(ZooError) -> Bool { try setting(name) { if case .bool(let v) = $0 { v } else { nil } } }
    public func int(_ name: String) throws(ZooError) -> Int { try setting(name) { if case .int(let v) = $0 { v } else { nil } } }
    public func double(_ name: String) throws(ZooError) -> Double { try setting(name) { if case .double(let v) = $0 { v } else { nil } } }
    public func string(_ name: String) throws(ZooError) -> String { try setting(name) { if case .string(let v) = $0 { v } else { nil } } }
    public func ints(_ name: String) throws(ZooError) -> [Int] { try setting(name) { if case .ints(let v) = $0 { v } else { nil } } }
    public func doubles(_ name: String) throws(ZooError) -> [Double] {
        try setting(name) { if case .doubles(let v) = $0 { v } else { nil } }
    }

    // MARK: Parts

    /// A fresh extractor, as the entry names it for `slot`.
    ///
    /// - Parameter classes: 0 for features only.
    public func extractor(_ slot: String, input: ImageShape, classes: Int, resamplings: [Resampling] = []) throws -> any FeatureExtractor {
        try ForeignExtractor(part(slot, .extractor, input, classes, resamplings))
    }
    /// A fresh transformer, for images or features of that size.
    public func transformer(_ slot: String, input: ImageShape) throws -> any SpatialTransformer {
        try ForeignTransformer(part(slot, .transformer, input, 0))
    }
    /// A fresh localization net for a family of `outputs` parameters.
    public func localization(_ slot: String, input: ImageShape, outputs: Int) throws -> any LocalizationNet {
        try ForeignLocalization(part(slot, .localization, input, outputs))
    }

    private func part(_ slot: String, _ kind: Kind, _ input: ImageShape, _ outputs: Int, _ resamplings: [Resampling] = []) throws
        -> ForeignPart
    {
        var out = zoo_part_v1()
        let resizes = resamplings.map { zoo_resize_v1(stage: UInt32($0.stage), height: Int64($0.height), width: Int64($0.width)) }
        try resizes.withUnsafeBufferPointer { list in
            var build = zoo_build_v1()
            build.struct_size = UInt32(MemoryLayout<zoo_build_v1>.size)
            build.channels = Int64(input.channels)
            build.height = Int64(input.height)
            build.width = Int64(input.width)
            build.outputs = Int64(outputs)
            build.resize_count = UInt32(list.count)
            build.resizes = list.baseAddress
            try check(Engine.host.pointee.make_part(builder, slot, &build, &out))
        }
        guard let component = out.component else { throw ZooError("the host made no part for slot '\(slot)'") }
        let made = ForeignPart(component: component, instance: out.instance)
        guard component.pointee.kind.rawValue == kind.rawValue else {
            throw ZooError("slot '\(slot)' holds a part of another kind than \(kind)", .badArgument)
        }
        return made
    }
}
