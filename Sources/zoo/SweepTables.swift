import ZooCluster
import ZooCore
import ZooReport

/// What people read of a sweep.
enum SweepTables {
    /// Tasks or failures that are named one by one.
    private static let most = 20

    static func status(_ status: SweepStatus, for terminal: Terminal) -> String {
        let tasks = TaskState.Phase.allCases.filter { status.count($0) > 0 }.map { "\(status.count($0)) \($0.rawValue)" }
        var text = "\(status.id): \(tasks.joined(separator: ", "))\n"
        text += "jobs: \(status.done) of \(status.jobs) done, \(status.failed) failed, \(status.left) left"
        if status.left > 0, let seconds = status.secondsLeft {
            text += ", about \(duration(seconds)) with \(status.running.count) tasks at once"
        }
        text += "\n"
        if !status.running.isEmpty {
            var table = TextTable([.init("task", .right), .init("slurm"), .init("machine"), .init("running")])
            for running in status.running.prefix(most) { table.append(["\(running.task)", running.slurm, running.machine, running.text]) }
            text += table.rendered(for: terminal) + more(status.running.count)
        }
        if !status.failures.isEmpty {
            var table = TextTable([.init("task", .right), .init("state"), .init("job"), .init("cause"), .init("log")])
            for failed in status.failures.prefix(most) {
                table.append(["\(failed.task)", failed.phase.rawValue, failed.job, failed.cause, failed.log])
            }
            text += table.rendered(for: terminal) + more(status.failures.count)
        }
        if let unqueued = status.unqueued, !unqueued.isEmpty { text += "not in the queue: \(pieces(unqueued))\n" }
        if !status.open.isEmpty { text += "'zoo retry \(shellWord(status.id))' submits again: \(pieces(status.open))\n" }
        return text
    }

    private static func more(_ count: Int) -> String { count > most ? "… and \(count - most) more; --json lists all\n" : "" }

    /// "3, 7..9".
    private static func pieces(_ tasks: [Int]) -> String {
        "task " + SeedRange.pieces(tasks.map(UInt64.init)).joined(separator: ", ")
    }

    /// "40 s", "12 min", "3.5 h", "2.1 days".
    static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<100: "\(Int(seconds.rounded(.up))) s"
        case ..<6000: "\(Int((seconds / 60).rounded(.up))) min"
        case ..<172_800: "\((seconds / 360).rounded() / 10) h"
        default: "\((seconds / 8640).rounded() / 10) days"
        }
    }
}
