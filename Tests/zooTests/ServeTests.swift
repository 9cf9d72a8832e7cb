import Foundation
import Testing

/// `zoo serve`, asked over HTTP as browsers and programs do. Scripts/test_serve.sh opens its pages in a browser.
@Suite(.enabled(if: ServedZoo.isPossible, "needs libmicrohttpd")) struct ServeTests {
    /// With results of two entries in results/zoo.sqlite.
    private func serving(_ body: (ServedZoo) throws -> Void) throws {
        try Scratch.with { scratch in
            let made = try ZooProcess.run(
                ["evaluate", "cnn", "stn-c0", "--dataset", "strokes-rotated", "--quiet"],
                in: scratch.folder)
            try #require(made.status == 0, "\(made.errors)")
            try body(ServedZoo(in: scratch))
        }
    }

    private struct Refusal: Decodable { let error: String }

    @Test func pagesAndFiguresAreThoseOfTheStore() throws {
        struct Result: Decodable {
            let entry, dataset, probe: String
            let figures: [String: Double]
        }
        struct Comparison: Decodable {
            struct Pair: Decodable { let first, second: String }
            let comparisons: [Pair]
        }
        try serving { zoo in
            for path in ["/", "/report", "/playground", "/?x=1"] {
                let answer = try zoo.get(path)
                #expect(answer.status == 200 && answer.field("Content-Type") == "text/html; charset=utf-8", "\(path)")
                #expect(answer.text.hasPrefix("<!DOCTYPE html>") && answer.text.hasSuffix("</html>\n"), "\(path)")
            }
            let results = try zoo.get("/api/v1/results?entry=cnn&probe=error").json([Result].self)
            #expect(results.map(\.entry) == ["cnn"] && results.allSatisfy { $0.figures["error.transformed"] != nil })
            #expect(try zoo.get("/api/v1/results?most=1").json([Result].self).count == 1)
            let comparison = try zoo.get("/api/v1/compare?entry=cnn,stn-c0").json(Comparison.self)
            #expect(comparison.comparisons.map { [$0.first, $0.second] } == [["cnn", "stn-c0"]])
            let head = try zoo.exchange("HEAD / HTTP/1.1\r\nHost: \(zoo.host)\r\nConnection: close\r\n\r\n")
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(zoo.interrupt() == 0, "Ctrl-C is how it ends")
        }
    }

    @Test func pagesMayLoadFromTheServerAlone() throws {
        try Scratch.with { scratch in
            let zoo = try ServedZoo(in: scratch)
            for path in ["/", "/playground", "/report", "/api/v1/entries", "/nothing"] {
                let answer = try zoo.get(path)
                #expect(answer.field("X-Content-Type-Options") == "nosniff" && answer.field("X-Frame-Options") == "DENY", "\(path)")
                #expect(answer.field("Cache-Control") == "no-store" && answer.field("Access-Control-Allow-Origin") == nil, "\(path)")
            }
            let policy = try #require(try zoo.get("/").field("Content-Security-Policy"))
            #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe") && !policy.contains("http"))
        }
    }

    @Test func pagesOfOtherSitesAreRefused() throws {
        try Scratch.with { scratch in
            let zoo = try ServedZoo(in: scratch)
            let own = zoo.host
            let foreign: [([String: String], Int)] = [
                (["Host": "evil.example"], 421), (["Host": "evil.example:\(zoo.port)"], 421), (["Host": "127.0.0.1"], 421),
                (["Host": "127.0.0.1:1"], 421), (["Host": ""], 421), (["Host": "127.0.0.1.evil.example:\(zoo.port)"], 421),
                (["Host": own, "Origin": "http://evil.example"], 403), (["Host": own, "Origin": "null"], 403),
                (["Host": own, "Origin": "https://\(own)"], 403), (["Host": own, "Origin": "http://localhost:\(zoo.port)"], 403),
                (["Host": own, "Sec-Fetch-Site": "cross-site"], 403), (["Host": own, "Sec-Fetch-Site": "same-site"], 403),
            ]
            for (fields, status) in foreign {
                for path in ["/", "/api/v1/results", "/api/v1/look?entry=cnn", "/api/v1/events"] {
                    #expect(try zoo.get(path, fields).status == status, "\(fields) \(path)")
                }
            }
            for fields in [
                ["Host": "localhost:\(zoo.port)"], ["Host": "LOCALHOST:\(zoo.port)"],
                ["Origin": "http://\(own)", "Sec-Fetch-Site": "same-origin"],
            ] {
                #expect(try zoo.get("/", fields).status == 200, "\(fields)")
            }
        }
    }

    @Test func malformedRequestsAreRefusedAndTheServerGoesOn() throws {
        try Scratch.with { scratch in
            let zoo = try ServedZoo(in: scratch)
            let host = "Host: \(zoo.host)\r\n"
            let long = String(repeating: "a", count: 100_000)
            let requests = [
                "", "GET / HT", "GET / HTTP/1.1\r\nHost", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\(host)\r\n", "GET / HTTP/1.1\r\n\r\n",
                "GET /\(long) HTTP/1.1\r\n\(host)\r\n", "GET / HTTP/1.1\r\n\(host)X: \(long)\r\n\r\n",
                "GET / HTTP/1.1\r\n\(host)" + String(repeating: "X: y\r\n", count: 20_000) + "\r\n",
                "POST / HTTP/1.1\r\n\(host)Content-Length: 5\r\n\r\nabcde", "DELETE / HTTP/1.1\r\n\(host)\r\n",
                "OPTIONS * HTTP/1.1\r\n\(host)\r\n",
                "GET / HTTP/1.1\r\n\(host)Content-Length: 99999999999\r\n\r\n" + long,
                "GET / HTTP/1.1\r\n\(host)Content-Length: -1\r\n\r\n",
                "GET / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
                "GET / HTTP/1.1\r\n\(host)Host: evil\r\nX\r\n\r\n",
                "GET /api/v1/results?most=%zz HTTP/1.1\r\n\(host)Connection: close\r\n\r\n",
                "GET /api/v1/look?drawing=\(String(repeating: "A", count: 20_000)) HTTP/1.1\r\n\(host)Connection: close\r\n\r\n",
            ]
            for request in requests {
                let connection = try ServedZoo.Connection(port: zoo.port)
                connection.send(request)
                // What is not whole would be waited for.
                if request.hasSuffix("\r\n\r\n") || request.count > 1000 {
                    let answer = String(decoding: connection.read(), as: UTF8.self)
                    let status = answer.wholeMatch(of: /(?s)HTTP\/1\.[01] (\d+).*/).flatMap { Int($0.1) }
                    #expect(answer.isEmpty || (400...505).contains(status ?? 0), "\(request.prefix(60)): \(answer.prefix(60))")
                }
                #expect(try zoo.get("/api/v1/jobs").status == 200, "after \(request.prefix(60))")
            }
            #expect(zoo.isRunning)
        }
    }

    @Test func nothingButItsOwnPathsIsThere() throws {
        try Scratch.with { scratch in
            try scratch.file("secret", "hush")
            let zoo = try ServedZoo(in: scratch)
            for path in [
                "/../secret", "/..%2fsecret", "/%2e%2e/secret", "//secret", "/assets/../../secret", "/assets/%2e%2e%2fpage.css", "/secret",
                "/assets/", "/api/v1/", "/api/v2/results", "/\\..\\secret", "/%ff%fe", "/report/", "/API/V1/jobs",
            ] {
                let answer = try zoo.get(path)
                #expect([400, 404].contains(answer.status) && !answer.text.contains("hush"), "\(path): \(answer.status)")
            }
        }
    }

    @Test func wrongArgumentsAreNamed() throws {
        try serving { zoo in
            let wrong = [
                ("/api/v1/results?most=0", "most"), ("/api/v1/results?most=many", "most"), ("/api/v1/results?history=maybe", "history"),
                ("/api/v1/results?entry=,", "entry"), ("/api/v1/compare", "entry"), ("/api/v1/compare?entry=cnn", "entry"),
                ("/api/v1/compare?entry=cnn,ccn", "ccn"), ("/api/v1/compare?entry=cnn,stn-c0&dataset=moon", "moon"),
                ("/api/v1/curve", "entry"), ("/api/v1/curve?entry=cnn&dataset=moon", "moon"), ("/api/v1/lookable?dataset=moon", "moon"),
                ("/api/v1/curve?entry=cnn&dataset=strokes&seed=-1", "seed"), ("/api/v1/look", "entry"),
                ("/api/v1/look?entry=cnn&rotation=nan", "rotation"), ("/api/v1/look?entry=cnn&scale=0", "scale"),
                ("/api/v1/look?entry=cnn&x=1e400", "x"), ("/api/v1/look?entry=cnn&drawing=%21", "drawing"),
                ("/api/v1/look?entry=cnn&drawing=AAAA", "drawing"), ("/api/v1/look?entry=cnn&image=123456789", "image"),
                ("/api/v1/look?entry=ccn", "ccn"), ("/api/v1/look?entry=cnn&dataset=moon", "moon"),
            ]
            for (path, word) in wrong {
                let answer = try zoo.get(path)
                let words = try answer.json(Refusal.self).error
                #expect(answer.status == 400 && words.contains(word) && !words.contains("\n"), "\(path): \(answer.status) \(words)")
            }
        }
    }

    @Test func aStoreThatIsNotThereYetIsEmpty() throws {
        try Scratch.with { scratch in
            let zoo = try ServedZoo(in: scratch)
            for path in ["/report", "/api/v1/results", "/api/v1/compare?entry=cnn,stn-c0"] {
                let answer = try zoo.get(path)
                #expect(answer.status == 404 && answer.text.contains("zoo evaluate"), "it says how to make one: \(answer.text)")
            }
            let folder = try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path)
            #expect(folder == ["serve-errors"], "it only reads")
        }
    }

    @Test func otherAddressesWantTheToken() throws {
        try Scratch.with { scratch in
            let zoo = try ServedZoo(["--address", "0.0.0.0"], in: scratch)
            let token = String(try #require(zoo.address.firstMatch(of: /token=([0-9a-f]{32})$/)).1)
            let almost = token.dropLast() + (token.hasSuffix("0") ? "1" : "0")
            for path in ["/", "/api/v1/results", "/?token=", "/?token=\(almost)", "/?token=\(token.dropLast())", "/api/v1/events"] {
                #expect(try zoo.get(path, ["Host": "example:1"]).status == 401, "\(path)")
            }
            #expect(try zoo.get("/", ["Authorization": "Bearer x"]).status == 401)
            #expect(try zoo.get("/", ["Cookie": "zoo-token=x"]).status == 401)
            let opened = try zoo.get("/?token=\(token)", ["Host": "example:1"])
            let cookie = try #require(opened.field("Set-Cookie"))
            #expect(opened.status == 200 && cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
            #expect(try zoo.get("/api/v1/jobs", ["Cookie": "a=b; zoo-token=\(token)"]).status == 200)
            #expect(try zoo.get("/api/v1/jobs", ["Authorization": "Bearer \(token)"]).status == 200)
            #expect(try zoo.get("/", ["Authorization": "Bearer \(token)", "Origin": "http://evil.example"]).status == 403)
            let other = try ServedZoo(["--address", "0.0.0.0"], in: scratch)
            #expect(!other.address.contains(token), "each server draws its own")
        }
    }

    @Test func whatCannotBeServedIsSaid() throws {
        try Scratch.with { scratch in
            let zoo = try ServedZoo(in: scratch)
            try scratch.file("text.sqlite", "this is no store, and long enough to be read as one")
            let wrong: [(arguments: [String], status: Int32, word: String)] = [
                (["--port", "\(zoo.port)"], 69, "\(zoo.port)"), (["--address", "example.org"], 64, "example.org"),
                (["--address", ""], 64, "--address"), (["--address", "203.0.113.7"], 69, "203.0.113.7"),
                (["--port", "70000"], 64, "70000"),
                (["--store", "text.sqlite"], 65, "text.sqlite"), (["--plots", "none.js"], 66, "none.js"),
                (["--manifest", "none.json"], 66, "none.json"),
            ]
            for (arguments, status, word) in wrong {
                let outcome = try ZooProcess.run(["serve"] + arguments, in: scratch.folder)
                #expect(outcome.status == status && outcome.errors.contains(word), "\(arguments): \(outcome.status) \(outcome.errors)")
                #expect(outcome.output.isEmpty)
            }
        }
    }

    @Test func aBatchIsSeenWhileItRunsAndGoneAfterwards() throws {
        struct Batch: Decodable {
            struct Job: Decodable { let entry: String }
            let command: String
            let total, ended: Int
            let running: [Job]
        }
        try Scratch.with { scratch in
            try FaultyPlugin.build(in: scratch.folder)
            let manifest = try scratch.file("zoo.json", FaultyPlugin.manifest(["none", "hang"]))
            let changes = ["ZOO_PLUGIN_PATH": scratch.folder.path, "ZOO_MANIFEST": manifest.path]
            let zoo = try ServedZoo([], changes, in: scratch)
            let batch = Process()
            batch.executableURL = ZooProcess.program
            batch.arguments = ["evaluate", "--all", "--weights", "initial", "--images", "20", "--jobs", "1", "--quiet"]
            batch.environment = ZooProcess.environment(changes)
            batch.currentDirectoryURL = scratch.folder
            batch.standardOutput = FileHandle.nullDevice
            batch.standardError = FileHandle.nullDevice
            try batch.run()
            defer { if batch.isRunning { batch.terminate() } }
            func batches() -> [Batch] { (try? zoo.get("/api/v1/jobs").json([Batch].self)) ?? [] }
            #expect(eventually { batches().first.map { $0.ended == 1 && $0.running.map(\.entry) == ["hang"] } ?? false })
            let seen = try #require(batches().first)
            #expect(seen.total == 2 && seen.command.contains("evaluate --all"))
            // A reader who comes now is told at once what is known.
            let reader = try ServedZoo.Connection(port: zoo.port)
            reader.send("GET /api/v1/events HTTP/1.1\r\nHost: \(zoo.host)\r\n\r\n")
            var told = ""
            #expect(
                eventually {
                    told += String(decoding: reader.read(), as: UTF8.self); return told.contains("event: jobs\ndata: [{")
                })
            // A batch that is killed leaves its file behind, and is not shown all the same; the next one takes it away.
            kill(batch.processIdentifier, SIGKILL)
            batch.waitUntilExit()
            #expect(eventually { batches().isEmpty })
            #expect(
                eventually {
                    told += String(decoding: reader.read(), as: UTF8.self)
                    return told.contains("event: jobs\ndata: []")
                })
            let next = try ZooProcess.run(
                ["evaluate", "none", "--weights", "initial", "--images", "25", "--quiet"], changes, in: scratch.folder)
            #expect(next.status == 0 && !FileManager.default.fileExists(atPath: scratch.folder.path + "/results/zoo.sqlite-live"))
        }
    }

    @Test func aPluginThatCrashesTakesItsWorkerAndNotTheServer() throws {
        struct Look: Decodable {
            struct Entry: Decodable {
                let entry, problem, prediction: String
            }
            let entries: [Entry]
        }
        try Scratch.with { scratch in
            try FaultyPlugin.build(in: scratch.folder)
            // Weights of a network that has none.
            let weights = Data([2, 0, 0, 0, 0, 0, 0, 0]) + Data("{}".utf8)
            try weights.write(to: scratch.folder.appendingPathComponent("none.safetensors"))
            let ways = ["none", "crash", "abort", "exit", "error", "nan"]
            let sum = "411a485216e432ece6b9af94fa32154cf79a2a56d4f81266baa50063f45092bd"
            let entries = ways.map {
                #"{"id": "\#($0)", "architecture": {"id": "faulty", "config": {"how": "\#($0)"}}, "weights": [{"dataset": "strokes", "seed": 0, "file": "none.safetensors", "sha256": "\#(sum)"}]}"#
            }
            let manifest = try scratch.file("zoo.json", #"{"version": 1, "entries": [\#(entries.joined(separator: ", "))]}"#)
            let zoo = try ServedZoo([], ["ZOO_PLUGIN_PATH": scratch.folder.path, "ZOO_MANIFEST": manifest.path], in: scratch)
            func look() throws -> Look { try zoo.get("/api/v1/look?dataset=strokes&entry=" + ways.joined(separator: ",")).json(Look.self) }
            for _ in 0..<2 {
                let seen = try look().entries
                #expect(seen.map(\.entry) == ways)
                let problems = Dictionary(uniqueKeysWithValues: seen.map { ($0.entry, $0.problem) })
                #expect(problems["none"] == "" && problems["error"]?.contains("not before lunch") == true, "\(problems)")
                for way in ["crash", "abort", "exit"] { #expect(problems[way]?.contains("crashed") == true, "\(problems)") }
                #expect(problems["abort"]?.contains("this cannot go on") == true, "\(problems)")
            }
            #expect(zoo.isRunning)
        }
    }
}
