import Foundation
import Glibc

/// Tells whether stores have changed, by the sizes and times of their files.
struct StoreWatch: Sendable {
    private let paths: [String]

    init(_ stores: [String]) { paths = stores.flatMap { [$0, $0 + "-wal"] } }

    /// Other whenever something was written.
    var version: String {
        paths.map { path in
            var found = stat()
            guard stat(path, &found) == 0 else { return "-" }
            return "\(found.st_size).\(found.st_mtim.tv_sec).\(found.st_mtim.tv_nsec)"
        }.joined(separator: " ")
    }
}
