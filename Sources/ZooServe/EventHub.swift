import Foundation
import Synchronization

/// Tells readers of server-sent events what has changed. A reader who is too slow is dropped and comes back by itself.
final class EventHub: Sendable {
    struct Event: Sendable {
        let name: String
        /// What it is about, if events of that name are about several things.
        var subject = ""
        /// JSON of one line.
        let data: String
    }

    private struct State {
        var readers: [EventStream] = []
        var said: [Event] = []
        var isStopped = false
    }

    private let state = Mutex(State())

    /// Looks every `interval` seconds whether there is anything new.
    ///
    /// - Parameter source: all that can be told now; an event is sent when its data differ from those of the event before of that name and subject.
    init(interval: Double = 0.5, source: @escaping @Sendable () -> [Event]) {
        Thread.detachNewThread { [weak self] in
            var sincePing = 0.0
            while true {
                guard let self, !self.state.withLock({ $0.isStopped }) else { return }
                sincePing += interval
                self.tell(source(), ping: sincePing >= 10)
                if sincePing >= 10 { sincePing = 0 }
                Thread.sleep(forTimeInterval: interval)
            }
        }
    }

    /// Adds a reader, who first is told everything.
    func add(_ reader: EventStream) {
        state.withLock { state in
            guard !state.isStopped else { return reader.close() }
            for event in state.said { _ = reader.send(event.name, event.data) }
            state.readers.append(reader)
        }
    }

    /// Number of readers.
    var count: Int { state.withLock { $0.readers.count } }

    func stop() {
        state.withLock { state in
            state.isStopped = true
            for reader in state.readers { reader.close() }
            state.readers = []
        }
    }

    private func tell(_ now: [Event], ping: Bool) {
        state.withLock { state in
            let news = now.filter { event in
                !state.said.contains { $0.name == event.name && $0.subject == event.subject && $0.data == event.data }
            }
            state.said = now
            state.readers.removeAll { reader in
                let isThere = news.allSatisfy { reader.send($0.name, $0.data) } && (!ping || reader.ping())
                if !isThere { reader.close() }
                return !isThere
            }
        }
    }
}
