/// What a probe found out about an entry: single figures, tables, and values per test image.
///
/// Everything in it is a result, so it must not hold anything that differs between two runs of the same job, except in
/// figures marked as `isTiming`. Two measurements are equal if all their numbers are; NaN, a number that is missing, equals NaN.
public struct Measurement: Codable, Sendable, Equatable {
    /// A single number.
    public struct Figure: Codable, Sendable, Equatable {
        /// Dotted, most general part first: "error.transformed", "pose.rotation.slope".
        public var name: String
        public var value: Double
        /// "" for a plain number or a fraction; else "°", "ms", "images/s", "bytes", "px".
        public var unit: String
        /// Whether it depends on the machine and the hour: not compared between runs of the same job.
        public var isTiming: Bool

        public init(_ name: String, _ value: Double, unit: String = "", isTiming: Bool = false) {
            self.name = name
            self.value = value
            self.unit = unit
            self.isTiming = isTiming
        }

        /// Whether a figure of that name is a share, from 0 to 1, which people read in percent. The name decides, as
        /// shares have no unit, and as a figure may be asked about of which nothing is stored.
        public static func isShare(_ name: String) -> Bool {
            !name.hasSuffix(".images")
                && ["error", "accuracy", "consistency", "invariance", "ece"].contains { name == $0 || name.hasPrefix($0 + ".") }
        }

        public static func == (a: Figure, b: Figure) -> Bool {
            a.name == b.name && same(a.value, b.value) && a.unit == b.unit && a.isTiming == b.isTiming
        }
    }

    /// Columns of equal length under one name: a curve, a confusion matrix, the points of a scatter plot.
    public struct Table: Codable, Sendable, Equatable {
        public var name: String
        public var columns: [Column]

        public init(_ name: String, _ columns: [Column]) {
            self.name = name
            self.columns = columns
        }

        public subscript(column: String) -> Values? { columns.first { $0.name == column }?.values }
    }

    public struct Column: Codable, Sendable, Equatable {
        public var name: String
        public var values: Values

        public init(_ name: String, _ values: Values) {
            self.name = name
            self.values = values
        }
    }

    public enum Values: Sendable, Equatable {
        case numbers([Double])
        case integers([Int])
        case texts([String])

        public var count: Int {
            switch self {
            case .numbers(let list): list.count
            case .integers(let list): list.count
            case .texts(let list): list.count
            }
        }

        public static func == (a: Values, b: Values) -> Bool {
            switch (a, b) {
            case (.numbers(let a), .numbers(let b)): a.count == b.count && zip(a, b).allSatisfy(same)
            case (.integers(let a), .integers(let b)): a == b
            case (.texts(let a), .texts(let b)): a == b
            default: false
            }
        }
    }

    /// One value per test image, in the order of the test set: what paired statistics are made from.
    public struct Samples: Codable, Sendable, Equatable {
        /// "transformed.prediction", "transformed.label", "transformed.loss" …
        public var name: String
        public var values: Values

        public init(_ name: String, _ values: Values) {
            self.name = name
            self.values = values
        }
    }

    private static func same(_ a: Double, _ b: Double) -> Bool { a == b || a.isNaN && b.isNaN }

    public var figures: [Figure]
    public var tables: [Table]
    public var samples: [Samples]
    /// What is wrong with the result: a collapsed θ, blank crops, NaN logits.
    public var warnings: [String]

    public init(figures: [Figure] = [], tables: [Table] = [], samples: [Samples] = [], warnings: [String] = []) {
        self.figures = figures
        self.tables = tables
        self.samples = samples
        self.warnings = warnings
    }

    public subscript(figure: String) -> Double? { figures.first { $0.name == figure }?.value }
    public func table(_ name: String) -> Table? { tables.first { $0.name == name } }
    public func samples(_ name: String) -> Values? { samples.first { $0.name == name }?.values }
}

extension Measurement.Values: Codable {
    private enum CodingKeys: CodingKey { case numbers, integers, texts }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let list = try container.decodeIfPresent([Int].self, forKey: .integers) {
            self = .integers(list)
        } else if let list = try container.decodeIfPresent([String].self, forKey: .texts) {
            self = .texts(list)
        } else {
            self = .numbers(try container.decode([Double].self, forKey: .numbers))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .numbers(let list): try container.encode(list, forKey: .numbers)
        case .integers(let list): try container.encode(list, forKey: .integers)
        case .texts(let list): try container.encode(list, forKey: .texts)
        }
    }
}
