import Testing
import ZooHost

@Suite struct ChildProcessTests {
    private func run(_ script: String, patience: Double = 20) throws -> ChildProcess {
        try ChildProcess.run("/bin/sh", ["-c", script], patience: patience)
    }

    @Test func outputErrorsAndStatusComeBack() throws {
        let child = try run("echo out; echo first >&2; echo last >&2; exit 3")
        #expect(child.end == .exited(3))
        #expect(String(decoding: child.output, as: UTF8.self) == "out\n")
        #expect(child.lastWords == "last")
        // More than a pipe holds, on both.
        let long = try run("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2")
        #expect(long.end == .exited(0) && long.output.count == 300_000 && long.errors.count == 16 << 10)
    }

    @Test func aSignalAndAHangAreNamed() throws {
        #expect(try run("kill -SEGV $$").end == .killed(signal: 11))
        let start = ContinuousClock.now
        #expect(try run("exec sleep 30", patience: 0.2).end == .hung(seconds: 0.2))
        // What goes on talking is not hung; a grandchild that holds the pipe is not waited for.
        #expect(try run("for i in 1 2 3 4; do echo $i; sleep 0.2; done", patience: 1).end == .exited(0))
        #expect(try run("sleep 30 & echo gone").end == .exited(0))
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test func aProgramThatIsNotThereIsAnError() {
        #expect(throws: HostError.self) { try ChildProcess.run("/nonexistent/program", [], patience: 1) }
    }
}
