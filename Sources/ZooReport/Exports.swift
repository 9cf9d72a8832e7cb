import ZooStore

/// Results in rows and typed columns, to be shown on a terminal or written as CSV, LaTeX or JSON.
///
///     var table = DataTable([
///         .text("entry", "entry"), .estimate("error", "error %", scale: 100, decimals: 2), .integer("parameters", "parameters"),
///     ])
///     table.append([.text("cnn"), .estimate(0.0278, low: 0.0235, high: 0.0327), .integer(208_586)])
///     table.textTable.rendered(for: .standardOutput)   // cnn   2.78 [2.35, 3.27]   208,586
///     table.csv                                        // cnn,0.0278,0.0235,0.0327,208586
///
/// People get rounded numbers in the column's own unit under its title; CSV and JSON get the values as they are, at full
/// precision, under names that are good identifiers.
public struct DataTable: Encodable, Sendable {
    public enum Cell: Encodable, Sendable, Equatable {
        case text(String)
        case integer(Int)
        case number(Double)
        case flag(Bool)
        /// A value and the ends of its interval.
        case estimate(Double, low: Double, high: Double)
        case missing
    }

    /// What a column holds, and how people see it.
    public enum Kind: Encodable, Sendable, Equatable {
        case text
        case integer
        case flag
        /// Shown times `scale`; an estimate is three columns of a CSV: NAME, NAME_low, NAME_high.
        case number(scale: Double, decimals: Int)
        case estimate(scale: Double, decimals: Int)
        /// Shown with that many significant digits, or as "<0.0001".
        case probability
    }

    public struct Column: Encodable, Sendable, Equatable {
        /// The name for machines: `error_transformed`.
        public let name: String
        /// The title for people: `error rotated %`.
        public let title: String
        public let kind: Kind

        public init(_ name: String, _ title: String, _ kind: Kind) {
            self.name = name
            self.title = title
            self.kind = kind
        }

        public static func text(_ name: String, _ title: String) -> Column { Column(name, title, .text) }
        public static func integer(_ name: String, _ title: String) -> Column { Column(name, title, .integer) }
        public static func flag(_ name: String, _ title: String) -> Column { Column(name, title, .flag) }
        public static func number(_ name: String, _ title: String, scale: Double = 1, decimals: Int) -> Column {
            Column(name, title, .number(scale: scale, decimals: decimals))
        }
        public static func estimate(_ name: String, _ title: String, scale: Double = 1, decimals: Int) -> Column {
            Column(name, title, .estimate(scale: scale, decimals: decimals))
        }
        public static func probability(_ name: String, _ title: String) -> Column { Column(name, title, .probability) }

        /// A figure with its interval; people read shares in percent.
        static func figure(_ figure: String, named name: String, _ title: String) -> Column {
            let name = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
            return Measurement.Figure.isShare(figure)
                ? .estimate(name, title + " %", scale: 100, decimals: 2) : .estimate(name, title, decimals: 2)
        }
    }

    public private(set) var columns: [Column]
    public private(set) var rows: [[Cell]] = []

    /// Columns of one name get numbers, so that a program finds each of them: `seconds`, `seconds_2`. An estimate takes three names.
    public init(_ columns: [Column]) {
        var taken: Set<String> = []
        self.columns = columns.map { column in
            func names(_ name: String) -> [String] { column.isEstimate ? Self.parts(of: name) : [name] }
            var (name, number) = (column.name, 1)
            while names(name).contains(where: taken.contains) {
                number += 1
                name = "\(column.name)_\(number)"
            }
            taken.formUnion(names(name))
            return name == column.name ? column : Column(name, column.title, column.kind)
        }
    }

    /// Adds a row; cells that are missing at its end are blank, cells beyond the last column are dropped.
    public mutating func append(_ cells: [Cell]) {
        rows.append(columns.indices.map { $0 < cells.count ? cells[$0] : .missing })
    }

    /// The table without columns in which no row has anything.
    public var withoutEmptyColumns: DataTable {
        let kept = columns.indices.filter { column in rows.contains { $0[column] != .missing } }
        var table = DataTable(kept.map { columns[$0] })
        for row in rows { table.append(kept.map { row[$0] }) }
        return table
    }

    // MARK: For people

    public var textTable: TextTable {
        var table = TextTable(
            columns.map { column in
                switch column.kind {
                case .text, .flag: .init(column.title)
                case .integer: .init(column.title, .right)
                case .number, .estimate, .probability: .init(column.title, .decimal)
                }
            })
        for row in rows { table.append(zip(columns, row).map { Self.shown($1, as: $0.kind) }) }
        return table
    }

    static func shown(_ cell: Cell, as kind: Kind) -> String {
        let (scale, decimals) = kind.rounding
        switch cell {
        case .text(let text): return text
        case .integer(let number): return withCommas(number)
        case .flag(let flag): return flag ? "yes" : "no"
        case .number(let value): return kind == .probability ? probability(value) : fixed(scale * value, decimals)
        case .estimate(let value, let low, let high):
            let (value, low, high) = (scale * value, scale * low, scale * high)
            if low.isNaN || high.isNaN { return fixed(value, decimals) }
            // One number says it where both sides round to the same.
            let sides = (fixed(value - low, decimals), fixed(high - value, decimals))
            return sides.0 == sides.1
                ? "\(fixed(value, decimals)) ± \(sides.0)"
                : "\(fixed(value, decimals)) [\(fixed(low, decimals)), \(fixed(high, decimals))]"
        case .missing: return ""
        }
    }
}

extension DataTable.Kind {
    fileprivate var rounding: (scale: Double, decimals: Int) {
        switch self {
        case .number(let scale, let decimals), .estimate(let scale, let decimals): (scale, decimals)
        case .probability: (1, 4)
        case .text, .integer, .flag: (1, 3)
        }
    }
}

/// A p-value with two significant digits, none beyond the fourth decimal: "0.032", "0.0041", "<0.0001".
func probability(_ value: Double) -> String {
    if value < 0.0001 { return "<0.0001" }
    return fixed(value, value < 0.01 ? 4 : value < 0.1 ? 3 : 2)
}
