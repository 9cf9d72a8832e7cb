/// What is to be done, in order.
public struct Plan {
    public var jobs: [Job] = []
    /// What stands in the way of others: a plugin that is missing, data that are not there, weights that nobody trained.
    public var problems: [any Error] = []

    public init() {}

    /// Part `index` (from 1) of `count`: every `count`-th job from there on, so that all parts together are the plan.
    public func shard(_ index: Int, of count: Int) -> Plan {
        var part = self
        part.jobs = jobs.enumerated().filter { $0.offset % count == index - 1 }.map(\.element)
        return part
    }
}
