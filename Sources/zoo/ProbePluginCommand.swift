import ArgumentParser
import ZooHost
import ZooPlugins

/// Loads plugins and tells what they are, for the program itself, which does so in a process of its own.
struct ProbePluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: Prober.command, shouldDisplay: false)

    @Argument var files: [String]

    func run() throws { try Prober.answer(files) }
}
