import CMalloc
import Foundation
import ZooKit

extension Check {
    /// Threads and memory.
    static let resources = [
        Check("threads", "different instances can be used from two threads at once") { bench in
            let twins = try bench.models()
            for (model, twin) in zip(try bench.models(), twins) {
                try model.parameters.setTraining(false)
                try twin.parameters.setTraining(false)
                let inputs = [try bench.images(2, model.shape), try bench.images(2, model.shape, salt: 1)]
                let expected = [try model.values(inputs[0]), try twin.values(inputs[1])]
                let meeting = Meeting(parties: 2)
                let runs = [Runner(model, inputs[0], expected[0], meeting), Runner(twin, inputs[1], expected[1], meeting)]
                let group = DispatchGroup()
                for run in runs {
                    let thread = Thread { run.work(rounds: 20) { group.leave() } }
                    thread.stackSize = 8 << 20
                    group.enter()
                    thread.start()
                }
                group.wait()
                for run in runs { if let complaint = run.complaint { bench.complain("\(model.name): \(complaint)") } }
            }
        },
        Check("memory", "calls leave nothing behind") { bench in
            for model in try bench.models() {
                try model.parameters.setTraining(false)
                let x = try bench.images(1, model.shape)
                let growth = try bench.growth { _ = try model.evaluate(x) }
                bench.expect(growth < 64, "\(model.name): \(Int(growth)) bytes are left behind by every call")
                let instances = bench.calls < 200 ? 20 : max(100, bench.calls / 20)
                let made = try bench.growth(calls: instances) { _ = try bench.model(model.component) }
                bench.expect(made < 256, "\(model.name): \(Int(made)) bytes are left behind by every instance made and destroyed")
            }
        },
        Check("error-text", "failures say why, and leave nothing behind") { bench in
            for model in try bench.models() {
                let wrong = try Tensor.zeros([2])
                let growth = try bench.growth {
                    do { _ = try model.evaluate(wrong) } catch let error as ZooError {
                        bench.expect(error.message != ZooError.silence, "\(model.name): it fails without a word")
                    }
                }
                bench.expect(growth < 64, "\(model.name): \(Int(growth)) bytes are left behind by every failure")
            }
        },
    ]
}

/// One instance on a thread of its own. It is handed over and taken back, never shared.
private final class Runner: @unchecked Sendable {
    private let model: Model
    private let input: Tensor
    private let expected: [Double]
    private let meeting: Meeting
    private(set) var complaint: String?

    init(_ model: Model, _ input: Tensor, _ expected: [Double], _ meeting: Meeting) {
        self.model = model
        self.input = input
        self.expected = expected
        self.meeting = meeting
    }

    func work(rounds: Int, done: () -> Void) {
        defer { done() }
        defer { meeting.leave() }
        for round in 0..<rounds {
            // On a busy machine one thread would be through before the other has begun.
            meeting.arrive()
            do {
                // A new thread may divide the work otherwise, and so round otherwise.
                let gap = Bench.difference(expected, try model.values(input))
                if gap > 1e-4 { complaint = "used beside another instance on another thread, round \(round) is off by \(gap)" }
            } catch { complaint = "used beside another instance on another thread, it fails: \(error)" }
            if complaint != nil { return }
        }
    }
}

/// Where threads wait for each other.
private final class Meeting: @unchecked Sendable {
    private let condition = NSCondition()
    private var parties: Int
    private var arrived = 0
    private var round = 0

    init(parties: Int) { self.parties = parties }

    /// Returns when all that have not left have arrived.
    func arrive() {
        condition.lock()
        defer { condition.unlock() }
        let mine = round
        arrived += 1
        beginIfAllAreHere()
        while round == mine { condition.wait() }
    }

    func leave() {
        condition.lock()
        defer { condition.unlock() }
        parties -= 1
        beginIfAllAreHere()
    }

    private func beginIfAllAreHere() {
        guard arrived >= parties else { return }
        (arrived, round) = (0, round + 1)
        condition.broadcast()
    }
}

extension Bench {
    /// Bytes in use that every call adds: of five times `calls` / 5 calls the median, as what leaks does so every time, while a
    /// cache that grows does so once, and what another thread gives back, once too; and but for two kilobytes, which come and go.
    ///
    /// What is slow is called less often, for some seconds in all.
    fileprivate func growth(calls: Int? = nil, _ body: () throws -> Void) throws -> Double {
        let start = ContinuousClock.now
        for _ in 0..<3 { try body() }
        let affordable = Int(Self.patience / ((ContinuousClock.now - start) / 3 / .seconds(1)))
        let calls = max(4, min(calls ?? self.calls, affordable) / 5)
        let growths = try (0..<5).map { _ in
            let before = Self.bytesInUse
            for _ in 0..<calls { try body() }
            return Double(max(0, Self.bytesInUse - before - 2048)) / Double(calls)
        }
        return growths.sorted()[2]
    }

    /// Seconds.
    private static let patience = 5.0

    /// The bytes of the process's heap, in all arenas and in mapped blocks.
    private static var bytesInUse: Int {
        let info = mallinfo2()
        return Int(info.uordblks) + Int(info.hblkhd)
    }
}
