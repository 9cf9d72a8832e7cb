import Synchronization
import ZooCluster
import ZooCore
import ZooData
import ZooJobs
import ZooManifest

/// The task of a sweep that this process does, if it does one: `zoo task` sets it, and the command that it then runs keeps to its jobs.
enum RunningTask {
    private static let kept = Mutex<TaskRecorder?>(nil)

    static var current: TaskRecorder? {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }

    /// Whether what is there is done anew, as the command asks: a task that goes on after an interruption keeps what it has made.
    static func begins(_ force: Bool) -> Bool { force && (current?.attempt ?? 1) == 1 }

    // MARK: The task's jobs

    /// Those of a plan that are the task's, and a problem where some of these are not in the plan.
    static func part(of plan: Plan) -> Plan {
        guard let task = current?.task else { return plan }
        var (part, missing) = (plan, task.keys)
        part.jobs = plan.jobs.filter { job in
            guard let key = try? SweepJob(job).key, task.keys.contains(key) else { return false }
            missing.remove(key)
            return true
        }
        if part.problems.isEmpty, let job = task.jobs.first(where: { missing.contains($0.key) }) {
            part.problems.append(
                HostError(
                    .config,
                    "\(job.entry), seed \(job.seed), \(job.probe) on \(job.dataset): the manifest has changed since the sweep was submitted: it asks for no such job any more"
                ))
        }
        return part
    }

    /// Planning what belongs to other tasks would take longer than many a job.
    static func narrowed(_ entries: [Entry]) -> [Entry] {
        guard let ids = current.map({ Set($0.task.jobs.map(\.entry)) }) else { return entries }
        return entries.filter { ids.contains($0.id) }
    }

    static func narrowed(_ datasets: [String], of catalogue: DataSetCatalogue) -> [String] {
        guard let names = current.map({ Set($0.task.jobs.map(\.dataset)) }) else { return datasets }
        return datasets.filter { names.contains(catalogue.canonical($0)) }
    }

    static func narrowed(_ seeds: [UInt64]) -> [UInt64] {
        guard let own = current.map({ Set($0.task.jobs.map(\.seed)) }) else { return seeds }
        return seeds.filter(own.contains)
    }
}
