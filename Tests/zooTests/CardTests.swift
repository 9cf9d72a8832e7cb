import Foundation
import TestSupport
import Testing
import ZooModelFiles

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

    private func cards() throws -> [URL] {
        let folder = Repository.root.appendingPathComponent("docs/cards")
        let cards = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).filter {
            $0.pathExtension == "md"
        }
        try #require(!cards.isEmpty)
        return cards
    }

    private func lines(_ card: URL) throws -> [String] { try String(contentsOf: card, encoding: .utf8).components(separatedBy: "\n") }

    /// Weights say in their file how they were trained.
    @Test func theirRecipesAreThoseOfTheirWeights() throws {
        struct Run: Decodable {
            struct Recipe: Decodable { let epochs, batch: Int }
            let entry, dataset: String
            let recipe: Recipe
        }
        for card in try cards() {
            var file = ""
            for line in try lines(card) {
                if line.hasPrefix("- Weights of seed") { file = line.split(separator: "`").dropFirst().first.map(String.init) ?? "" }
                guard line.hasPrefix("- Recipe: ") else { continue }
                let text = try #require(try SafetensorsFile.metadata(path: Repository.root.path + "/" + file)["run"])
                let run = try JSONDecoder().decode(Run.self, from: Data(text.utf8))
                #expect(run.entry == card.deletingPathExtension().lastPathComponent)
                #expect(
                    line.contains(", \(run.recipe.epochs) epochs, batches of \(run.recipe.batch)"), "\(card.lastPathComponent): \(line)")
            }
            #expect(!file.isEmpty)
        }
    }

    @Test func theirFirstLinesSayWhatTheirTablesSay() throws {
        for card in try cards() {
            let lines = try lines(card)
            #expect(lines.first == "---", "\(card.lastPathComponent)")
            let end = try #require(lines.dropFirst().firstIndex(of: "---"))
            #expect(lines[1..<end].contains("license: apache-2.0"))
            let index = try #require(lines[1..<end].first { $0.hasPrefix("model-index: ") }).dropFirst("model-index: ".count)
            let models = try JSONDecoder().decode([Model].self, from: Data(index.utf8))
            #expect(models.map(\.name) == [card.deletingPathExtension().lastPathComponent])
            let rows = lines[end...].filter { $0.hasPrefix("| ") }.map {
                $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            }
            let tested = models[0].results.map(\.dataset.type)
            #expect(Set(tested).count == tested.count, "\(card.lastPathComponent): \(tested)")
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
