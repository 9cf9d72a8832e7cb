public import ArgumentParser
import Foundation
import ZooCore
public import ZooPlugins

extension PluginProject.Kind: ExpressibleByArgument {}
extension PluginProject.Language: ExpressibleByArgument {}

struct PluginNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Make a folder with a plugin that works: source, build, tests, README, an entry that uses it.",
        discussion: discussion(
            "In that folder, 'make' builds it, 'make test' tries it with this program, 'make install' installs it.",
            examples: ["zoo plugin new SqueezeLoc --kind localization --language c": "the folder SqueezeLoc, in C"]))

    @Argument(help: "Name of the plugin: a letter, then letters and digits. SqueezeLoc gives libSqueezeLoc.so and the id squeeze-loc.")
    var name: String

    @Option(help: "Kind of the component that it offers.")
    var kind: PluginProject.Kind

    @Option(help: "Language that it is written in.")
    var language = PluginProject.Language.swift

    @Option(
        help: ArgumentHelp("The new folder. Default: a folder NAME in the working directory.", valueName: "dir"), completion: .directory)
    var output: String?

    @Option(
        help: ArgumentHelp(
            "The zoo's sources. Default: those above this program, or those it was built from. For C and C++ an installed zoo will do.",
            valueName: "dir"),
        completion: .directory)
    var zoo: String?

    @OptionGroup(title: "Output") var shared: OutputOptions

    /// How a Makefile calls this program: by a link on PATH that leads to it, since the path of an installed version goes with the version, or
    /// else by its own path.
    private static var program: String {
        guard !Program.path.isEmpty else { return "zoo" }
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").filter { $0.hasPrefix("/") }
        let link = folders.map { "\($0)/zoo" }.first { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path == Program.path }
        return link ?? Program.path
    }

    private struct Answer: Encodable {
        let folder, source, kind, id, language, entry: String
    }

    func run() throws {
        let sources = try ZooSources(given: zoo, for: language)
        let project = try PluginProject(name: name, kind: kind, language: language, sources: sources, program: Self.program)
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
