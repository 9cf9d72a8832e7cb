import Foundation

/// The memory that this process holds, as Linux counts it.
struct ResidentMemory {
    private let before: Int

    /// Forgets the process's former peak. nil where the system does not allow that.
    init?() {
        guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return nil }
        // 5: the peak becomes what is held now (proc(5)).
        guard (try? file.write(contentsOf: Data("5".utf8))) != nil, let now = Self.read("VmRSS") else { return nil }
        before = now
    }

    /// The most that was held since then, in bytes, and how much more that is than at first.
    func peak() -> (total: Int, growth: Int)? { Self.read("VmHWM").map { ($0, max(0, $0 - before)) } }

    private static func read(_ field: String) -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(field + ":") })
        else { return nil }
        return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
}
