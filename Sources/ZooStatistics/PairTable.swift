/// A value for every two of some rows, the same in either order, and 1 for a row with itself: p-values of pairs.
///
/// It holds half a matrix in one piece, as a thousand rows have half a million pairs. It is encoded as the whole matrix.
public struct PairTable: Codable, Sendable, Equatable {
    public let count: Int
    /// Row 0 with rows 1, 2 and so on, then row 1 with rows 2, 3 and so on.
    public let values: [Double]

    /// - Parameter values: one for every pair, in their order.
    init(count: Int, values: [Double]) {
        precondition(values.count == count * (count - 1) / 2, "\(count) rows, \(values.count) pairs")
        (self.count, self.values) = (count, values)
    }

    public subscript(first: Int, second: Int) -> Double {
        let (low, high) = (min(first, second), max(first, second))
        precondition(low >= 0 && high < count, "rows \(first) and \(second) of \(count)")
        return low == high ? 1 : values[low * (2 * count - low - 1) / 2 + high - low - 1]
    }

    public init(from decoder: any Decoder) throws {
        let rows = try [[Double]](from: decoder)
        guard rows.allSatisfy({ $0.count == rows.count }) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "a square matrix is expected"))
        }
        self.init(count: rows.count, values: rows.enumerated().flatMap { $1.dropFirst($0 + 1) })
    }

    public func encode(to encoder: any Encoder) throws {
        try (0..<count).map { row in (0..<count).map { self[row, $0] } }.encode(to: encoder)
    }
}
