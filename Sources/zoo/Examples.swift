/// The discussion of a command's help: what there is to say, and examples of what to type. Help has 80 columns: what does not fit beside the
/// commands stands above them, since a comment that is broken into lines is none in a shell.
func discussion(_ text: String = "", examples: KeyValuePairs<String, String>) -> String {
    let width = examples.map(\.key.count).max() ?? 0
    let fits = examples.allSatisfy { width + $0.value.count + 6 <= 80 }
    let lines = examples.map { command, purpose in
        fits ? "  " + command + String(repeating: " ", count: width - command.count) + "  # " + purpose : "  # \(purpose)\n  \(command)"
    }
    return (text.isEmpty ? "" : text + "\n\n") + "Examples:\n" + lines.joined(separator: "\n")
}
