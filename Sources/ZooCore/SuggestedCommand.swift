/// A command of the zoo that a message suggests, as it can be pasted into a shell.
///
///     SuggestedCommand("train", "cnn", "--dataset", "mnist").description
///     // zoo train cnn --dataset mnist, and --data-dir '/my data' if the running command was given that
///
/// It repeats the options by which the running command was told where things are: without them it would look elsewhere.
public struct SuggestedCommand: CustomStringConvertible {
    /// The whole command, each word quoted where a shell needs it.
    public let description: String

    /// - Parameters:
    ///   - words: the subcommand, then its arguments; an option that is among them is not repeated.
    ///   - arguments: of the running command.
    public init(_ words: String..., given arguments: [String] = CommandLine.arguments) {
        self.init(words, given: arguments)
    }

    public init(_ words: [String], given arguments: [String] = CommandLine.arguments) {
        let places = (words.first.flatMap { Self.places[$0] } ?? []).filter { !words.contains($0) }
        var all = ["zoo"] + words
        var rest = arguments.dropFirst().prefix { $0 != "--" }
        while let argument = rest.popFirst() {
            if places.contains(argument), let value = rest.popFirst() {
                all += [argument, value]
            } else if let end = argument.firstIndex(of: "="), places.contains(String(argument[..<end])) {
                all += [String(argument[..<end]), String(argument[argument.index(after: end)...])]
            }
        }
        description = all.map(shellWord).joined(separator: " ")
    }

    /// The options that say where things are, by the subcommands that are suggested.
    package static let places: [String: [String]] = {
        let host = ["--manifest", "--plugin-path", "--allow", "--lock"]
        let experiment = host + ["--data-dir", "--store", "--runs"]
        return ["evaluate": experiment, "train": experiment, "import": host, "list": host]
    }()
}
