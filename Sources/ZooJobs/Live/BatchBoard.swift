public import ZooStore

/// Is shown how far a batch is, for others to see.
public protocol BatchBoard: Sendable {
    func begin()
    /// Shows it in place of what was shown before; called a few times a second at most.
    func show(_ batch: LiveBatch)
    /// Is told of a result that has just been stored.
    func keep(_ result: StoredResult)
    /// The batch has ended.
    func clear()
}
