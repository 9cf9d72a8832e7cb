import Foundation
import Glibc
import ZooCore
public import ZooStore
import ZooTraining

/// Where commands that write into a store say what they are at: a folder beside the store, a file for each process.
///
/// It only informs: whoever cannot write there goes on without, and a file that a crash left behind is told by its process, which is no more.
public struct LiveBoard: BatchBoard {
    private let folder: String

    /// - Parameter store: the path of the store.
    public init(store: String) { folder = store + "-live" }

    /// Folders may be shared by machines.
    private static func name(of process: Int32) -> String { "\(Machine.name).\(process).json" }

    /// Shows a batch in place of what its process showed before. It is renamed into its place, so that nobody reads half of it; whether it
    /// survives the machine does not matter.
    public func show(_ batch: LiveBatch) {
        if mkdir(folder, 0o755) != 0, errno != EEXIST { return }
        guard let data = try? ResultCoding.line(batch) else { return }
        let path = "\(folder)/\(Self.name(of: batch.process))"
        guard (try? data.write(to: URL(fileURLWithPath: path + ".new"))) != nil else { return }
        rename(path + ".new", path)
    }

    /// Others read results where they are stored.
    public func keep(_ result: StoredResult) {}

    /// Takes away what this process shows, and the folder with the last file in it.
    public func clear() {
        unlink("\(folder)/\(Self.name(of: getpid()))")
        rmdir(folder)
    }

    /// Takes away what processes of this machine left behind that are no more.
    public func begin() { for (name, process) in files() where !Self.isAlive(process) { unlink("\(folder)/\(name)") } }

    /// What the processes of this machine are at, the oldest first.
    public func batches() -> [LiveBatch] {
        files().filter { $0.name.hasSuffix(".json") && Self.isAlive($0.process) }
            .compactMap { file in
                (try? FileBytes.read("\(folder)/\(file.name)")).flatMap { try? ResultCoding.decoder.decode(LiveBatch.self, from: $0) }
            }
            .sorted { ($0.started, $0.process) < ($1.started, $1.process) }
    }

    /// Files of this machine's processes.
    private func files() -> [(name: String, process: Int32)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { name in
            guard name.hasPrefix(Machine.name + ".") else { return nil }
            return Int32(name.dropFirst(Machine.name.count + 1).prefix { $0 != "." }).map { (name, $0) }
        }
    }

    private static func isAlive(_ process: Int32) -> Bool { kill(process, 0) == 0 || errno == EPERM }
}
