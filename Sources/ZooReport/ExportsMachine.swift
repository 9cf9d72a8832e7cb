public import ZooCore

// What programs read: CSV and JSON.
extension DataTable {
    /// The table as CSV (RFC 4180, lines ended by a newline), under one line of names.
    ///
    /// Every column has one type: whole numbers, numbers (`NaN`, `inf`, `-inf` among them), `true` and `false`, or text; an
    /// estimate is three columns. What is missing is an empty field. Numbers read back to the same bits.
    public var csv: String {
        var lines = [columns.flatMap { column in column.isEstimate ? Self.parts(of: column.name) : [column.name] }.map(Self.field)]
        for row in rows { lines.append(zip(columns, row).flatMap { Self.fields(of: $1, in: $0) }) }
        return lines.map { $0.joined(separator: ",") + "\n" }.joined()
    }

    static func parts(of name: String) -> [String] { [name, name + "_low", name + "_high"] }

    private static func fields(of cell: Cell, in column: Column) -> [String] {
        let single =
            switch cell {
            case .text(let text): field(text)
            case .integer(let number): column.isFractional ? plain(Double(number)) : "\(number)"
            case .number(let value), .estimate(let value, _, _): plain(value)
            case .flag(let flag): "\(flag)"
            case .missing: ""
            }
        guard column.isEstimate else { return [single] }
        guard case .estimate(_, let low, let high) = cell else { return [single, "", ""] }
        return [single, plain(low), plain(high)]
    }

    /// The shortest text that reads back to the same number, as pandas, R and spreadsheets take it.
    private static func plain(_ value: Double) -> String { value.isNaN ? "NaN" : "\(value)" }

    /// Quoted where a comma, a quote, a line break or an outer blank would be misread.
    private static func field(_ text: String) -> String {
        let special = text.unicodeScalars.contains { [",", "\"", "\n", "\r"].contains($0) }
        guard special || text.first == " " || text.last == " " else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    /// One object per row, by the columns' names; what is missing is left out, an estimate is an object of value, low and high.
    public var records: [[String: JSON]] {
        rows.map { row in
            Dictionary(
                zip(columns, row).compactMap { column, cell in Self.json(cell).map { (column.name, $0) } },
                uniquingKeysWith: { first, _ in first })
        }
    }

    private static func json(_ cell: Cell) -> JSON? {
        switch cell {
        case .text(let text): .string(text)
        case .integer(let number): .int(number)
        case .number(let value): .double(value)
        case .flag(let flag): .bool(flag)
        case .estimate(let value, let low, let high): .object(["value": .double(value), "low": .double(low), "high": .double(high)])
        case .missing: nil
        }
    }
}

extension DataTable.Column {
    var isEstimate: Bool { if case .estimate = kind { true } else { false } }
    fileprivate var isFractional: Bool { kind != .integer && kind != .text && kind != .flag }
}
