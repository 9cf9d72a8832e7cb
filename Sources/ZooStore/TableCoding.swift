import Foundation

/// All tables of a result as one value, deflated: a row of the database costs more than the few bytes of a short column.
///
/// Columns of long tables, and of those that a merge may leave out, are series of their own. Here such a table has its place among the
/// others and no columns.
///
///     number of tables, and of each: name, number of columns, and of each: name, type, bytes
///
/// Numbers are of 4 bytes, texts and bytes are preceded by their number, types and bytes are those of `SeriesCoding`.
enum TableCoding {
    /// Rows of the longest table that is kept here.
    private static let most = 64

    static func isKeptHere(_ table: Measurement.Table) -> Bool {
        table.name != MergeExtent.poses && table.columns.allSatisfy { $0.values.count <= most }
    }

    static func encode(_ tables: [Measurement.Table]) throws -> Data {
        var bytes = Data()
        append(tables.count, to: &bytes)
        for table in tables {
            let columns = isKeptHere(table) ? table.columns : []
            append(Data(table.name.utf8), to: &bytes)
            append(columns.count, to: &bytes)
            for column in columns {
                let (type, values) = try SeriesCoding.plain(column.values)
                for part in [Data(column.name.utf8), Data(type.utf8), values] { append(part, to: &bytes) }
            }
        }
        return SeriesPacking.pack(bytes, type: "u8")
    }

    /// - Parameter wanted: the name of the only table whose columns are needed; nil for all.
    /// - Returns: nil if the bytes are none that `encode` makes.
    static func decode(_ packed: Data, only wanted: String? = nil) -> [Measurement.Table]? {
        guard let bytes = SeriesPacking.unpack(packed, type: "u8") else { return nil }
        var reader = Reader(bytes: [UInt8](bytes))
        var tables: [Measurement.Table] = []
        guard let count = reader.number() else { return nil }
        for _ in 0..<count {
            guard let name = text(reader.part()), let columns = reader.number() else { return nil }
            var table = Measurement.Table(name, [])
            for _ in 0..<columns {
                guard let column = reader.part(), let type = reader.part(), let part = reader.part() else { return nil }
                if let wanted, wanted != name { continue }
                guard let column = text(column), let type = text(type), let values = SeriesCoding.plain(type, Data(part)) else {
                    return nil
                }
                table.columns.append(Measurement.Column(column, values))
            }
            tables.append(table)
        }
        return reader.isAtEnd ? tables : nil
    }

    private static func text(_ part: ArraySlice<UInt8>?) -> String? { part.flatMap { String(validating: $0, as: UTF8.self) } }

    private static func append(_ number: Int, to bytes: inout Data) {
        withUnsafeBytes(of: UInt32(number).littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func append(_ part: Data, to bytes: inout Data) {
        append(part.count, to: &bytes)
        bytes.append(part)
    }

    /// Takes one value after the other; nil where there is none.
    private struct Reader {
        let bytes: [UInt8]
        private var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }

        mutating func number() -> Int? { take(4).map { $0.reversed().reduce(0) { $0 << 8 | Int($1) } } }
        mutating func part() -> ArraySlice<UInt8>? { number().flatMap { take($0) } }

        private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard count <= bytes.count - position else { return nil }
            defer { position += count }
            return bytes[position..<position + count]
        }
    }
}
