import Foundation
public import ZooStore

extension Sweep {
    /// What collecting did.
    public struct Collection: Encodable, Sendable {
        public let store: String
        /// Stores of tasks that were read, and those that had not changed since they were read last.
        public let read, unchanged: Int
        public let added, known: Int
    }

    /// Adds what the tasks have found so far to a store.
    ///
    /// Tasks replace their stores whole, so that each is complete whenever it is read. Collecting again reads what has changed, and adds
    /// what is new.
    ///
    /// - Returns: what was done, and the errors of stores that cannot be read: the others are read all the same.
    public func collect(into store: ResultStore) -> (Collection, problems: [any Error]) {
        let folder = self.folder + "/stores"
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(".sqlite") && !$0.hasPrefix(".") }.sorted { ($0.count, $0) < ($1.count, $1) }
        var problems: [any Error] = []
        var (read, unchanged, added, known) = (0, 0, 0, 0)
        for counts in store.mergeIfChanged(names.map { "\(folder)/\($0)" }) {
            switch counts {
            case .success(let counts?): (read, added, known) = (read + 1, added + counts.added, known + counts.known)
            case .success(nil): unchanged += 1
            case .failure(let error): problems.append(error)
            }
        }
        return (Collection(store: store.path, read: read, unchanged: unchanged, added: added, known: known), problems)
    }
}
