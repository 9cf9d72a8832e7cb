import ZooReport

extension DataTable {
    /// The values of the template "table".
    var view: View { view(caption: "") }

    func view(caption: String) -> View {
        let areNumbers = columns.map { $0.kind != .text && $0.kind != .flag }
        return [
            "caption": section(caption),
            "heads": zip(columns, areNumbers).map { ["title": $0.title, "isNumber": $1] as View },
            "rows": shownRows.map { row in
                ["cells": row.indices.map { ["text": row[$0], "label": columns[$0].title, "isNumber": areNumbers[$0]] as View }] as View
            },
        ]
    }
}

extension Plot {
    /// The values of the template "plot".
    ///
    /// - Parameter isDrawn: whether the page can draw it.
    func view(isDrawn: Bool) throws -> View {
        [
            "id": id, "title": title, "text": text, "isDrawn": isDrawn, "isSplit": isSplit, "isWide": isSplit, "payload": try payload(),
            "file": "\(id).csv", "table": summary.withoutEmptyColumns.view,
        ]
    }
}

/// Positions of values on a bar of 200 units.
struct IntervalScale {
    let low, high: Double

    /// - Parameters: the values that have to be on it.
    init(_ values: [Double], margin: Double = 0.04) {
        let finite = values.filter(\.isFinite)
        let (least, most) = (finite.min() ?? 0, finite.max() ?? 1)
        let width = most > least ? most - least : max(abs(most), 1e-9)
        (low, high) = (least - margin * width, most + margin * width)
    }

    /// What lies beyond an end stands at it.
    func place(_ value: Double) -> String {
        let share = (value - low) / (high - low)
        return shown(200 * min(max(share.isFinite ? share : 0, 0), 1), 2).replacing("−", with: "-")
    }

    /// Of a mark of 4 units around a value.
    func dot(_ value: Double) -> String { shown((Double(place(value)) ?? 0) - 2, 2).replacing("−", with: "-") }
}
