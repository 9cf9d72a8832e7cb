/// Where long work tells how far it is.
public protocol ProgressListener: AnyObject {
    func begin(_ label: String, total: Int, unit: String)
    func advance(_ by: Int)
    /// A short text beside the bar, the current loss for example.
    func note(_ text: String)
    func finish()
}

/// Says nothing.
public final class SilentProgress: ProgressListener {
    public init() {}
    public func begin(_ label: String, total: Int, unit: String) {}
    public func advance(_ by: Int) {}
    public func note(_ text: String) {}
    public func finish() {}
}
