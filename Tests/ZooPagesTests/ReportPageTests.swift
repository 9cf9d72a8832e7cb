import Foundation
import TestSupport
import Testing
import ZooCore
import ZooManifest
import ZooPages
import ZooReport
import ZooStatistics
import ZooStore

/// A page shows what the model says and nothing that could do harm.
@Suite struct ReportPageTests {
    private let folder: TemporaryDirectory
    private let manifest: Manifest

    init() throws {
        folder = try TemporaryDirectory()
        let file = folder.path + "/zoo.json"
        try Data(#"{"version": 1, "entries": []}"#.utf8).write(to: URL(fileURLWithPath: file))
        manifest = try Manifest(path: file)
    }

    /// The page of a store with one result for each entry.
    private func page(
        _ entries: [String], dataset: String = "strokes-rotated", parameters: Double = 7, images: Double = 40
    ) throws -> String {
        let path = folder.path + "/results.sqlite"
        let store = try ResultStore(path: path)
        for entry in entries {
            let (correct, labels) = ((0..<40).map { $0 % 4 == 0 ? 0 : 1 }, (0..<40).map { $0 % 10 })
            try store.append(
                job: UUID().uuidString,
                subject: ResultSubject(
                    entry: entry, dataset: dataset, seed: 0, trainedOn: dataset, origin: .trained, weights: "<w>", probe: "error"),
                outcome: .measured(
                    ZooStore.Measurement(
                        figures: [
                            .init("error.upright", 0.25), .init("error.transformed", 0.25), .init("images", images),
                            .init("parameters", parameters),
                        ],
                        samples: [.init("transformed.correct", .integers(correct)), .init("transformed.label", .integers(labels))],
                        warnings: ["\"><img src=x onerror=alert(1)>"])),
                provenance: Provenance(
                    zoo: "1", code: "", engine: "<b>e", plugins: [:], machine: "", processor: "<i>p", threads: 1,
                    date: Date(timeIntervalSince1970: 1_700_000_000), command: "zoo evaluate '<u>'", seconds: 1,
                    identity: .init(data: "drawn", images: "i")))
        }
        let report = try ReportReader([path], manifest: manifest).report(date: Date(timeIntervalSince1970: 1_700_000_000))
        return try ReportPage(plots: nil).html(report)
    }

    /// Tags by name, as a reader of HTML finds them: what is escaped is none.
    private func tags(_ html: String) -> [String: Int] {
        html.matches(of: /<(\/?[A-Za-z!][A-Za-z0-9]*)/).reduce(into: [:]) { $0[String($1.1), default: 0] += 1 }
    }

    @Test func namesOfEntriesAreTextWhateverTheyHold() throws {
        let names = [
            "<script>alert(1)</script>", "</script><script>alert(2)</script>", "\"onmouseover=\"alert(3)", "<!--", "{{title}}", "{{{js}}}",
        ]
        let html = try page(names)
        let harmless = try ReportPageTests().page(["a", "b", "c", "d", "e", "f"])
        #expect(tags(html) == tags(harmless))
        #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && html.contains("{{title}}") && !html.contains("<!--"))
        // JSON has quotes of its own, which end no attribute.
        let outside = html.replacing(/<script.*?<\/script>/.dotMatchesNewlines(), with: "")
        #expect(!outside.contains("\"onmouseover") && !html.contains("<img"))
        // The names in the page's JSON are the names.
        let json = try #require(html.firstMatch(of: /<script id="all-entries" type="application\/json">(.*?)<\/script>/)?.1)
        #expect(Set(try JSONDecoder().decode([String].self, from: Data(json.utf8))) == Set(names))
    }

    /// A store may come from anybody.
    @Test(arguments: [Double.infinity, -.infinity, .nan, 1e300]) func numbersThatCountNothingAreDashes(_ number: Double) throws {
        #expect(try page(["a", "b"], parameters: number, images: number).contains("<td class=\"n\" data-label=\"parameters\""))
    }

    @Test func aDataSetThatNobodyKnowsIsNamedAsText() throws {
        let html = try page(["a"], dataset: "<script>alert(1)</script>")
        #expect(!html.contains("<script>alert") && html.contains("&lt;script&gt;alert(1)"))
    }

    @Test func thePageAsksForNothing() throws {
        let html = try page(["a", "b"])
        #expect(html.contains("default-src 'none'"))
        let references = html.matches(of: /(?:src|href|action|data)="([^"]*)"/).map { String($0.1) }
        #expect(
            references.allSatisfy { $0.hasPrefix("#") || $0.hasPrefix("data:") || $0.hasPrefix("https://arxiv.org/abs/") }, "\(references)")
        #expect(!html.contains("<link") && !html.contains("@import") && !html.contains("url("))
    }

    @Test func withoutTheLibraryItSaysSoAndKeepsTheTables() throws {
        let html = try page(["a", "b"])
        #expect(html.contains("The library that draws plots was not at hand") && !html.contains("class=\"chart"))
        #expect(html.contains("Error against parameters") && html.contains("class=\"payload\""))
    }

    /// Places that links lead to are there, once each.
    @Test func linksLeadSomewhere() throws {
        let html = try page(["a", "b"])
        let places = html.matches(of: /\sid="([^"]+)"/).map { String($0.1) }
        #expect(Set(places).count == places.count)
        for link in html.matches(of: /href="#([^"]+)"/) { #expect(places.contains(String(link.1)), "\(link.1)") }
    }

    @Test func aFileThatIsNoLibraryIsRefused() throws {
        let file = folder.path + "/plots.js"
        try Data("alert(1)".utf8).write(to: URL(fileURLWithPath: file))
        let error = #expect(throws: HostError.self) { try PlotLibrary(path: file) }
        #expect(error?.kind == .data && error?.message.contains(file) == true)
        #expect(try PlotLibrary.find([folder.path + "/none.js"]) == nil)
    }

    /// A page keeps −log₁₀ p in steps of 1/4000, so that a p-value is right to 10^(1/8000) − 1, three in ten thousand of it. Those that
    /// 16 bits cannot say, below 4e-17, are that: people see "< 0.0001".
    @Test func pairsHaveTheirPValues() throws {
        let path = folder.path + "/pairs.sqlite"
        let store = try ResultStore(path: path)
        // Entry k is wrong on the first 2k² of 400 images, so that p-values are of all sizes.
        for number in 0..<12 {
            try store.append(
                job: "\(number)",
                subject: ResultSubject(
                    entry: "e\(number)", dataset: "strokes", seed: 0, trainedOn: "strokes", origin: .trained, weights: "w", probe: "error"),
                outcome: .measured(
                    ZooStore.Measurement(
                        figures: [.init("error.upright", Double(2 * number * number) / 400), .init("images", 400)],
                        samples: [.init("upright.correct", .integers((0..<400).map { $0 < 2 * number * number ? 0 : 1 }))])),
                provenance: Provenance(
                    zoo: "1", code: "", engine: "e", plugins: [:], machine: "", processor: "p", threads: 1, date: Date(), command: "zoo",
                    seconds: 1, identity: .init(data: "drawn", images: "i")))
        }
        let report = try ReportReader([path], manifest: manifest).report()
        let expected = try #require(report.boards.first?.significance)
        let html = try ReportPage(plots: nil).html(report)
        let text = try #require(html.firstMatch(of: /<script class="significance"[^>]*>([^<]*)</)?.1)
        struct Payload: Decodable {
            let p: String
            let rows: Int
            let steps, alpha: Double
        }
        let payload = try JSONDecoder().decode(Payload.self, from: Data(text.utf8))
        var codes = try #require(Data(base64Encoded: payload.p))[...]
        #expect(payload.rows == 12 && codes.count == 2 * 12 * 11 / 2 && abs(payload.alpha - 0.05) < 1e-12)
        for first in 0..<12 {
            for second in first + 1..<12 {
                let code = Int(codes.removeFirst()) + 256 * Int(codes.removeFirst())
                let p = max(expected[first, second], pow(10, -65535 / payload.steps))
                #expect(abs(pow(10, -Double(code) / payload.steps) - p) <= 0.0003 * p, "\(first), \(second): \(p)")
            }
        }
        #expect(Set(expected.values.map { Int(-log10($0)) }).count > 3, "of all sizes")
    }
}
