import ArgumentParser

/// Everything about plugins as files. Each subcommand stands in a file of its own.
struct PluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin", abstract: "Write, check and keep plugins.",
        discussion: discussion(
            examples: [
                "zoo plugin new SqueezeLoc --kind localization --language c": "begin one",
                "zoo plugin list": "those that you have installed",
            ]),
        subcommands: [
            PluginNewCommand.self, PluginInstallCommand.self, PluginListCommand.self, PluginRemoveCommand.self, PluginInfoCommand.self,
            PluginCheckCommand.self, PluginLockCommand.self,
        ])
}
