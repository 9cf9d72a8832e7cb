public import ArgumentParser
import Foundation
import ZooCore
public import ZooPlugins

extension PluginProject.Kind: ExpressibleByArgument {}
extension PluginProject.Language: ExpressibleByArgument {}

struct PluginNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Make a folder with a plugin that works: source, build, tests, README, an entry that uses it.",
        discussion: "In that folder, 'make' builds it, 'make test' tries it with this program, 'make install' installs it.")

    @Argument(help: "Name of the plugin: a letter, then letters and digits. SqueezeLoc gives libSqueezeLoc.so and the id squeeze-loc.")
    var name: String

    @Option(help: "Kind of the component that it offers.")
    var kind: PluginProject.Kind

    @Option(help: "Language that it is written in.")
    var language = PluginProject.Language.swift

    @Option(help: ArgumentHelp("The new folder. Default: a folder NAME in the working directory.", valueName: "dir"))
    var output: String?

    @Option(help: ArgumentHelp("The zoo's sources. Default: those above this program, or those it was built from.", valueName: "dir"))
    var zoo: String?

    @OptionGroup(title: "Output") var shared: OutputOptions

    private struct Answer: Encodable {
        let folder, source, kind, id, language, entry: String
    }

    func run() throws {
        let program = Program.path.isEmpty ? "zoo" : Program.path
        let project = try PluginProject(name: name, kind: kind, language: language, sources: ZooSources(given: zoo), program: program)
        let folder = URL(fileURLWithPath: output ?? name)
        try project.write(to: folder)
        try shared.emit(
            Answer(
                folder: folder.path, source: project.source, kind: "\(kind)", id: project.id, language: language.rawValue,
                entry: project.entry),
            or: """
                \(folder.path): a plugin in \(language.rawValue) with the \(kind) '\(project.id)'
                  the idea     \(project.source)
                  build it     cd \(output ?? name) && make
                  test it      make test
                  install it   make install
                  use it       zoo train \(project.entry) --manifest zoo.json

                """)
    }
}
