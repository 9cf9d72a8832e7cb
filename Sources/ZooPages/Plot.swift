import Foundation
import ZooReport

/// A plot with everything that stands beside it.
struct Plot {
    /// A column of the data: as Vega-Lite draws it, and as "download CSV" writes it.
    struct Column {
        let name: String
        let values: Values
        enum Values {
            case texts([String])
            case numbers([Double])
        }
    }

    /// Unique in a page.
    let id: String
    let title: String
    /// What it shows, in sentences.
    let text: String
    let view: VegaLite.View
    let columns: [Column]
    /// Whether the reader chooses which entries are drawn.
    var isChosen = true
    /// Whether every entry has a small plot of its own.
    var isSplit = false
    /// What readers without a plot read instead.
    let summary: DataTable

    /// What the page's script reads.
    private struct Payload: Encodable {
        let view: VegaLite.View
        let columns: [String: Coded]
        let order: [String]
        let isChosen, isSplit: Bool
    }

    /// Numbers as they are; texts as places in a list of those that there are.
    private enum Coded: Encodable {
        case numbers([Double])
        case texts([String])

        private enum CodingKeys: CodingKey { case texts, places, numbers }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            switch self {
            case .numbers(let list): try container.encode(list.map { $0.isFinite ? $0 : nil }, forKey: .numbers)
            case .texts(let list):
                var (known, places) = ([String](), [String: Int]())
                let coded = list.map { text in
                    if let place = places[text] { return place }
                    places[text] = known.count
                    known.append(text)
                    return known.count - 1
                }
                try container.encode(known, forKey: .texts)
                try container.encode(coded, forKey: .places)
            }
        }
    }

    /// JSON that can stand in a script element: nothing in it ends the element.
    func payload() throws -> String {
        let coded = columns.map { column in
            switch column.values {
            case .numbers(let list): (column.name, Coded.numbers(list))
            case .texts(let list): (column.name, Coded.texts(list))
            }
        }
        return try ScriptText.json(
            Payload(
                view: view, columns: Dictionary(coded, uniquingKeysWith: { first, _ in first }), order: columns.map(\.name),
                isChosen: isChosen, isSplit: isSplit))
    }
}
