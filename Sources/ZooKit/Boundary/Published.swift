/// A C struct that is never freed and never written again.
struct Published<T>: @unchecked Sendable {
    let pointer: UnsafePointer<T>
    init(_ value: T) {
        let memory = UnsafeMutablePointer<T>.allocate(capacity: 1)
        memory.initialize(to: value)
        pointer = UnsafePointer(memory)
    }
}

func published(_ text: String) -> UnsafePointer<CChar> {
    published(Array(text.utf8CString)).unsafelyUnwrapped  // never empty: the NUL is always there
}

func published<T>(_ values: [T]) -> UnsafePointer<T>? {
    values.withUnsafeBytes(publishedBytes)?.assumingMemoryBound(to: T.self)
}

/// A copy that is never freed; nil of nothing.
func publishedBytes(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawPointer? {
    guard !bytes.isEmpty else { return nil }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    memory.copyMemory(from: bytes)
    return UnsafeRawPointer(memory.baseAddress)
}
