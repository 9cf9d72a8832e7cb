import Foundation
import Glibc
import Synchronization
import ZooCore
import ZooPages
import ZooStore

/// Answers looks in a process of its own, so that a plugin that crashes or hangs takes that process with it and not the server.
///
/// Entries that have crashed it are left out from then on.
final class LookProcess: Sendable {
    private let arguments: [String]
    private let seconds: Double
    private let state = Mutex(State())

    private struct State {
        var running: Running?
        var crashed: [String: String] = [:]
    }

    /// - Parameters:
    ///   - arguments: those that make this program a worker for looks.
    ///   - seconds: within which an answer has to come; the first one loads the engine, the plugins and the images.
    init(arguments: [String], seconds: Double = 60) { (self.arguments, self.seconds) = (arguments, seconds) }

    /// - Throws: `usage` for what is asked wrongly, `unavailable` if no worker can be started or every entry has crashed it.
    func look(_ request: LookRequest) throws(HostError) -> LookAnswer {
        try state.withLock { state throws(HostError) in try Self.look(request, &state, arguments, seconds) }
    }

    private static func look(
        _ request: LookRequest, _ state: inout State, _ arguments: [String], _ seconds: Double
    ) throws(HostError) -> LookAnswer {
        func ask(_ entries: [String]) -> Outcome { Self.ask(request.asking(entries), &state, arguments, seconds) }
        func able() -> [String] { request.entries.filter { state.crashed[$0] == nil } }
        var outcome = ask(able())
        if case .crashed = outcome {
            // Which one was it?
            for entry in able() { if case .crashed(let words) = ask([entry]) { state.crashed[entry] = words } }
            outcome = ask(able())
        }
        switch outcome {
        case .answer(let answer): return add(state.crashed, to: answer, request)
        case .failure(let error): throw error
        case .crashed(let words): throw HostError(.unavailable, words)
        }
    }

    private enum Outcome {
        case answer(LookAnswer)
        case failure(HostError)
        case crashed(String)
    }

    private static func ask(_ request: LookRequest, _ state: inout State, _ arguments: [String], _ seconds: Double) -> Outcome {
        guard !request.entries.isEmpty else { return .failure(HostError(.unavailable, "every entry that is named has crashed its worker")) }
        let running: Running
        if let known = state.running {
            running = known
        } else {
            do throws(HostError) { running = try Running(arguments) } catch { return .failure(error) }
            state.running = running
        }
        switch running.ask(request, seconds: seconds) {
        case .answer(let answer)?: return .answer(answer)
        case .failure(let error)?: return .failure(error)
        case nil:
            state.running = nil
            return .crashed(running.lastWords)
        }
    }

    /// The answer with a line for every entry that was asked for, in that order.
    private static func add(_ crashed: [String: String], to answer: LookAnswer, _ request: LookRequest) -> LookAnswer {
        answer.completed(request.entries) { entry in crashed[entry] }
    }

    /// One process.
    private final class Running {
        private let process: RunningProcess
        private let looks: PipeEnds
        private let replies: PipeEnds
        private let output: PipeEnds
        private var unread: [UInt8] = []
        /// The end of what was printed.
        private var printed: [UInt8] = []

        init(_ arguments: [String]) throws(HostError) {
            var looks = try PipeEnds()
            var replies = try PipeEnds()
            var output = try PipeEnds()
            process = try RunningProcess(
                Program.image, ["zoo"] + arguments,
                descriptors: [
                    STDIN_FILENO: looks.reader, STDOUT_FILENO: output.writer, STDERR_FILENO: output.writer,
                    LookWorker.descriptor: replies.writer,
                ], ownGroup: true)
            looks.closeReader()
            replies.closeWriter()
            output.closeWriter()
            replies.stopWaiting()
            output.stopWaiting()
            self.looks = looks
            self.replies = replies
            self.output = output
        }

        deinit {
            process.kill()
            _ = process.reap(waiting: true)
        }

        /// nil if the process has ended or is too slow.
        func ask(_ request: LookRequest, seconds: Double) -> LookReply? {
            guard let line = try? ResultCoding.line(request) else { return nil }
            unread = []
            looks.write(line)
            let end = ContinuousClock.now + .seconds(seconds)
            while ContinuousClock.now < end {
                var watched = pollfd(fd: replies.reader, events: Int16(POLLIN), revents: 0)
                _ = poll(&watched, 1, 100)
                _ = output.drain(into: &printed, most: 8192, keeping: .last)
                let isOver = replies.drain(into: &unread).isOver
                if let newline = unread.firstIndex(of: UInt8(ascii: "\n")) {
                    return try? ResultCoding.decoder.decode(LookReply.self, from: Data(unread[..<newline]))
                }
                if isOver { return nil }
            }
            return nil
        }

        var lastWords: String {
            _ = output.drain(into: &printed, most: 8192, keeping: .last)
            let line = String(decoding: printed, as: UTF8.self).split(whereSeparator: \.isNewline).last.map(String.init)
            return "its worker crashed\(line.map { ": \($0)" } ?? "")"
        }
    }
}
