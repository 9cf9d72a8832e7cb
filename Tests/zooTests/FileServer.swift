import Foundation
import Synchronization
import Testing

/// Tests/Fixtures/file_server.py at work: a server on this machine for tests of downloads.
final class FileServer {
    struct File: Decodable {
        let bytes: Int
        let md5, sha256: String
    }

    private struct Greeting: Decodable {
        let port: Int
        let files: [String: File]
    }

    let files: [String: File]
    private let port: Int
    private let process = Process()
    private let input = Pipe()
    private let log: URL

    init(in scratch: Scratch) throws {
        log = try scratch.file("requests", "")
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", ZooProcess.root.appendingPathComponent("Tests/Fixtures/file_server.py").path, log.path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { break }
            line += more
        }
        let greeting = try JSONDecoder().decode(Greeting.self, from: line)
        (port, files) = (greeting.port, greeting.files)
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Where files are served in that manner.
    func place(_ manner: String) -> String { "http://127.0.0.1:\(port)/\(manner)/" }

    /// What has been asked for, each as "/manner/file range".
    var requests: [String] { get throws { try String(contentsOf: log, encoding: .utf8).split(separator: "\n").map(String.init) } }

    /// A list of one set "mini", written into the folder beside a manifest.
    func list(_ names: [String], at places: [String], in folder: URL, sums: [String: String]? = nil) throws {
        let listed = try names.map { name -> [String: Any] in
            let file = try #require(files[name])
            return ["name": name, "bytes": file.bytes].merging(sums ?? ["md5": file.md5, "sha256": file.sha256]) { $1 }
        }
        let list: [String: Any] = [
            "version": 1,
            "sets": [
                [
                    "name": "mini", "folder": "mini", "terms": "none", "datasets": ["mini-rotated"], "places": places, "files": listed,
                    "otherwise": "it can be made by hand",
                ] as [String: Any]
            ],
        ]
        try JSONSerialization.data(withJSONObject: list).write(to: folder.appendingPathComponent("places.json"))
        try Data(#"{"version": 1, "entries": []}"#.utf8).write(to: folder.appendingPathComponent("zoo.json"))
    }
}
