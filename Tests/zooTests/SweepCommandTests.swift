import Foundation
import TestSupport
import Testing
import ZooStore

/// A sweep from its submission to its results, with a stand-in for sbatch that does the tasks of an array at once, one after the other.
/// Slurm itself is in `make test-slurm`.
@Suite(.enabled(if: finds("bash"), "needs bash")) struct SweepCommandTests {
    private static let programs = [
        "sbatch": """
        for script; do :; done
        indices=$(sed -n 's/^#SBATCH --array=\\([^%]*\\).*/\\1/p' "$script")
        export SLURM_ARRAY_JOB_ID=77
        for part in ${indices//,/ }; do
          for index in $(seq ${part%-*} ${part#*-}); do SLURM_ARRAY_TASK_ID=$index bash "$script" >>sbatch.log 2>&1; done
        done
        echo 77
        """,
        // Two indices at most.
        "scontrol": "echo 'MaxArraySize            = 2'", "squeue": "exit 0",
    ]

    private static let manifest = """
        {"version": 1, "entries": [\((2...4).map { width in
            #"{"id": "w\#(width)", "architecture": "cnn", "parts": {"extractor": {"id": "mnist-cnn", "config": {"width": \#(width)}}}}"#
        }.joined(separator: ", "))]}
        """

    private func run(_ arguments: [String], in scratch: Scratch) throws -> ZooProcess.Outcome {
        let path = scratch.folder.path + "/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        return try ZooProcess.run(arguments, ["PATH": path, "ZOO_MANIFEST": scratch.folder.path + "/zoo.json"], in: scratch.folder)
    }

    /// Figures by entry and seed, without those of time.
    private func errors(_ path: String) throws -> [String: Double] {
        let results = try ResultStore(reading: path).results()
        return Dictionary(
            uniqueKeysWithValues: results.map { ("\($0.subject.entry) \($0.subject.seed)", $0["error.transformed"] ?? .nan) })
    }

    @Test func whatTasksFindIsCollectedAndIsWhatOneMachineFinds() throws {
        try Scratch.with { scratch in
            try scratch.file("zoo.json", Self.manifest)
            let bin = try scratch.directory("bin")
            for (name, text) in Self.programs {
                let file = bin.appendingPathComponent(name)
                try ("#!/usr/bin/env bash\n" + text + "\n").write(to: file, atomically: true, encoding: .utf8)
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
            }
            let evaluate = ["evaluate", "--all", "--weights", "initial", "--images", "40", "--dataset", "strokes-rotated"]
            let submitted = try run(["submit", "slurm", "--per-task", "1", "--"] + evaluate, in: scratch)
            #expect(submitted.status == 0, "\(submitted.errors)")
            #expect(submitted.output.contains("--array=0-1\n") && submitted.output.contains("--array=0\n"), "\(submitted.output)")
            let status = try run(["status"], in: scratch)
            #expect(status.output == "evaluate-1: 3 done\njobs: 3 of 3 done, 0 failed, 0 left\n", "\(status.output)\(status.errors)")
            #expect(try run(["collect"], in: scratch).output.contains(": 3 results added, 0 known; 3 stores of tasks read, 0 unchanged"))
            #expect(try run(["collect"], in: scratch).output.contains(": 0 results added, 0 known; 0 stores of tasks read, 3 unchanged"))
            // A seed more is one task more for each entry; without a place in the sweep there is nothing left to do.
            let more = try run(
                ["submit", "slurm", "--sweep", "evaluate-1", "--per-task", "3", "--"] + evaluate + ["--seed", "0..1"], in: scratch)
            #expect(more.output.contains("3 jobs in 1 tasks submitted"), "\(more.output)\(more.errors)")
            #expect(try run(["collect", "evaluate-1"], in: scratch).output.contains(": 3 results added"))
            let nothing = try run(["submit", "slurm", "--"] + evaluate + ["--seed", "0..1"], in: scratch)
            #expect(nothing.output.hasPrefix("there is nothing to do"), "\(nothing.output)\(nothing.errors)")
            #expect(try run(["retry", "evaluate-1"], in: scratch).output == "there is nothing to submit again\n")
            let local = scratch.folder.path + "/local.sqlite"
            #expect(try run(evaluate + ["--seed", "0..1", "--store", local], in: scratch).status == 0)
            let found = try errors(local)
            #expect(try found.count == 6 && errors(scratch.folder.path + "/results/zoo.sqlite") == found)
        }
    }
}
