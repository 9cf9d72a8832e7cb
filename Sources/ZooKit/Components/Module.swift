/// A network or a part of one, with parameters.
public protocol Module: AnyObject {
    /// Its parameters and buffers, all registered by the end of its `init`.
    var parameters: Parameters { get }
    /// In what this instance differs from others of its kind. In nothing by default.
    var traits: Traits { get }
}

extension Module {
    public var traits: Traits { Traits() }
}
