import Foundation
import Glibc
import ZooCore

/// A worker as its parent sees it: a process of its own group with three pipes.
final class WorkerProcess {
    typealias End = RunningProcess.End

    private let process: RunningProcess
    private let jobs: PipeEnds
    private let messagePipe: PipeEnds
    private let outputPipe: PipeEnds
    private var unread: [UInt8] = []
    /// The end of what was printed since the last job began.
    private var printed: [UInt8] = []
    /// How it ended and the most memory it ever held, in bytes; nil while it runs.
    private(set) var end: (End, peakMemory: Int)?

    var id: pid_t { process.id }
    /// Descriptors of messages, and of what the process or its plugins print.
    var messages: Int32 { messagePipe.reader }
    var output: Int32 { outputPipe.reader }

    /// Starts this very program, whatever has become of its file since, with other arguments.
    ///
    /// - Throws: `unavailable` if the system has no process or pipe to give.
    init(program: String = Program.image, arguments: [String]) throws {
        do throws(HostError) {
            var jobs = try PipeEnds()
            var messages = try PipeEnds()
            var output = try PipeEnds()
            // A group of its own: the terminal's Ctrl-C is for the parent, and what a plugin starts ends with its worker.
            process = try RunningProcess(
                program, ["zoo"] + arguments,
                descriptors: [
                    STDIN_FILENO: jobs.reader, STDOUT_FILENO: output.writer, STDERR_FILENO: output.writer,
                    Worker.descriptor: messages.writer,
                ], ownGroup: true)
            jobs.closeReader()
            messages.closeWriter()
            output.closeWriter()
            messages.stopWaiting()
            output.stopWaiting()
            self.jobs = jobs
            messagePipe = messages
            outputPipe = output
        } catch { throw HostError(error.kind, "a worker cannot be started: \(error.message)") }
    }

    deinit {
        if end == nil { kill() }
        reap(waiting: true)
    }

    /// Hands it a job. A worker that has died meanwhile is noticed when its pipe ends.
    func give(_ job: Job) throws {
        printed = []
        jobs.write(try ResultCoding.line(job))
    }

    /// Asks it to stop what it does.
    func interrupt() { process.interrupt() }

    /// Ends it and all that it started.
    func kill() { if end == nil { process.kill() } }

    /// What has come over the pipes since the last call, and whether the messages have ended.
    ///
    /// - Throws: `software` if a line is not a valid message.
    func receive() throws -> (messages: [WorkerMessage], isOver: Bool) {
        _ = outputPipe.drain(into: &printed, most: 8192, keeping: .last)
        let isOver = messagePipe.drain(into: &unread).isOver
        var found: [WorkerMessage] = []
        while let newline = unread.firstIndex(of: UInt8(ascii: "\n")) {
            let line = Data(unread[..<newline])
            unread.removeSubrange(...newline)
            guard let message = try? ResultCoding.decoder.decode(WorkerMessage.self, from: line) else {
                throw HostError(.software, "the worker's pipe carries a line that is not a valid message")
            }
            found.append(message)
        }
        return (found, isOver)
    }

    /// Whole lines printed since the last job began that are the program's own: warnings and log messages.
    func takeLogLines() -> [String] {
        guard let end = printed.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let lines = String(decoding: printed[..<end], as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.contains(where: { $0.hasPrefix("zoo: ") }) else { return [] }
        let rest = lines.filter { !$0.hasPrefix("zoo: ") }.joined(separator: "\n")
        printed = Array((rest.isEmpty ? "" : rest + "\n").utf8) + printed[(end + 1)...]
        return lines.filter { $0.hasPrefix("zoo: ") }
    }

    /// The last line that it printed: what a crash says of itself.
    var lastWords: String {
        String(decoding: printed, as: UTF8.self).split(whereSeparator: \.isNewline).last.map { $0.trimmingCharacters(in: .whitespaces) }
            ?? ""
    }

    /// Notices its end.
    @discardableResult
    func reap(waiting: Bool) -> Bool {
        guard end == nil else { return true }
        end = process.reap(waiting: waiting).map { ($0.end, $0.peakMemory) }
        return end != nil
    }
}
