import Foundation
import ZooData
import ZooHost

/// Evaluations that need not be done again, one file each, named by the hash of everything that decides them: the entry's
/// definition, the contents of its plugins, weights and of this program, the data set and the engine.
final class EvaluationCache {
    private let directory: String
    /// Of this program and its plugins, which all entries share and which cannot change under a process that has loaded them.
    private var loaded: [String: String] = [:]

    init(directory: String) { self.directory = directory }

    func checksum(ofLoaded file: String) throws -> String {
        if let known = loaded[file] { return known }
        let checksum = try Checksum.sha256(ofFile: file)
        loaded[file] = checksum
        return checksum
    }

    /// What decides a result.
    struct Key: Codable {
        let entry, definition, dataset, trainedOn, weights, engine: String
        let seed: UInt64
        let threads: Int
        /// SHA-256 of the weights, of the plugins and of the program.
        let contents: [String]
    }

    private func file(_ key: Key) throws -> String {
        "\(directory)/evaluations/\(try Checksum.sha256(of: ResultCoding.encoder.encode(key))).json"
    }

    /// nil if it was never measured; a file that cannot be read counts as that.
    func find(_ key: Key) throws -> Evaluation? {
        guard let data = FileManager.default.contents(atPath: try file(key)) else { return nil }
        return try? ResultCoding.decoder.decode(Evaluation.self, from: data)
    }

    /// Keeps a result; where nothing can be written, nothing is kept and nothing is lost.
    func keep(_ evaluation: Evaluation, _ key: Key) throws {
        try? FileManager.default.createDirectory(atPath: directory + "/evaluations", withIntermediateDirectories: true)
        let data = try ResultCoding.encoder.encode(evaluation)
        try? FileBytes.writeAtomically([data], to: file(key))
    }
}
