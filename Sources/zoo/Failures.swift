import ArgumentParser
import ZooReport

/// Work that goes on after a failure: remembers the first one's exit status.
struct Failures {
    private(set) var first: Failure?

    mutating func report(_ error: any Error) { report(Failure(error)) }

    mutating func report(_ failure: Failure) {
        Console.error("zoo: \(failure)")
        if first == nil { first = failure }
    }

    /// What failed elsewhere, and was said there.
    mutating func add(_ others: Failures) { first = first ?? others.first }

    /// - Throws: the exit status of the first failure, if there was one.
    func conclude() throws {
        if let first { throw ExitCode(first.exitStatus) }
    }
}
