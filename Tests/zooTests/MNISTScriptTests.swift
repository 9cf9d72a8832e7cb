import Foundation
import Testing

/// Scripts/get_mnist.sh where MNIST cannot be had, and where it is not to be had. What it makes is checked by itself, by published sums.
@Suite struct MNISTScriptTests {
    private func run(_ arguments: [String], _ changes: [String: String] = [:], in folder: URL) throws -> ZooProcess.Outcome {
        let script = ZooProcess.root.appendingPathComponent("Scripts/get_mnist.sh").path
        // An index that is not there, and nothing that an earlier download has left.
        let offline = [
            "PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_NO_CACHE_DIR": "1", "PIP_CONFIG_FILE": "/dev/null", "ZOO_DATA": "",
        ]
        let environment = ZooProcess.environment(offline).filter { !["PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"].contains($0.key) }
        return try ZooProcess.execute(script, arguments, environment.merging(changes) { $1 }, in: folder)
    }

    private static var hasPip: Bool {
        let own = ZooProcess.root.appendingPathComponent(".venv/bin/python").path
        let python = FileManager.default.isExecutableFile(atPath: own) ? own : "python3"
        let outcome = try? ZooProcess.execute("/usr/bin/env", [python, "-m", "pip", "--version"], ZooProcess.environment())
        return outcome?.status == 0
    }

    @Test(.enabled(if: hasPip, "needs pip"))
    func withoutANetworkItSaysSoInOneSentence() throws {
        try Scratch.with { scratch in
            let demanded = try run(["mnist"], in: scratch.folder)
            #expect(demanded.status == 69 && demanded.errors.contains("error: pip could not download"), "\(demanded.errors)")
            let optional = try run(["--if-possible", "mnist"], in: scratch.folder)
            #expect(optional.status == 0 && optional.complaints.count == 2, "\(optional.errors)")
            #expect(optional.complaints.first?.contains("20 MB to be downloaded") == true, "\(optional.errors)")
            #expect(optional.complaints.last?.contains("goes on with the digits that it draws") == true, "\(optional.errors)")
            #expect(!FileManager.default.fileExists(atPath: scratch.folder.path + "/mnist"))
        }
    }

    @Test func whatIsThereIsLeftAsItIs() throws {
        try Scratch.with { scratch in
            let theirs = try scratch.directory("mnist").appendingPathComponent("t10k-labels-idx1-ubyte")
            try Data("theirs".utf8).write(to: theirs)
            let outcome = try run(["mnist"], in: scratch.folder)
            #expect(outcome.status == 73 && outcome.errors.contains("t10k-labels-idx1-ubyte"), "\(outcome.errors)")
            #expect(try Data(contentsOf: theirs) == Data("theirs".utf8))
            #expect(try run(["--huh"], in: scratch.folder).status == 64)
            let elsewhere = try run(["--if-possible"], ["ZOO_DATA": scratch.folder.path], in: scratch.folder)
            #expect(elsewhere.status == 0 && elsewhere.errors.isEmpty, "\(elsewhere.errors)")
        }
    }
}
