import Foundation
import TestSupport
import Testing

/// What model hubs read of the cards that come with the zoo, against the tables beneath.
@Suite struct CardTests {
    private struct Model: Decodable {
        struct Result: Decodable {
            struct Named: Decodable { let type: String }
            struct Metric: Decodable {
                let name: String
                let value: Double
            }
            let task, dataset: Named
            let metrics: [Metric]
        }
        let name: String
        let results: [Result]
    }

    @Test func theirFirstLinesSayWhatTheirTablesSay() throws {
        let folder = Repository.root.appendingPathComponent("docs/cards")
        let cards = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).filter {
            $0.pathExtension == "md"
        }
        #expect(!cards.isEmpty)
        for card in cards {
            let lines = try String(contentsOf: card, encoding: .utf8).components(separatedBy: "\n")
            #expect(lines.first == "---", "\(card.lastPathComponent)")
            let end = try #require(lines.dropFirst().firstIndex(of: "---"))
            #expect(lines[1..<end].contains("license: apache-2.0"))
            let index = try #require(lines[1..<end].first { $0.hasPrefix("model-index: ") }).dropFirst("model-index: ".count)
            let models = try JSONDecoder().decode([Model].self, from: Data(index.utf8))
            #expect(models.map(\.name) == [card.deletingPathExtension().lastPathComponent])
            let rows = lines[end...].filter { $0.hasPrefix("| ") }.map {
                $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            }
            for result in models[0].results {
                #expect(result.task.type == "image-classification")
                for metric in result.metrics {
                    let row = try #require(rows.first { $0.count > 4 && $0[0] == metric.name && $0[1] == result.dataset.type })
                    let scale = row[4] == "%" ? 100.0 : 1
                    let shown = try #require(Double(row[3].prefix { $0 != " " }))
                    #expect(abs(metric.value * scale - shown) < 0.0051, "\(card.lastPathComponent): \(metric.name)")
                }
            }
        }
    }
}
