import Testing
import ZooCore

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
        #expect(try run("exec sleep 600", patience: 0.2).end == .hung(seconds: 0.2))
        // A grandchild that holds the pipe is not waited for: that would end as hung.
        #expect(try run("sleep 600 & echo gone").end == .exited(0))
    }

    /// It talks for half as long again as the patience, ten times within it. A busy machine may still keep it from that: then with more
    /// patience, which would not help if it did not count anew.
    @Test func whatGoesOnTalkingIsNotHung() throws {
        let patient = try [0.5, 1, 2, 4, 8, 16].first { patience in
            try run("for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do echo $i; sleep \(patience / 10); done", patience: patience).end
                == .exited(0)
        }
        #expect(patient != nil)
    }

    @Test func aProgramThatIsNotThereIsAnError() {
        #expect(throws: HostError.self) { try ChildProcess.run("/nonexistent/program", [], patience: 1) }
    }
}
