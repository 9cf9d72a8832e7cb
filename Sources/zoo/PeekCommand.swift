import ArgumentParser
import Foundation
import ZooCore
import ZooData
import ZooManifest
import ZooPages
import ZooReport
import ZooTraining

struct PeekCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peek", abstract: "Look at what transformers make of a test image.",
        discussion: discussion(
            """
            Shows the image in several poses with the quadrilateral that is sampled, what comes of it, and the features; in a terminal that \
            shows pictures (kitty, iTerm2, sixel) there, elsewhere as a PNG file. A dot marks the corner that becomes the upper left one.
            """,
            examples: [
                "zoo peek stn-c1 stn-sl1": "one image, before and behind the transformers",
                "zoo peek stn-c0 --image 7": "another image",
            ]))

    /// Where the picture goes.
    enum Graphics: String, ExpressibleByArgument, CaseIterable { case auto, kitty, iterm2, sixel, none }

    @Argument(help: ArgumentHelp("Ids of entries that transform something.", valueName: "entry"), completion: Completions.entries)
    var entries: [String]

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The test image's number, from 0. Default: one of class 4.", valueName: "n"))
    var image: Int?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("An angle in degrees to turn it by. Repeatable. Default: poses of the data set.", valueName: "degrees"))
    var angle: [Double] = []

    @Option(
        help: ArgumentHelp("The data set of the image. Default: the one that 'zoo list datasets' marks.", valueName: "name"),
        completion: Completions.dataSets)
    var dataset: String?

    @Option(help: ArgumentHelp("The data set that the weights were trained on. Default: the image's.", valueName: "name"))
    var trainedOn: String?

    @Option(help: ArgumentHelp("The seed of the training run.", valueName: "seed"))
    var seed: UInt64 = 0

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The PNG file to write. Default: zoo-peek.png, where the terminal shows no pictures.", valueName: "file"),
        completion: .file())
    var file: String?

    @Option(help: "How the terminal takes pictures.")
    var graphics = Graphics.auto

    @OptionGroup var shared: ExperimentOptions

    func validate() throws {
        if entries.isEmpty { throw ValidationError("name an entry") }
        try shared.computing.engine.requireOneDevice()
        for angle in angle where !(-360...360).contains(angle) {
            throw ValidationError("--angle is \(angle), expected -360 to 360 degrees")
        }
        try refuseEmpty(("--output", file, "a file"))
    }

    func run() throws {
        let manifest = try shared.readManifest()
        let wanted = try entries.map { try manifest.entry($0) }
        let laboratory = try shared.laboratory(shared.host(), manifest)
        let dataset = try dataset ?? laboratory.defaultDataSet().name
        let peeks = try Peek.all(
            wanted, laboratory, dataset: dataset, trainedOn: trainedOn ?? dataset, seed: seed, image: image, angles: angle)
        let sheet = try Peek.sheet(peeks)
        let shown = shared.json || file != nil ? nil : terminal
        let path = shown == nil ? file ?? "zoo-peek.png" : nil
        if let path { try FileBytes.writeAtomically([sheet.png], to: path) }
        try shared.emit(Answer(file: path, peeks: peeks), or: text(peeks, shown.map(sheet.sequence), path))
    }

    private var terminal: TerminalGraphics? {
        switch graphics {
        case .auto: TerminalGraphics.detected()
        case .none: nil
        case .kitty, .iterm2, .sixel: TerminalGraphics(rawValue: graphics.rawValue)
        }
    }

    private func text(_ peeks: [Peek], _ picture: String?, _ path: String?) -> String {
        var text = picture ?? ""
        if let first = peeks.first { text += "\(first.dataset), test image \(first.image), class \(first.label)\n" }
        for peek in peeks { text += "\(peek.entry), from the top: \(peek.rows.joined(separator: "; "))\n" }
        return text + Peek.table(of: peeks).rendered(for: .standardOutput) + (path.map { $0 + "\n" } ?? "")
    }

    private struct Answer: Encodable {
        let file: String?
        let peeks: [Peek]
    }
}
