extension Tensor {
    /// The engine's own name for this tensor: two references to one tensor have the same.
    package var identity: OpaquePointer { handle.pointer }

    /// One more reference to a tensor that the engine shows.
    package static func shared(_ pointer: OpaquePointer) -> Tensor { Tensor(sharing: pointer) }
}
