import ArgumentParser

/// Everything about plugins as files. Each subcommand stands in a file of its own.
struct PluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin", abstract: "Write, check and keep plugins.", subcommands: [PluginCheckCommand.self, PluginLockCommand.self])
}
