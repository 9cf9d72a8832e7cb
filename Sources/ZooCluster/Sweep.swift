import Foundation
import Glibc
import ZooCore
import ZooStore

/// A sweep: jobs that a cluster does, in a folder that all its machines share.
///
///     sweep.json          how it was asked for and submitted
///     tasks-0.jsonl       the tasks of its first submission, a line each
///     scripts/0-0.sbatch  what sbatch was given
///     logs/17_3.log       what a task printed
///     state/3.json        how far a task is, written by it alone
///     stores/3.sqlite     what a task has found, written by it alone and replaced whole
public struct Sweep: Sendable {
    /// Absolute.
    public let folder: String
    public private(set) var manifest: SweepManifest

    private static let fileName = "sweep.json"

    /// Opens the sweep in a folder.
    ///
    /// - Throws: `noInput` if there is none, `data` if its file is none of a sweep.
    public init(_ folder: String) throws {
        self.folder = URL(fileURLWithPath: folder).standardizedFileURL.path
        let path = folder + "/" + Self.fileName
        guard FileManager.default.fileExists(atPath: path) else {
            throw HostError(.noInput, "\(folder): there is no sweep: expected a folder with a file \(Self.fileName)")
        }
        do { manifest = try ResultCoding.decoder.decode(SweepManifest.self, from: FileBytes.read(path)) } catch let error as DecodingError {
            throw HostError(.data, file: path, field: Self.field(of: error), expected: "what the zoo writes there", found: "something else")
        }
        guard manifest.version == 1 else {
            throw HostError(.data, file: path, field: "$.version", expected: "1", found: "\(manifest.version)")
        }
    }

