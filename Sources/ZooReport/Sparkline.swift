/// A curve in a cell of a table: "█▅▃▂▁▁", eight levels from its least to its largest value.
package enum Sparkline {
    private static let levels = Array("▁▂▃▄▅▆▇█")

    /// - Parameter width: most columns; a longer curve gives each column the mean of its share of the values.
    package static func text(_ values: [Double], width: Int = 16) -> String {
        let columns = min(width, values.count)
        let means = (0..<columns).map { column in
            let share = values[column * values.count / columns..<(column + 1) * values.count / columns]
            return share.reduce(0, +) / Double(share.count)
        }
        let finite = means.filter(\.isFinite)
        guard let least = finite.min(), let largest = finite.max() else { return "" }
        return String(
            means.map { mean -> Character in
                guard mean.isFinite else { return " " }
                guard largest > least else { return levels[0] }
                return levels[min(7, Int((mean - least) / (largest - least) * 8))]
            })
    }
}
