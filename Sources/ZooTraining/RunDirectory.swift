import Foundation
import Glibc
import ZooCore
import ZooData
import ZooModelFiles

/// One training run on disk: `runs/<data set>/<entry>/seed-<n>-<digest>/` with `checkpoint.safetensors` after every epoch,
/// and `weights.safetensors` and `result.json` when it is finished. Nothing in it depends on where it lies.
package struct RunDirectory {
    let path: String

    package init(root: String, _ identity: RunIdentity) throws {
        path = "\(root)/\(DataSet.fileName(of: identity.dataset))/\(identity.entry)/seed-\(identity.seed)-\(try identity.digest())"
    }

    private init(path: String) { self.path = path }

    var checkpoint: String { path + "/checkpoint.safetensors" }
    package var weights: String { path + "/weights.safetensors" }
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
            // Without support of flock, callers must prevent concurrent runs.
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
                close(descriptor)
                throw HostError(
                    .unavailable,
                    "\(path): another process trains this very run; wait for it, or keep other runs with \(ProgramOption.runs)")
            }
        }

        deinit { if descriptor >= 0 { close(descriptor) } }
    }

    /// The directories of all runs of that entry, data set and seed, finished or not, whatever data, code and recipe they are of.
    ///
    /// - Parameters:
    ///   - dataset: a canonical name. Folders are not judged by their names, which earlier runs have from names as they were typed.
    ///   - catalogue: that of the manifest.
    static func all(root: String, dataset: String, of catalogue: DataSetCatalogue, entry: String, seed: UInt64) -> [RunDirectory] {
        func names(_ folder: String) -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }
        return names(root).flatMap { folder in
            names("\(root)/\(folder)/\(entry)").filter { $0.hasPrefix("seed-\(seed)-") }.map {
                RunDirectory(path: "\(root)/\(folder)/\(entry)/\($0)")
            }
        }.filter { run in
            run.identity.map { catalogue.canonical($0.dataset) == dataset } ?? false
        }
    }

    /// The run's identity; nil if it has no result and no checkpoint yet.
    var identity: RunIdentity? {
        if let run = finished?.run, let identity = RunIdentity(text: run) { return identity }
        for file in [weights, checkpoint] {
            if let text = try? SafetensorsFile(path: file).metadata["run"], let identity = RunIdentity(text: text) { return identity }
        }
        return nil
    }

    /// The epochs so far.
    var history: [EpochRecord] {
        if let finished { return finished.history }
        let text = try? SafetensorsFile(path: checkpoint).metadata["history"]
        return text.flatMap { try? JSONDecoder().decode([EpochRecord].self, from: Data($0.utf8)) } ?? []
    }

    /// When its last epoch was kept.
    var changed: Date? {
        [result, checkpoint].compactMap {
            (try? FileManager.default.attributesOfItem(atPath: $0))?[.modificationDate] as? Date
        }.max()
    }

    /// The finished run's result, with the weights where they are now; nil unless both files are there.
    var finished: TrainingResult? {
        guard let data = try? FileBytes.read(result),
            var found = try? ResultCoding.decoder.decode(TrainingResult.self, from: data),
            FileManager.default.fileExists(atPath: weights)
        else { return nil }
        found.weights = weights
        return found
    }

    /// When it was finished. Earlier runs say it by their file's time, which a copy may change.
    var date: Date? {
        guard let finished else { return nil }
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return finished.date.flatMap { try? Date($0, strategy: style) }
            ?? (try? FileManager.default.attributesOfItem(atPath: weights))?[.modificationDate] as? Date
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
