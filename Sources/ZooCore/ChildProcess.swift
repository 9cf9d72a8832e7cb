import Foundation
import Glibc

/// A program run to its end with a time limit, in a process of its own: what crashes or hangs there does so alone.
public struct ChildProcess: Sendable {
    public enum End: Sendable, Equatable {
        case exited(Int32)
        case killed(signal: Int32)
        /// It was killed because it wrote nothing for this number of seconds.
        case hung(seconds: Double)

        fileprivate init(_ end: RunningProcess.End) {
            switch end {
            case .exited(let status): self = .exited(status)
            case .killed(let signal): self = .killed(signal: signal)
            }
        }

        /// "ended with status 3", "was killed by signal 11 (Segmentation fault)", "hung: …".
        public var description: String {
            switch self {
            case .exited(let status): "ended with status \(status)"
            case .killed(let signal): "was killed by signal \(signal) (\(strsignal(signal).map { String(cString: $0) } ?? "unknown"))"
            case .hung(let seconds): "hung: no answer within \(seconds.formattedSeconds) s"
            }
        }
    }

    public let end: End
    /// What it wrote to standard output.
    public let output: [UInt8]
    /// The end of what it wrote to standard error, 16 KiB at most.
    public let errors: [UInt8]

    /// The last line on standard error that is not blank: where runtimes say what they died of.
    public var lastWords: String? {
        String(decoding: errors, as: UTF8.self).split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }.map(String.init)
    }

    private static let mostOutput = 64 << 20
    private static let mostErrors = 16 << 10

    /// Runs `program` with nothing on its standard input.
    ///
    /// - Parameter patience: seconds within which something has to come on standard output, counted anew each time it does.
    /// - Throws: `unavailable` if it cannot be started.
    public static func run(_ program: String, _ arguments: [String], patience: Double) throws(HostError) -> ChildProcess {
        var output = try PipeEnds()
        var errors = try PipeEnds()
        let child = try RunningProcess(
            program, [program] + arguments, descriptors: [STDOUT_FILENO: output.writer, STDERR_FILENO: errors.writer], ownGroup: false)
        output.closeWriter()
        errors.closeWriter()
        output.stopWaiting()
        errors.stopWaiting()
        var (said, complaints): ([UInt8], [UInt8]) = ([], [])
        let limit = Int64(patience * 1e9)
        var deadline = now() + limit
        var end: RunningProcess.End?
        while true {
            if end == nil { end = child.reap(waiting: false)?.end }
            // A negative descriptor is left out.
            var wanted = [output.reader, errors.reader].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let hasMore = poll(&wanted, 2, end == nil ? 20 : 0) > 0
            if output.reader >= 0 {
                let (found, isOver) = output.drain(into: &said, most: mostOutput)
                if found { deadline = now() + limit }
                if isOver { output.closeReader() }
            }
            if errors.reader >= 0, errors.drain(into: &complaints, most: mostErrors, keeping: .last).isOver { errors.closeReader() }
            // A grandchild may hold the pipes open: they are not waited for once the child itself is gone.
            if let end, !hasMore { return ChildProcess(end: End(end), output: said, errors: complaints) }
            if end == nil, now() > deadline {
                child.kill()
                _ = child.reap(waiting: true)
                return ChildProcess(end: .hung(seconds: patience), output: said, errors: complaints)
            }
        }
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension Double {
    /// "10", "0.5".
    fileprivate var formattedSeconds: String { self == rounded() ? String(Int(self)) : String(self) }
}
