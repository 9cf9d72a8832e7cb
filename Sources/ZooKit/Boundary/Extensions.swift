import CZooPlugin

extension UnsafePointer<zoo_component_v1> {
    /// What the component offers under a name that the contract knows, a struct that begins with its size; nil where it offers nothing, or
    /// less than this host knows.
    package func offered<T>(_ name: String, as type: T.Type) -> UnsafePointer<T>? {
        guard let found = pointee.extension.flatMap({ $0(self, name) })?.assumingMemoryBound(to: T.self),
            UnsafeRawPointer(found).load(as: UInt32.self) >= MemoryLayout<T>.size
        else { return nil }
        return found
    }
}
