public import ZooCore
public import ZooStore

extension MLflowServer {
    /// What a push did.
    public struct Outcome: Encodable, Sendable {
        public let uri, experiment: String
        /// Results that were added, and those that were there.
        public internal(set) var added = 0, known = 0
        /// Runs that an interrupted push had begun, which were deleted and added anew.
        public internal(set) var replaced = 0
    }

    /// Adds results to an experiment, a run each, unless they are there.
    ///
    /// A push that was interrupted, or two after each other, come to the same: a run counts once it says that it is complete.
    ///
    /// - Throws: see `experiment` and `push`; `Interrupted` after the result that it is at.
    public func push(
        _ results: [StoredResult], of store: ResultStore, experiment name: String, progress: any ProgressListener
    ) throws -> Outcome {
        var outcome = Outcome(uri: uri, experiment: name)
        let experiment = try experiment(name)
        let there = try pushed(in: experiment)
        progress.begin(uri, total: results.count, unit: "results")
        defer { progress.finish() }
        for result in results {
            try Interrupt.check("\(outcome.added) results were added, and the same command goes on")
            if let run = there[result.uuid] {
                if run.isComplete {
                    outcome.known += 1
                    progress.advance(1)
                    continue
                }
                try discard(run)
                outcome.replaced += 1
            }
            try push(MLflowRun(result, tables: store.tables(of: result)), to: experiment)
            outcome.added += 1
            progress.advance(1)
        }
        return outcome
    }
}
