/// A task of a sweep: the jobs that one task of the scheduler's array does, one after the other.
public struct SweepTask: Codable, Sendable {
    /// Its number in the sweep, from 0, and that of its submission.
    public let number, submission: Int
    public let jobs: [SweepJob]

    public var keys: Set<String> { Set(jobs.map(\.key)) }

    /// Divides jobs into tasks, in the order in which they are planned: neighbours share their images.
    public static func tasks(of jobs: [SweepJob], perTask: Int, from first: Int, submission: Int) -> [SweepTask] {
        stride(from: 0, to: jobs.count, by: max(1, perTask)).enumerated().map { place, start in
            SweepTask(number: first + place, submission: submission, jobs: Array(jobs[start..<min(start + max(1, perTask), jobs.count)]))
        }
    }
}
