/// A setting that a component understands.
///
///     static let options = [Option.int("width", default: 64, in: 1...1024, "channels of both convolutions")]
///
/// The host checks what zoo.json says against it and fills the default in; ``Build`` gives the value. A `help` is shown
/// to users and names the thing first. In every factory method, a nil `default` makes the setting required.
public struct Option: Sendable {
    /// The type of a setting's value.
    public enum ValueType: UInt32, Sendable, CustomStringConvertible {
        /// True or false.
        case bool = 2
        /// An integer.
        case int
        /// A number.
        case double
        /// A text, or the path of a file.
        case string
        /// A list of integers.
        case ints = 7
        /// A list of numbers.
        case doubles
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
    /// The key in zoo.json.
    public let name: String
    /// One line for users.
    public let help: String
    /// The type of its value.
    public let type: ValueType
    /// The default; nil if the setting is required.
    public let fallback: Setting?
    /// Inclusive bounds of a number or of every number of a list.
    public let range: ClosedRange<Double>
    /// The strings that are allowed; nil allows all.
    public let choices: [String]?
    /// What is in the file that the value names; nil if the value is no path.
    public let file: FileContents?

    /// What a component finds in a file that an option names.
    public enum FileContents: UInt32, Sendable {
        /// Something to read.
        case data = 0
        /// Trained weights, with which an instance starts.
        case weights
        /// Native code, which may hold weights: the file has to lie where a plugin could.
        case code
    }

    /// Makes a setting of any type; the factory methods below are shorter.
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

    /// A setting that is true or false.
    public static func bool(_ name: String, default value: Bool?, _ help: String) -> Option {
        Option(name: name, help: help, type: .bool, fallback: value.map(Setting.bool), range: open, choices: nil)
    }
    /// An integer within inclusive bounds.
    public static func int(_ name: String, default value: Int?, in range: ClosedRange<Int>, _ help: String) -> Option {
        Option(
            name: name, help: help, type: .int, fallback: value.map(Setting.int),
            range: Double(range.lowerBound)...Double(range.upperBound), choices: nil)
    }
    /// A number within inclusive bounds.
    public static func double(_ name: String, default value: Double?, in range: ClosedRange<Double>, _ help: String) -> Option {
        Option(name: name, help: help, type: .double, fallback: value.map(Setting.double), range: range, choices: nil)
    }
    /// A text, one of `choices` if there are any.
    public static func string(_ name: String, default value: String?, choices: [String]? = nil, _ help: String) -> Option {
        Option(name: name, help: help, type: .string, fallback: value.map(Setting.string), range: open, choices: choices)
    }
    /// The path of a file, required. In a manifest it may be relative to the manifest's folder; the component gets it
    /// absolute.
    public static func file(_ name: String, _ contents: FileContents, _ help: String) -> Option {
        Option(name: name, help: help, type: .string, fallback: nil, range: open, choices: nil, file: contents)
    }
    /// A list of integers, each within inclusive bounds.
    public static func ints(_ name: String, default value: [Int]?, in range: ClosedRange<Int>, _ help: String) -> Option {
        Option(
            name: name, help: help, type: .ints, fallback: value.map(Setting.ints),
            range: Double(range.lowerBound)...Double(range.upperBound), choices: nil)
    }
    /// A list of numbers, each within inclusive bounds.
    public static func doubles(_ name: String, default value: [Double]?, in range: ClosedRange<Double>, _ help: String) -> Option {
        Option(name: name, help: help, type: .doubles, fallback: value.map(Setting.doubles), range: range, choices: nil)
    }
}
