import Synchronization
import Testing
import ZooReport

/// A clock that goes only when told, and a place that keeps what was written.
private final class Stage: Sendable {
    private let start = ContinuousClock.now
    private let elapsed = Mutex(Duration.zero)
    private let text = Mutex("")

    func wait(_ time: Duration) { elapsed.withLock { $0 += time } }
    var written: String { text.withLock { $0 } }

    func output(_ terminal: Terminal) -> ProgressBar.Output {
        .init(terminal: terminal, now: { self.start + self.elapsed.withLock { $0 } }, write: { part in self.text.withLock { $0 += part } })
    }
}

@Suite struct ProgressBarTests {
    private let wide = Terminal(isTerminal: true, width: 200, usesColor: true)

    @Test func showsShareSpeedAndRemainingTime() {
        let stage = Stage()
        let bar = ProgressBar(label: "epoch 1/6", total: 60_000, unit: "images", to: stage.output(wide))
        stage.wait(.seconds(6))
        bar.note("loss 0.214")
        bar.advance(by: 30_000)
        #expect(stage.written.contains("epoch 1/6 ━━━━━━━━━━━━────────────  50%  5,000 images/s  00:06 left  loss 0.214"))
        stage.wait(.seconds(6))
        bar.advance(by: 30_000)
        bar.finish()
        bar.finish()
        #expect(stage.written.hasSuffix("100%  60,000 images  5,000 images/s  in 00:12  loss 0.214\u{1b}[K\n"))
        #expect(stage.written.filter { $0 == "\n" }.count == 1)
    }

    @Test func redrawsTenTimesASecondAtMost() {
        let stage = Stage()
        let bar = ProgressBar(label: "x", total: 1000, unit: "images", to: stage.output(wide))
        for _ in 0..<1000 {
            stage.wait(.milliseconds(1))
            bar.advance()
        }
        #expect(stage.written.filter { $0 == "\r" }.count == 11)
        bar.finish()
    }

    @Test func plainLinesElsewhere() {
        let stage = Stage()
        let bar = ProgressBar(label: "x", total: 100, unit: "images", to: stage.output(.plain))
        for _ in 0..<100 {
            stage.wait(.milliseconds(250))
            bar.advance()
        }
        bar.finish()
        let lines = stage.written.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.last == "x 100%  100 images  4.0 images/s  in 00:25")
        #expect(!stage.written.contains("\r") && !stage.written.contains("\u{1b}"))
    }

    @Test func staysWithinTheTerminal() {
        let stage = Stage()
        let bar = ProgressBar(
            label: "a long label", total: 100, unit: "images", to: stage.output(Terminal(isTerminal: true, width: 30, usesColor: false)))
        bar.finish()
        for line in stage.written.split(separator: "\r") { #expect(line.prefix { $0 != "\u{1b}" }.count <= 29) }
    }

    @Test func theBarGivesWayToTheFigures() {
        let stage = Stage()
        let bar = ProgressBar(
            label: "x", total: 100, unit: "images", to: stage.output(Terminal(isTerminal: true, width: 40, usesColor: false)))
        stage.wait(.seconds(1))
        bar.advance(by: 50)
        #expect(stage.written.contains("\rx ━━━────  50%  50 images/s  00:01 left\u{1b}"))
    }

    @Test func printsAboveTheBarAndLeavesACleanLine() {
        let stage = Stage()
        do {
            let bar = ProgressBar(label: "x", total: nil, unit: "images", to: stage.output(wide))
            bar.print("epoch 1 done")
            bar.advance(by: -5)
            bar.advance(by: .max)
            bar.advance(by: .max)
        }
        #expect(stage.written.contains("\r\u{1b}[Kepoch 1 done\n\rx "))
        #expect(stage.written.hasSuffix("\n"))
    }
}
