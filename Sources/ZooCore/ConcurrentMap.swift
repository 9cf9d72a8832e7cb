import Dispatch
import Synchronization

/// The values of a function at 0 … count − 1, computed side by side on all cores.
package func concurrentMap<R: Sendable>(_ count: Int, _ body: @Sendable (Int) -> R) -> [R] {
    let results = Mutex([R?](repeating: nil, count: count))
    DispatchQueue.concurrentPerform(iterations: count) { index in
        let result = body(index)
        results.withLock { $0[index] = result }
    }
    return results.withLock { $0.compactMap(\.self) }
}
