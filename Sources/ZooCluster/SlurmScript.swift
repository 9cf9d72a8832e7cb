import ZooCore

/// The script that sbatch is given for one array of a sweep.
public struct SlurmScript: Sendable {
    public let text: String

    /// - Parameters:
    ///   - folder: the sweep's, absolute.
    ///   - submission: whose program, folder and variables its tasks take.
    public init(sweep id: String, folder: String, array: SlurmArray, submission: SweepManifest.Submission, options: SlurmOptions) {
        var lines = ["#!/bin/bash"]
        func set(_ name: String, _ value: String?) {
            if let value { lines.append("#SBATCH --\(name)=\(Self.quoted(value))") }
        }
        set("job-name", "zoo-\(id)")
        set("array", array.text(throttle: options.throttle))
        set("chdir", submission.folder)
        // Of one array and index: a task that was requeued goes on in its file.
        set("output", Self.literal(folder) + "/logs/%A_%a.log")
        set("open-mode", "append")
        lines.append("#SBATCH --\("requeue")")
        // To the script alone, whose process the program takes over below.
        if options.time != nil { set("signal", "B:USR1@\(options.warning)") }
        set("ntasks", "1")
        set("cpus-per-task", "\(options.cpus)")
        set("time", options.time)
        set("mem", options.memory)
        set("partition", options.partition)
        set("account", options.account)
        for other in options.others { lines.append("#SBATCH \(other)") }
        lines.append("")
        for (name, value) in submission.environment.sorted(by: { $0.key < $1.key }) {
            lines.append("export \(name)=\(shellWord(value))")
        }
        lines.append("# A task's number in the sweep is its index in this array + \(array.offset).")
        let number = "$((SLURM_ARRAY_TASK_ID + \(array.offset)))"
        lines.append("exec \(shellWord(submission.program)) task \(shellWord(folder)) \(number)")
        text = lines.joined(separator: "\n") + "\n"
    }

    /// A value as sbatch reads it in its script.
    private static func quoted(_ value: String) -> String {
        value.contains(where: \.isWhitespace) ? "\"\(value)\"" : value
    }

    /// A path in which nothing is replaced.
    private static func literal(_ path: String) -> String { path.replacing("%", with: "%%") }
}
