import Dispatch
import Synchronization

/// Disjoint parts of one buffer, written from several threads.
struct SharedBuffer: @unchecked Sendable {
    private let buffer: UnsafeMutableBufferPointer<UInt8>

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

    func slice(_ start: Int, _ count: Int) -> UnsafeMutableBufferPointer<UInt8> {
        UnsafeMutableBufferPointer(rebasing: buffer[start..<start + count])
    }

    /// `count` pieces of `size` bytes, made on all cores. How many there are makes no difference to the result.
    ///
    /// - Parameter make: gives piece `index`.
    /// - Throws: of all the errors, the one of the first piece.
    static func fill(_ count: Int, of size: Int, make: @Sendable (Int) throws -> [UInt8]) throws -> [UInt8] {
        let failure = Mutex<(index: Int, error: any Error)?>(nil)
        let chunk = 16
        let bytes = [UInt8](unsafeUninitializedCapacity: count * size) { buffer, filled in
            let shared = SharedBuffer(buffer)
            DispatchQueue.concurrentPerform(iterations: (count + chunk - 1) / chunk) { number in
                for index in number * chunk..<min(count, (number + 1) * chunk) {
                    let place = shared.slice(index * size, size)
                    do {
                        let piece = try make(index)
                        _ = place.initialize(from: piece + [UInt8](repeating: 0, count: max(0, size - piece.count)))
                    } catch {
                        place.initialize(repeating: 0)
                        failure.withLock { if index < $0?.index ?? .max { $0 = (index, error) } }
                    }
                }
            }
            filled = count * size
        }
        if let failure = failure.withLock({ $0 }) { throw failure.error }
        return bytes
    }
}
