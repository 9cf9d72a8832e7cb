import CZooPlugin

/// Runs `body` without recording gradients, as `torch.no_grad()` does.
///
/// The mode belongs to the thread, so `body` is synchronous on purpose: after an `await` it could go on on another
/// thread.
///
/// - Throws: What `body` throws.
public func noGrad<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    let before = Engine.host.pointee.grad_mode()
    Engine.host.pointee.set_grad_mode(0)
    defer { Engine.host.pointee.set_grad_mode(before) }
    return try body()
}

/// Whether operators on this thread record gradients, as `torch.is_grad_enabled()`.
public var isGradEnabled: Bool { Engine.host.pointee.grad_mode() != 0 }
