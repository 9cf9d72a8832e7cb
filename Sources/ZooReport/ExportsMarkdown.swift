extension DataTable {
    /// The table as GitHub's Markdown has it: text on the left, numbers on the right.
    public var markdown: String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
        let rule = columns.map { $0.kind == .text || $0.kind == .flag ? "---" : "--:" }
        return line(columns.map { Markdown.escaped($0.title) }) + line(rule)
            + rows.map { row in line(zip(columns, row).map { Markdown.escaped(Self.shown($1, as: $0.kind)) }) }.joined()
    }
}

enum Markdown {
    /// Plain text on one line, with the characters escaped that Markdown reads as something else.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in singleLine(text) {
            if "\\`*_[]<>|#".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }
}
