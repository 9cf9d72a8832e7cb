extension Sweep {
    /// Marks tasks as waiting again, before they are submitted anew. Their stores keep what they have.
    public func reopen(_ tasks: [SweepTask]) throws {
        for task in tasks {
            guard var state = SweepStatus.state(of: task, in: self) else { continue }
            (state.phase, state.total, state.ended, state.failed) = (.waiting, task.jobs.count, 0, 0)
            (state.running, state.failures) = ([], [])
            try TaskRecorder.write(state, in: self)
        }
    }
}
