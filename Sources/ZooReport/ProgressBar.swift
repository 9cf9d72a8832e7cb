import Glibc
import Synchronization

/// Progress of a long piece of work on standard error, with its speed and the time it still takes.
///
///     let bar = ProgressBar(label: "stn-c0 epoch 1/6", total: 60_000, unit: "images")
///     for batch in batches { …; bar.note("loss \(loss)"); bar.advance(by: batch.count) }
///     bar.finish()
///
///     stn-c0 epoch 1/6 ━━━━━━━━━━━━────────────  50%  5,120 images/s  00:06 left  loss 0.214
///
/// On a terminal this is one line, redrawn at most ten times a second. Elsewhere, in a log file for example, it is a
/// plain line at most every ten seconds, and one at the end. May be used from several threads.
public final class ProgressBar: Sendable {
    /// Where a bar is drawn, and by which clock.
    public struct Output: Sendable {
        let terminal: Terminal
        let write: @Sendable (String) -> Void
        let now: @Sendable () -> ContinuousClock.Instant

        public init(
            terminal: Terminal, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
            write: @escaping @Sendable (String) -> Void
        ) {
            self.terminal = terminal
            self.write = write
            self.now = now
        }

        /// Standard error, unbuffered.
        public static var standardError: Output {
            Output(terminal: .standardError) { text in
                var bytes = Array(text.utf8)[...]
                while !bytes.isEmpty {
                    let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
                    // Progress that nobody can see is no reason to fail.
                    guard count > 0 || errno == EINTR else { return }
                    bytes = bytes.dropFirst(max(0, count))
                }
            }
        }
    }

    private struct State {
        var done = 0
        var note = ""
        var lastDrawn: ContinuousClock.Instant
        var isShown = false
        var isFinished = false
    }

    private let label: String
    private let total: Int?
    private let unit: String
    private let output: Output
    private let start: ContinuousClock.Instant
    private let state: Mutex<State>

    private static let barWidth = 24

    /// Starts the clock, and draws the empty bar if it goes to a terminal.
    ///
    /// - Parameters:
    ///   - label: What is being done, at the start of the line.
    ///   - total: How many units there are; `nil` or 0 if nobody knows, which leaves out bar and remaining time.
    ///   - unit: What is counted, in the plural.
    public init(label: String, total: Int?, unit: String, to output: Output = .standardError) {
        self.label = singleLine(label)
        self.total = total.flatMap { $0 > 0 ? $0 : nil }
        self.unit = singleLine(unit)
        self.output = output
        start = output.now()
        state = Mutex(State(lastDrawn: start))
        if output.terminal.isTerminal { state.withLock { draw(&$0, at: start) } }
    }

    deinit {
        // An error that ends the work early must not be printed onto the bar.
        state.withLock { state in
            if state.isShown, !state.isFinished { output.write("\n") }
        }
    }

    /// Counts `count` more units as done.
    public func advance(by count: Int = 1) {
        state.withLock { state in
            let (sum, overflow) = state.done.addingReportingOverflow(max(0, count))
            state.done = overflow ? .max : sum
            let now = output.now()
            let pause: Duration = output.terminal.isTerminal ? .milliseconds(100) : .seconds(10)
            if !state.isFinished, now - state.lastDrawn >= pause { draw(&state, at: now) }
        }
    }

    /// A short text behind the figures, the present loss for example; shown when the line is next drawn.
    public func note(_ text: String) { state.withLock { $0.note = singleLine(text) } }

    /// Writes a line of text above the bar.
    public func print(_ line: String) {
        state.withLock { state in
            guard state.isShown, !state.isFinished else { return output.write(singleLine(line) + "\n") }
            output.write("\r\u{1b}[K" + singleLine(line) + "\n")
            draw(&state, at: output.now())
        }
    }

    /// Draws the last state, with the time it took. Further calls do nothing.
    public func finish() {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            draw(&state, at: output.now())
        }
    }

    private func draw(_ state: inout State, at now: ContinuousClock.Instant) {
        state.lastDrawn = now
        let elapsed = (now - start) / .seconds(1)
        let rate = elapsed > 0 ? Double(state.done) / elapsed : 0
        var parts: [String] = []
        if let total {
            let share = min(1, Double(state.done) / Double(total))
            // Rounded down: 100% is when it is done.
            let percent = String(Int(share * 100))
            let padded = String(repeating: " ", count: 3 - percent.count) + percent + "%"
            parts.append(padded)
        }
        if state.isFinished || total == nil || !output.terminal.isTerminal { parts.append("\(withCommas(Double(state.done))) \(unit)") }
        if rate > 0 { parts.append("\(rate < 10 ? oneDecimal(rate) : withCommas(rate)) \(unit)/s") }
        if state.isFinished {
            parts.append("in \(clock(elapsed))")
        } else if let total, rate > 0 {
            parts.append("\(clock(Double(max(0, total - state.done)) / rate)) left")
        }
        if !state.note.isEmpty { parts.append(state.note) }
        var line = "\(label) " + parts.joined(separator: "  ")
        guard output.terminal.isTerminal else { return output.write(line + "\n") }
        if let total {
            // The figures say more than the bar, so it is the bar that gives way on a narrow terminal.
            let room = output.terminal.width.map { $0 - displayWidth(line) - 2 } ?? Self.barWidth
            let width = min(Self.barWidth, room)
            if width >= 4 {
                let filled = Int(min(1, Double(state.done) / Double(total)) * Double(width))
                let bar = String(repeating: "━", count: filled) + String(repeating: "─", count: width - filled)
                line = "\(label) \(bar) " + parts.joined(separator: "  ")
            }
        }
        // One column stays free: a full line wraps on some terminals, and could not be drawn over.
        let fitting = output.terminal.width.map { truncated(line, to: max(1, $0 - 1)) } ?? line
        output.write("\r" + fitting + "\u{1b}[K" + (state.isFinished ? "\n" : ""))
        state.isShown = true
    }
}

private func oneDecimal(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
}

/// Seconds as minutes and seconds, or with hours: 01:05, 2:00:05.
private func clock(_ seconds: Double) -> String {
    guard seconds < 360_000 else { return "over 100 hours" }
    let whole = Int(seconds.rounded())
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let short = "\(two(whole / 60 % 60)):\(two(whole % 60))"
    return whole < 3600 ? short : "\(whole / 3600):\(short)"
}
