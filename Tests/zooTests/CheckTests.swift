import Foundation
import Testing

/// `zoo plugin check`: sound plugins pass, and every fault is found by the check that is there for it.
@Suite(.serialized) struct CheckTests {
    private struct Report: Decodable, Sendable {
        struct Result: Decodable, Sendable {
            let check, verdict: String
            let details: [String]
        }
        let checks: [Result]
        func names(_ verdict: String) -> [String] { checks.filter { $0.verdict == verdict }.map(\.check) }
    }

    private func check(_ path: String, _ more: String..., calls: Int = 200, status: Int32, at place: SourceLocation = #_sourceLocation)
        throws -> Report
    {
        let result = try ZooProcess.run(
            // Time that is enough for the largest plugins on a machine that does ten other things.
            ["plugin", "check", path, "--json", "--calls", "\(calls)", "--time-limit", "900", "--plugin-path", ZooProcess.products.path]
                + more)
        #expect(result.status == status, "\(result.errors) \(result.output)", sourceLocation: place)
        return try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
    }

    /// Builds Tests/Fixtures/faulty with that fault, or with none.
    private func build(_ fault: String?, in folder: URL) throws -> String {
        let file = folder.appendingPathComponent("libSubject.so").path
        let source = ZooProcess.root.appendingPathComponent("Tests/Fixtures/faulty/plugin.c").path
        try CPlugin.compile(source, to: file, ["-Wall", "-Wextra", "-Werror"] + (fault.map { ["-DFAULT_\($0)"] } ?? []))
        return file
    }

    @Test(.enabled(if: finds("cc"), "needs a C compiler, cc")) func aSoundPluginPasses() throws {
        try Scratch.with { scratch in
            let report = try check(build(nil, in: scratch.folder), "--shared", status: 0)
            #expect(report.checks.count == 23)
            #expect(report.names("skipped").isEmpty, "\(report.checks)")
        }
    }

    private static let faults = [
        ("DESCRIPTOR", "descriptor"), ("LOAD", "load"), ("TABLES", "tables"), ("SCAN_TIME", "scan-time"), ("EXTENSION", "extension"),
        ("OPTIONS", "options"), ("CONFIGURATIONS", "configurations"), ("WRONG_INPUT", "wrong-input"), ("BATCH", "batch"),
        ("LAYOUT", "layout"), ("DETERMINISM", "determinism"), ("EVALUATION", "evaluation"), ("STATE", "state"),
        ("INSTANCES", "instances"), ("GRADIENTS", "gradients"), ("IDENTITY", "identity"), ("GROUP_LAWS", "group-laws"),
        ("SYMMETRY", "symmetry"), ("THREADS", "threads"), ("MEMORY", "memory"), ("MEMORY_OF_INSTANCES", "memory"),
        ("ERROR_TEXT", "error-text"), ("PERMUTATION_LONG", "answers"), ("PERMUTATION_TWICE", "answers"),
        ("INVARIANCE", "invariance"), ("DETACHED", "gradients"), ("IDENTITY_LONG", "answers"), ("IDENTITY_SHORT", "answers"),
        ("STAGES", "answers"), ("PARAMETERS", "answers"),
    ]

    @Test(.enabled(if: finds("cc"), "needs a C compiler, cc")) func aFaultIsFoundByItsCheckAndNoOther() throws {
        let reports = try simultaneously(Self.faults) { fault, name in
            try Scratch.with { scratch in
                let path = try build(fault, in: scratch.folder)
                // Many calls and many settings only where the fault takes them to be found.
                let calls = ["memory", "error-text", "options", "configurations"].contains(name) ? 200 : 20
                // Instances that share their weights would spoil them for the next check in the same process.
                return try check(path, fault == "INSTANCES" ? "--quiet" : "--shared", calls: calls, status: 65)
            }
        }
        for ((fault, name), report) in zip(Self.faults, reports) {
            #expect(report.names("failed") == [name], "\(fault): \(report.checks.filter { $0.verdict != "passed" })")
            #expect(report.checks.count == 23, "\(fault)")
        }
    }

    /// What is written a million places too far ends the process, and touches nothing of the host's.
    @Test(.enabled(if: finds("cc"), "needs a C compiler, cc")) func writingFarBeyondEndsTheProcess() throws {
        try Scratch.with { scratch in
            let path = try build("PERMUTATION_FAR", in: scratch.folder)
            let report = try check(path, "--only", "answers", status: 65)
            #expect(report.checks.first?.details.first?.contains("signal 11") == true, "\(report.checks)")
        }
    }

    @Test func theZoosOwnPluginsPass() throws {
        let names = try ZooProcess.builtIn()
        let reports = try simultaneously(names) { name in
            try check(ZooProcess.products.appendingPathComponent(name).path, "--shared", calls: 20, status: 0)
        }
        for (name, report) in zip(names, reports) {
            #expect(report.names("failed").isEmpty, "\(name): \(report.checks.filter { $0.verdict == "failed" })")
        }
    }

    @Test func namesOfChecksAreChecked() throws {
        let path = ZooProcess.products.appendingPathComponent("libWarps.so").path
        let result = try ZooProcess.run(["plugin", "check", path, "--only", "memry"])
        #expect(result.status == 64 && result.errors.contains("did you mean 'memory'?"))
        #expect(try ZooProcess.run(["plugin", "check", "/nonexistent.so"]).status == 66)
    }
}
