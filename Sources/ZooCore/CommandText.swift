/// A command line as it can be pasted into a shell.
///
///     CommandText("zoo", ["train", "cnn"], repeating: ["--data-dir"], of: CommandLine.arguments).description
///     // zoo train cnn --data-dir '/my data', if the running command was given that
///
/// It repeats options by which the running command was told where things are: without them it would look elsewhere.
public struct CommandText: CustomStringConvertible {
    /// The whole command, each word quoted where a shell needs it.
    public let description: String

    /// - Parameters:
    ///   - words: the subcommand, then its arguments; an option that is among them is not repeated.
    ///   - options: the options with a value that are repeated.
    ///   - arguments: of the running command, its name first.
    public init(_ program: String, _ words: [String], repeating options: [String], of arguments: [String]) {
        let options = options.filter { !words.contains($0) }
        var all = [program] + words
        var rest = arguments.dropFirst().prefix { $0 != "--" }
        while let argument = rest.popFirst() {
            if options.contains(argument), let value = rest.popFirst() {
                all += [argument, value]
            } else if let end = argument.firstIndex(of: "="), options.contains(String(argument[..<end])) {
                all += [String(argument[..<end]), String(argument[argument.index(after: end)...])]
            }
        }
        description = all.map(shellWord).joined(separator: " ")
    }
}
