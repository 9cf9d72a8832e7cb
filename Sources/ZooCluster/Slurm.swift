import Foundation
public import ZooCore

/// Slurm by its own commands.
public enum Slurm {
    /// `MaxArraySize` where nothing is set: indices of an array end below it.
    public static let usualArraySize = 1001
    private static let patience = 120.0

    /// `MaxArraySize` of this cluster.
    ///
    /// - Throws: `unavailable` if Slurm is not here or does not answer.
    public static func largestArray() throws(HostError) -> Int {
        let text = try output("scontrol", ["show", "config"])
        for line in text.split(separator: "\n") where line.hasPrefix("MaxArraySize") {
            let value = line.split(separator: "=").last?.trimmingCharacters(in: .whitespaces) ?? ""
            if let size = Int(value), size > 0 { return size }
        }
        throw HostError(.unavailable, file: "scontrol show config", field: "MaxArraySize", expected: "a number above 0", found: "none")
    }

    /// Submits a script; gives the scheduler's number of the job.
    ///
    /// - Parameter previous: a job that has to end first.
    public static func submit(script path: String, after previous: String?) throws(HostError) -> String {
        let waiting = previous.map { ["--" + "dependency=afterany:\($0)"] } ?? []
        let text = try output("sbatch", ["--" + "parsable"] + waiting + [path])
        // "42" or, of several clusters, "42;cluster".
        let job = text.split(whereSeparator: { $0 == ";" || $0.isNewline }).first.map(String.init) ?? ""
        guard Int(job) != nil else {
            throw HostError(.unavailable, file: "sbatch", field: "answer", expected: "the number of a job", found: "'\(job)'")
        }
        return job
    }

    /// Lets a job or one task of its array begin again. The scheduler ends what runs of it at once.
    public static func requeue(_ job: String) throws(HostError) { _ = try output("scontrol", ["requeue", job]) }

    /// The tasks of arrays that are in the queue, waiting or running; nil where Slurm is not here or does not answer.
    public static func queued(_ arrays: [SweepManifest.Submitted]) -> Set<Int>? {
        var found: Set<Int> = []
        let jobs = Dictionary(arrays.map { ($0.job, $0.array.offset) }, uniquingKeysWith: { first, _ in first })
        // All of the user's, as squeue calls an old job an error.
        guard let text = try? output("squeue", ["-h", "-r", "-o", "%i", "-u", "\(getuid())"]) else { return nil }
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "_")
            guard parts.count == 2, let offset = jobs[String(parts[0])], let index = Int(parts[1]) else { continue }
            found.insert(offset + index)
        }
        return found
    }

    /// "17_3", the scheduler's name of the task that runs this process; nil outside an array.
    public static var ownTask: String? {
        let environment = ProcessInfo.processInfo.environment
        guard let job = environment["SLURM_ARRAY_JOB_ID"], let index = environment["SLURM_ARRAY_TASK_ID"] else { return nil }
        return "\(job)_\(index)"
    }

    private static func output(_ program: String, _ arguments: [String]) throws(HostError) -> String {
        let child = try ChildProcess.run("/usr/bin/env", [program] + arguments, patience: patience)
        switch child.end {
        case .exited(0): return String(decoding: child.output, as: UTF8.self)
        case .exited(127):
            throw HostError(.unavailable, "there is no '\(program)' here: this takes a machine from which Slurm can be reached")
        case let end: throw HostError(.unavailable, "\(program) \(end.description): \(child.lastWords ?? "it says nothing")")
        }
    }
}
