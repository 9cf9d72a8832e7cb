import Foundation

/// The documents for users, and the commands in them.
enum Documents {
    static let names: [String] =
        ["README.md"]
        + ((try? FileManager.default.contentsOfDirectory(atPath: ZooProcess.root.appendingPathComponent("docs").path)) ?? [])
        .filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }

    static func text(_ name: String) throws -> String {
        try String(contentsOf: ZooProcess.root.appendingPathComponent(name), encoding: .utf8)
    }

    /// Consecutive indented lines that hold a command, as one script: prompts and a block's output are left out.
    struct Block: Sendable {
        let document: String
        let line: Int
        let script: String
    }

    private static let programs = ["zoo", "make", "cd", "git", ".venv/bin/python"]

    static let blocks: [Block] = names.flatMap { name in
        var found: [Block] = []
        var block: [String] = []
        var first = 0
        func end() {
            var commands: [String] = []
            let prompted = block.contains { $0.hasPrefix("$ ") }
            var continues = false
            for line in block {
                let command = line.hasPrefix("$ ") ? String(line.dropFirst(2)) : line
                let program = command.split(separator: " ").first.map(String.init) ?? ""
                if continues || (programs.contains(program) && (!prompted || line.hasPrefix("$ "))) {
                    commands.append(command)
                    continues = command.hasSuffix("\\")
                }
            }
            if !commands.isEmpty { found.append(Block(document: name, line: first, script: commands.joined(separator: "\n"))) }
            block = []
        }
        for (index, line) in ((try? text(name)) ?? "").split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("    ") {
                if block.isEmpty { first = index + 1 }
                block.append(String(line.dropFirst(4)))
            } else if !block.isEmpty {
                end()
            }
        }
        if !block.isEmpty { end() }
        return found
    }

    /// Every `zoo …` in a code span or a block, as words, with where it stands.
    static func commands() throws -> [(place: String, words: [String])] {
        var found: [(String, [String])] = []
        for name in names {
            for span in try text(name).matches(of: /`(zoo [^`\n]+)`/) { found.append((name, words(span.output.1))) }
        }
        for block in blocks {
            for command in block.script.replacing("\\\n", with: " ").split(separator: "\n") where command.hasPrefix("zoo ") {
                found.append(("\(block.document):\(block.line)", words(command)))
            }
        }
        // What is handed on is a command, too.
        return found.flatMap { place, words in
            let parts = words.split(separator: "--", maxSplits: 1).map(Array.init)
            return parts.count == 2 ? [(place, parts[0]), (place, ["zoo"] + parts[1])] : [(place, words)]
        }
    }

    /// Words as a shell would see them, as far as these documents need it: quotes, and comments after a blank.
    private static func words(_ command: Substring) -> [String] {
        let command = command.prefix(upTo: command.range(of: " #")?.lowerBound ?? command.endIndex)
        return command.matches(of: /'[^']*'|"[^"]*"|[^ ]+/).map { String($0.output).trimmingCharacters(in: ["'", "\""]) }
    }
}
