/// Batches for tests that count threads. The kernels share work among threads only where each has some 20 µs of it
/// (`for_each_index` in CTorch), and ten thousand seeds have to pass in an hour.
enum Sharing {
    /// As many images as make up the work, but at least 3, so that two threads get different ones, and at most 33.
    static func images(_ workOfOne: Int, inAll work: Int) -> Int { max(3, min(33, work / max(1, workOfOne))) }
}
