import Foundation
import ZooCore
import ZooHost
package import ZooManifest

/// What makes two training runs the same: everything that decides their bits. A run of another identity has a directory of its own, is not
/// taken for this one, and does not go on from its checkpoint.
///
/// The number of threads is part of it: the bits of the zoo's kernels do not depend on it, those of the engine's sums do.
package struct RunIdentity: Codable, Equatable {
    /// Runs of format 1 (which say none) did not know their data, code and instructions.
    var format: Int? = 2
    package let entry: String
    /// The entry's parts and settings as the manifest has them.
    package let definition: String
    /// The plugins as `EntryCode` has them. A library that the architecture asks for by `kind:id` is not among these:
    /// `TrainingResult.conditions` and the checkpoint name it.
    let settings: [String: [String: String]]?
    let plugins: [String: String]?
    /// Its canonical name.
    package let dataset: String
    /// `DataSeal.content` of the training images' files, and of those of the test images, on which its scores were taken.
    package let data, testData: String?
    package let seed: UInt64
    package let recipe: Recipe
    /// Absent for float32.
    let precision: Precision?
    let engine: String?
    /// SHA-256 of the program and of the engine's library.
    let code: [String]?
    let instructions: String?
    let environment: [String: String]?
    let threads: Int?

    /// Sixteen hexadecimal digits of its SHA-256.
    func digest() throws -> String { String(try Checksum.sha256(of: text()).prefix(16)) }

    package func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    package init(
        _ entry: Entry, _ code: EntryCode, dataset: String, data: DataSeal, testData: DataSeal, seed: UInt64, recipe: Recipe,
        conditions: Conditions
    ) {
        self.entry = entry.id
        definition = entry.definition
        (settings, plugins) = (code.settings, code.plugins)
        self.dataset = dataset
        (self.data, self.testData) = (data.content, testData.content)
        (self.seed, self.recipe) = (seed, recipe)
        precision = EngineControl.precision == .fp32 ? nil : EngineControl.precision
        engine = conditions.engine
        self.code = [conditions.program, conditions.engineCode]
        (instructions, environment) = (conditions.instructions, conditions.environment)
        threads = conditions.threads
    }

    /// Reads what `text` gave; nil if it is something else.
    package init?(text: String) {
        guard let found = try? JSONDecoder().decode(RunIdentity.self, from: Data(text.utf8)) else { return nil }
        self = found
    }

    package static let definitionName = "the entry's definition"
    package static let recipeName = "recipe"

    /// The differences from another run, in words.
    func differences(from other: RunIdentity) -> [String] {
        guard other.format != nil else { return ["from before runs knew what data and code they were made with"] }
        let pairs: [(String, Bool)] = [
            (Self.definitionName, definition == other.definition && settings == other.settings), ("plugins", plugins == other.plugins),
            ("training images", data == other.data), ("test images", testData == other.testData), (Self.recipeName, recipe == other.recipe),
            ("precision", precision == other.precision), ("the engine", engine == other.engine && code?.last == other.code?.last),
            ("the program", code?.first == other.code?.first), ("instructions", instructions == other.instructions),
            ("environment", environment == other.environment), ("threads", threads == other.threads),
        ]
        return pairs.filter { !$0.1 }.map(\.0)
    }
}
