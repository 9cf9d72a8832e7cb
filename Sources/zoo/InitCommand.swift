import ArgumentParser
import Foundation
import ZooCore
import ZooData
import ZooManifest

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a folder for work of your own: a manifest that includes the zoo's, and places for data and results.",
        discussion: discussion(
            """
            Every command that is run in that folder reads its zoo.json, to which entries and data sets of your own can be added, and keeps \
            runs and results there. Data sets are read from its data folder or, where the zoo has one already, from that.
            """,
            examples: [
                "zoo init mine && cd mine": "the folder 'mine'",
                "zoo train cnn": "trained there: in mine/runs and mine/results",
            ]))

    @Argument(help: ArgumentHelp("The folder: a new one, or one that is empty.", valueName: "dir"), completion: .directory)
    var folder: String

    @OptionGroup(title: "Output") var shared: OutputOptions

    private struct Answer: Encodable {
        let folder: String
        let files: [String]
    }

    private static let manifest = """
        {
          "version": 1,
          "include": ["\(Manifest.builtInName)"],
          "datasets": [],
          "entries": []
        }

        """

    private static let ignored = """
        /\(DataDirectory.usualName)/
        /\(RunOptions.usual)/
        /results/
        /zoo-report.html
        /zoo-peek.png

        """

    func validate() throws { try refuseEmpty(("dir", folder, "a folder")) }

    func run() throws {
        guard Manifest.builtInPath != nil else {
            throw HostError(.noInput, "there is no zoo.json above the program, so there is nothing to include")
        }
        let files = FileManager.default
        var isFolder: ObjCBool = false
        if files.fileExists(atPath: folder, isDirectory: &isFolder) {
            guard isFolder.boolValue else {
                throw HostError(.cantCreate, "\(folder): is there already and not a folder; choose another name")
            }
            let names: [String]
            do { names = try files.contentsOfDirectory(atPath: folder) } catch {
                throw HostError(.cantCreate, "\(folder): cannot be read; choose another name")
            }
            guard names.isEmpty else {
                throw HostError(.cantCreate, "\(folder): is there already and not empty; choose another name")
            }
        }
        // An empty folder would hide the data sets that the zoo has already.
        let known = ManifestPlace.dataOfTheZoo.flatMap { files.fileExists(atPath: $0) ? $0 : nil }
        let folders = known == nil ? [DataDirectory.usualName, "results"] : ["results"]
        for path in [folder] + folders.map({ "\(folder)/\($0)" }) {
            do { try files.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
                throw HostError(.cantCreate, "\(path): the folder cannot be made")
            }
        }
        try FileBytes.writeAtomically([Data(Self.manifest.utf8)], to: folder + "/zoo.json")
        try FileBytes.writeAtomically([Data(Self.ignored.utf8)], to: folder + "/.gitignore")
        if let known { shared.note("data sets are read from \(known) until there is a folder '\(DataDirectory.usualName)' in \(folder)") }
        try shared.emit(
            Answer(folder: URL(fileURLWithPath: folder).path, files: [".gitignore", "zoo.json"] + folders.map { $0 + "/" }),
            or: """
                \(folder): a project of your own
                  zoo.json   includes the zoo's entries; your own go there
                  results    what is measured; runs beside it, what is trained
                  try it     cd \(shellWord(folder)) && zoo list

                """)
    }
}
