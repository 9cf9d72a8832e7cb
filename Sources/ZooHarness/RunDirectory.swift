import Foundation
import Glibc
import ZooData
import ZooHost
import ZooStore

/// What makes two training runs the same: everything that decides their result but the machine.
struct RunIdentity: Codable, Equatable {
    let entry: String
    /// The entry's parts and settings.
    let definition: String
    let dataset: String
    let seed: UInt64
    let recipe: Recipe
    /// Absent for float32, as in runs from before there was another.
    let precision: Precision?

    /// Eight hexadecimal digits of its SHA-256.
    func digest() throws -> String { String(try Checksum.sha256(of: Data(text().utf8)).prefix(8)) }

    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

/// One training run on disk: `runs/<data set>/<entry>/seed-<n>-<digest>/` with `checkpoint.safetensors` after every epoch,
/// and `weights.safetensors` and `result.json` when it is finished.
struct RunDirectory {
    let path: String

    init(root: String, _ identity: RunIdentity) throws {
        path = "\(root)/\(DataSet.fileName(of: identity.dataset))/\(identity.entry)/seed-\(identity.seed)-\(try identity.digest())"
    }

    private init(path: String) { self.path = path }

    var checkpoint: String { path + "/checkpoint.safetensors" }
    var weights: String { path + "/weights.safetensors" }
    var result: String { path + "/result.json" }

    /// Makes the directory, and keeps other processes from training the same run while what it gives is alive.
    ///
    /// - Throws: `cantCreate` if the directory cannot be made, `unavailable` if another process is at this run.
    func claim() throws -> Claim {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch { throw HostError(.cantCreate, "\(path): the run's directory cannot be created\(Self.reason(error))") }
        return try Claim(path)
    }

    /// A lock on the directory, which ends with the process at the latest.
    final class Claim {
        private let descriptor: Int32

        fileprivate init(_ path: String) throws {
            descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            // Where folders cannot be locked, whoever trains there has to take care.
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
                close(descriptor)
                throw HostError(.unavailable, "\(path): another process trains this very run; wait for it, or keep other runs with --runs")
            }
        }

        deinit { if descriptor >= 0 { close(descriptor) } }
    }

    /// The weights of the newest finished run of that entry, data set and seed.
    static func newestWeights(root: String, dataset: String, entry: String, seed: UInt64) -> String? {
        let folder = "\(root)/\(DataSet.fileName(of: dataset))/\(entry)"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let finished = names.filter { $0.hasPrefix("seed-\(seed)-") }.map { RunDirectory(path: folder + "/" + $0) }.compactMap {
            run -> (String, Date)? in
            guard FileManager.default.fileExists(atPath: run.result),
                let date = (try? FileManager.default.attributesOfItem(atPath: run.weights))?[.modificationDate] as? Date
            else { return nil }
            return (run.weights, date)
        }
        return finished.max { $0.1 < $1.1 }?.0
    }

    func remove() throws {
        for file in [checkpoint, weights, result] where FileManager.default.fileExists(atPath: file) {
            do { try FileManager.default.removeItem(atPath: file) } catch {
                throw HostError(.cantCreate, "\(file): cannot be removed\(Self.reason(error))")
            }
        }
    }

    /// The system's own word, which Foundation keeps below its general one.
    private static func reason(_ error: any Error) -> String {
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        guard let cause, cause.domain == NSPOSIXErrorDomain else { return "" }
        return ": " + String(cString: strerror(Int32(cause.code)))
    }
}
