/// A network or a part of one, with parameters.
public protocol Module: AnyObject {
    /// Its parameters and buffers, all registered by the end of its `init`.
    var parameters: Parameters { get }
}
