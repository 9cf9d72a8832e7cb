import ArgumentParser
import ZooCore
import ZooReport

/// How every command prints: results on standard output, everything else on standard error.
struct OutputOptions: ParsableArguments, OutputGroup {
    @Flag(help: "Print one JSON document instead of tables.")
    var json = false

    @Flag(help: "Print only results and errors: no progress, no notes, no warnings.")
    var quiet = false

    var output: OutputOptions { self }
}

/// Options that hold those.
protocol OutputGroup {
    var output: OutputOptions { get }
}

extension OutputGroup {
    var json: Bool { output.json }
    var quiet: Bool { output.quiet }

    /// Prints `value` as JSON if that was asked for, else the text.
    func emit(_ value: some Encodable, or text: @autoclosure () -> String) throws {
        try Console.output(json ? jsonText(value) : text())
    }

    /// Says something that is neither a result nor an error.
    func note(_ text: String) { if !quiet { Console.error("zoo: \(singleLine(text))") } }

    func warn(_ text: String) { note("warning: \(text)") }

    /// Says in a line each which plugins could not be loaded.
    func warn(about broken: [BrokenDescription]) {
        for plugin in broken { warn("\(plugin.path): \(plugin.cause)") }
    }

    var progress: any ZooCore.ProgressListener { quiet ? SilentProgress() : BarProgress() }
}

/// - Throws: what the parser makes wrong use of, for the first value that is empty.
func refuseEmpty(_ values: (option: String, value: String?, expected: String)...) throws {
    for (option, value, expected) in values where value == "" {
        throw ValidationError("\(option) is empty, expected \(expected)")
    }
}