    private static func field(of error: DecodingError) -> String {
        let context: DecodingError.Context? =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): context
            case .keyNotFound(let key, let context):
                DecodingError.Context(codingPath: context.codingPath + [key], debugDescription: context.debugDescription)
            @unknown default: nil
            }
        return "$" + (context?.codingPath ?? []).map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
    }

    /// A sweep that is not on the disk yet.
    public init(new folder: String, id: String, store: String, slurm: SlurmOptions) {
        self.folder = URL(fileURLWithPath: folder).standardizedFileURL.path
        manifest = SweepManifest(id: id, store: URL(fileURLWithPath: store).standardizedFileURL.path, slurm: slurm)
    }

    public static func exists(in folder: String) -> Bool { FileManager.default.fileExists(atPath: folder + "/" + fileName) }

    /// The folders of all sweeps below one, by their names.
    public static func all(below root: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted { ($0.count, $0) < ($1.count, $1) }
            .map { "\(root)/\($0)" }.filter(exists)
    }

    // MARK: Places

    func state(of task: Int) -> String { "\(folder)/state/\(task).json" }
    public func store(of task: Int) -> String { "\(folder)/stores/\(task).sqlite" }
    public func log(of slurmTask: String) -> String { "\(folder)/logs/\(slurmTask).log" }
    private func tasks(of submission: Int) -> String { "\(folder)/tasks-\(submission).jsonl" }

    // MARK: Tasks

    /// All tasks, by their numbers.
    public func tasks() throws -> [SweepTask] { try manifest.submissions.indices.flatMap { try read(tasks(of: $0)).map(decode) } }

    /// - Throws: `usage` if there is none of that number.
    public func task(_ number: Int) throws -> SweepTask {
        guard let place = manifest.submissions.firstIndex(where: { ($0.first..<$0.first + $0.count).contains(number) }) else {
            throw HostError(.usage, file: folder, field: "task", expected: "0 to \(manifest.taskCount - 1)", found: "\(number)")
        }
        let lines = try read(tasks(of: place))
        let index = number - manifest.submissions[place].first
        guard lines.indices.contains(index) else {
            throw HostError(
                .data, file: tasks(of: place), field: "lines", expected: "\(manifest.submissions[place].count)", found: "\(lines.count)")
        }
        return try decode(lines[index])
    }

    private func read(_ path: String) throws -> [Data.SubSequence] { try FileBytes.read(path).split(separator: UInt8(ascii: "\n")) }

    private func decode(_ line: Data.SubSequence) throws -> SweepTask {
        do { return try ResultCoding.decoder.decode(SweepTask.self, from: Data(line)) } catch {
            let found = String(decoding: line.prefix(80), as: UTF8.self)
            throw HostError(.data, file: folder, field: "tasks", expected: "a task in each line", found: found)
        }
    }

    // MARK: Submission

    /// Adds jobs that the sweep does not have yet.
    ///
    /// - Returns: the tasks that do them; none if it has all of them.
    public mutating func add(
        _ jobs: [SweepJob], perTask: Int, command: [String], environment: [String: String], directory: String
    ) throws -> [SweepTask] {
        var known = Set(try tasks().flatMap(\.jobs).map(\.key))
        let fresh = jobs.filter { known.insert($0.key).inserted }
        let first = manifest.taskCount
        let tasks = SweepTask.tasks(of: fresh, perTask: perTask, from: first, submission: manifest.submissions.count)
        if tasks.isEmpty { return [] }
        manifest.submissions.append(
            SweepManifest.Submission(
                date: Date().formatted(.iso8601), program: Program.path, command: command, folder: directory, environment: environment,
                first: first, count: tasks.count))
        return tasks
    }

    /// What sbatch is to be given for some tasks.
    ///
    /// - Parameter limit: `MaxArraySize`.
    public func scripts(for tasks: [SweepTask], limit: Int) -> [(array: SlurmArray, script: SlurmScript)] {
        Dictionary(grouping: tasks, by: \.submission).sorted { $0.key < $1.key }.flatMap { submission, tasks in
            SlurmArray.arrays(of: tasks.map(\.number).sorted(), limit: limit).map { array in
                (
                    array,
                    SlurmScript(
                        sweep: manifest.id, folder: folder, array: array, submission: manifest.submissions[submission],
                        options: manifest.slurm)
                )
            }
        }
    }

    /// Writes the sweep with the tasks that were added to it.
    public func write(adding tasks: [SweepTask] = []) throws {
        for name in ["logs", "state", "stores", "scripts"] { try Self.make("\(folder)/\(name)") }
        for (submission, tasks) in Dictionary(grouping: tasks, by: \.submission) {
            try FileBytes.writeAtomically(try tasks.map { try ResultCoding.line($0) }, to: self.tasks(of: submission))
        }
        try FileBytes.writeAtomically([try ResultCoding.encoder.encode(manifest)], to: folder + "/" + Self.fileName)
    }

    private static func make(_ folder: String) throws {
        do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
            throw HostError(.cantCreate, "\(folder): the folder cannot be made")
        }
    }

    /// Submits arrays, each as soon as the one before it is in the queue, and writes down what the scheduler calls them.
    ///
    /// With a throttle an array waits for the one before it, so that the throttle holds for all of them.
    public mutating func submit(_ scripts: [(array: SlurmArray, script: SlurmScript)]) throws -> [SweepManifest.Submitted] {
        var submitted: [SweepManifest.Submitted] = []
        for (array, script) in scripts {
            let path = "\(folder)/scripts/\(manifest.submitted.count)-\(array.offset).sbatch"
            try FileBytes.writeAtomically([Data(script.text.utf8)], to: path)
            let previous = manifest.slurm.throttle == nil ? nil : submitted.last?.job
            let done = SweepManifest.Submitted(job: try Slurm.submit(script: path, after: previous), array: array)
            submitted.append(done)
            manifest.submitted.append(done)
            try write()
        }
        return submitted
    }

    /// Takes other limits for what is submitted from now on.
    public mutating func use(_ options: SlurmOptions) { manifest.slurm = options }

    /// Keeps others from changing the sweep while `body` runs.
    public static func locked<R>(_ folder: String, _ body: () throws -> R) throws -> R {
        try make(folder)
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            throw HostError(.unavailable, "\(folder): another process submits tasks of this sweep; try again when it has ended")
        }
        return try body()
    }
}
