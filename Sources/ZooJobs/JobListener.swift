public import ZooCore
public import ZooStore
public import ZooTraining

/// Is told of jobs while they run, on the scheduler's thread.
public protocol JobListener: AnyObject {
    func jobsBegin(_ count: Int)
    /// What is running now, several times a second.
    func jobsRun(_ running: [RunningJob])
    /// Shows the progress of a job that is the only one.
    var single: any ProgressListener { get }
    /// - Parameter conditions: what the worker did it with; nil if it failed before that was known.
    /// - Throws: whatever keeps the result from being stored; all work ends then.
    func jobEnded(_ job: Job, _ outcome: JobOutcome, seconds: Double, conditions: Conditions?) throws
    /// Takes a line that a worker has logged, or a message of the scheduler.
    func jobSaid(_ line: String)
    func jobsEnd()
}
