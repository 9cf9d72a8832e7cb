public import ZooCore
public import ZooStore
public import ZooTraining

/// Is told of jobs while they run, on the scheduler's thread.
public protocol JobListener: AnyObject {
    func jobsBegin(_ count: Int)
    /// What is running now, in words, whenever something has changed: "stn-c0, seed 1, pose on strokes 40%".
    func jobsRun(_ running: [String])
    /// Shows the progress of a single job.
    var single: any ProgressListener { get }
    /// - Parameter conditions: what the worker did it with; nil if it failed before that was known.
    /// - Throws: whatever keeps the result from being stored; all work ends then.
    func jobEnded(_ job: Job, _ outcome: JobOutcome, seconds: Double, conditions: Conditions?) throws
    /// Takes a line that a worker has logged, or a message of the scheduler.
    func jobSaid(_ line: String)
    func jobsEnd()
}
