import ArgumentParser
import ZooCluster
import ZooCore
import ZooReport
import ZooStore

/// What a task of a cluster runs: not for people.
struct TaskCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Do one task of a sweep.", shouldDisplay: false)

    @Argument var folder: String
    @Argument var number: Int

    func run() throws {
        Signals.install()
        Signals.watchLimit()
        let sweep = try Sweep(folder)
        let task = try sweep.task(number)
        let recorder = try TaskRecorder(sweep, task)
        RunningTask.current = recorder
        var failure: (any Error)?
        do {
            var command = try Zoo.parseAsRoot(sweep.manifest.submissions[task.submission].command)
            try command.run()
        } catch {
            // One whose cause was said already is in the state, too.
            if !(error is ExitCode) { recorder.note(Failure(error).message) }
            failure = error
        }
        guard Interrupt.isRequested, recorder.isIncomplete else {
            try recorder.conclude(failure == nil ? .done : .failed)
            if let failure { throw failure }
            return
        }
        guard Signals.isLimitNear, let own = Slurm.ownTask else {
            try recorder.conclude(.stopped)
            throw ExitCode(130)
        }
        // The scheduler ends this process as soon as it is told, so everything is written before.
        try recorder.conclude(.requeued)
        do { try Slurm.requeue(own) } catch {
            recorder.note(error.message)
            try recorder.conclude(.stopped)
            throw error
        }
    }
}
