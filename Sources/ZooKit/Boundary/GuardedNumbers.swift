import Glibc

/// Room for numbers that another plugin writes, in which writing too many or too few is found out and harms nothing.
///
/// The contract gives a plugin a bare pointer. What it writes beyond the end falls on 64 KiB of known bytes, which are
/// looked at afterwards; behind them, and before the beginning, lies memory that nobody may touch, so that more ends
/// the process on the spot.
enum GuardedNumbers {
    private static let margin = 64 << 10
    /// Addresses that nobody may touch; they take no memory.
    private static let fence = 64 << 20
    /// No number that a plugin has a reason to write: as a `Double` not a number, as an `Int64` negative.
    private static let mark: UInt64 = 0xfff8_5a4f_4f5f_4752

    /// The `count` numbers that `fill` writes.
    ///
    /// - Parameter what: "the identity of component 'affine'", for the message.
    /// - Throws: `badArgument` if it wrote more or fewer; `outOfMemory`; what `fill` throws.
    static func read<Number: BitwiseCopyable>(
        _ count: Int, of type: Number.Type, _ what: @autoclosure () -> String,
        _ fill: (UnsafeMutablePointer<Number>) throws(ZooError) -> Void
    ) throws(ZooError) -> [Number] {
        precondition(MemoryLayout<Number>.stride == 8)
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let room = (count * 8 + margin + page - 1) / page * page
        guard let all = mmap(nil, room + 2 * fence, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), all != MAP_FAILED else {
            throw ZooError("not enough memory: the system has no \(room) bytes for \(what())", .outOfMemory)
        }
        defer { munmap(all, room + 2 * fence) }
        let start = all + fence
        guard mprotect(start, room, PROT_READ | PROT_WRITE) == 0 else {
            throw ZooError("not enough memory: the system has no \(room) bytes for \(what())", .outOfMemory)
        }
        let words = UnsafeMutableBufferPointer(start: start.assumingMemoryBound(to: UInt64.self), count: room / 8)
        words.update(repeating: mark)
        try fill(start.assumingMemoryBound(to: Number.self))
        if let last = words[count...].lastIndex(where: { $0 != mark }) {
            throw ZooError("\(what()): the plugin wrote \(last + 1) numbers or more, expected \(count)", .badArgument)
        }
        if let first = words[..<count].firstIndex(of: mark) {
            throw ZooError("\(what()): the plugin left number \(first + 1) of \(count) out", .badArgument)
        }
        return Array(UnsafeBufferPointer(start: start.assumingMemoryBound(to: Number.self), count: count))
    }
}
