/// Jobs in the order in which they are done.
public struct Plan {
    public var jobs: [Job] = []
    /// Why other jobs cannot be planned: a plugin or data are missing, or nothing has trained the weights.
    public var problems: [any Error] = []

    public init() {}

    /// Adds another plan behind this one.
    public static func += (plan: inout Plan, other: Plan) {
        plan.jobs += other.jobs
        plan.problems += other.problems
    }

    /// Part `index` (from 1) of `count`: every `count`-th job from there on, so that all parts together are the plan.
    public func shard(_ index: Int, of count: Int) -> Plan {
        var part = self
        part.jobs = jobs.enumerated().filter { $0.offset % count == index - 1 }.map(\.element)
        return part
    }
}
