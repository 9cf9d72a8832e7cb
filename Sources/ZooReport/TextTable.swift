import ZooProbes

/// A table for a terminal: plain columns with two blanks between them under a line of titles.
///
///     var table = TextTable([.init("entry"), .init("error %", .decimal), .init("parameters", .right)])
///     table.append(["cnn", "0.84", "312202"])
///     table.append(["stn-c0", "10.6", "320,208"])
///     print(table.rendered(for: .standardOutput))
///
///     entry   error %  parameters
///     cnn        0.84      312202
///     stn-c0    10.6      320,208
public struct TextTable: Sendable {
    /// How the cells of a column line up.
    public enum Alignment: Sendable, Hashable {
        /// Text.
        case left
        /// Whole numbers.
        case right
        /// Numbers with fractions: the points stand below one another, also in `0.84 ± 0.05`.
        case decimal
    }

    public struct Column: Sendable, Hashable {
        public let title: String
        public let alignment: Alignment

        public init(_ title: String, _ alignment: Alignment = .left) {
            self.title = title
            self.alignment = alignment
        }
    }

    public private(set) var columns: [Column]
    public private(set) var rows: [[String]] = []

    public init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row. Cells that are missing at its end stay blank; cells beyond the last column get one without a title.
    public mutating func append(_ cells: [String]) {
        while columns.count < cells.count { columns.append(Column("")) }
        rows.append(cells.map(singleLine))
    }

    /// The narrowest that a column of text is made so that a table fits.
    private static let narrowest = 8
    private static let gap = "  "

    /// The table as lines, each ended by a newline.
    ///
    /// On a terminal that is too narrow, columns of text are cut first, the widest before the others, then whole lines; what is
    /// cut ends in `…`. Nothing is ever cut that goes to a file or a pipe.
    public func rendered(for terminal: Terminal = .plain) -> String {
        guard !columns.isEmpty else { return "" }
        var lines = columns.indices.map { column in
            aligned(column).map { (text: $0, width: displayWidth($0)) }
        }
        var widths = lines.map { $0.map(\.width).max() ?? 0 }
        if let limit = terminal.isTerminal ? terminal.width : nil {
            shrink(&widths, to: limit)
            for column in columns.indices where columns[column].alignment == .left {
                lines[column] = lines[column].map { cell in
                    guard cell.width > widths[column] else { return cell }
                    let text = truncated(cell.text, to: widths[column])
                    return (text, displayWidth(text))
                }
            }
        }
        var result = ""
        for row in 0...rows.count {
            var line = ""
            for column in columns.indices {
                let cell = lines[column][row]
                let padding = String(repeating: " ", count: max(0, widths[column] - cell.width))
                line += (column == 0 ? "" : Self.gap) + (columns[column].alignment == .left ? cell.text + padding : padding + cell.text)
            }
            while line.last == " " { line.removeLast() }
            if let limit = terminal.isTerminal ? terminal.width : nil { line = truncated(line, to: limit) }
            result += (row == 0 ? terminal.bold(line) : line) + "\n"
        }
        return result
    }

    /// Title and cells of a column; those of numbers with fractions padded on the right so that their points line up.
    private func aligned(_ column: Int) -> [String] {
        let cells = rows.map { column < $0.count ? $0[column] : "" }
        let title = singleLine(columns[column].title)
        guard columns[column].alignment == .decimal else { return [title] + cells }
        let tails = cells.map { cell in displayWidth(cell) - displayWidth(Self.wholePart(of: cell)) }
        let longest = tails.max() ?? 0
        return [title] + zip(cells, tails).map { $0.isEmpty ? $0 : $0 + String(repeating: " ", count: longest - $1) }
    }

    /// What stands before the point: `0` of `0.84 ± 0.05`, `12` of `12 %`, all of a cell without digits.
    private static func wholePart(of cell: String) -> Substring {
        guard let first = cell.firstIndex(where: { ("0"..."9").contains($0) }) else { return cell[...] }
        let end = cell[first...].firstIndex { !("0"..."9").contains($0) && $0 != "," } ?? cell.endIndex
        return cell[..<end]
    }

    /// Takes columns away from the widest column of text until the table fits or all are as narrow as they may be.
    private func shrink(_ widths: inout [Int], to limit: Int) {
        var excess = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - limit
        while excess > 0 {
            let texts = columns.indices.filter { columns[$0].alignment == .left && widths[$0] > Self.narrowest }
            guard let widest = texts.max(by: { widths[$0] < widths[$1] }) else { return }
            // Down to the next narrower one at once: a cell may hold a whole page.
            let next = texts.map { widths[$0] }.filter { $0 < widths[widest] }.max() ?? Self.narrowest
            let step = texts.count(where: { widths[$0] == widths[widest] }) > 1 ? 1 : min(excess, widths[widest] - next)
            widths[widest] -= step
            excess -= step
        }
    }
}
