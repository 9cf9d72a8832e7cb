import Foundation

/// A column of values as bytes, in the narrowest of a few little-endian types that keeps every bit of them, packed.
enum SeriesCoding {
    /// - Returns: "u8", "i32", "i64", "f32", "f64", or "json" for texts; and the bytes as `SeriesPacking` keeps them.
    static func encode(_ values: Measurement.Values) throws -> (type: String, bytes: Data) {
        let (type, bytes) = try plain(values)
        return (type, SeriesPacking.pack(bytes, type: type))
    }

    /// - Parameter packing: 0 for the bytes of stores that did not pack.
    /// - Returns: nil if the bytes are no values of that type.
    static func decode(_ type: String, packing: Int, _ bytes: Data) -> Measurement.Values? {
        switch packing {
        case 0: plain(type, bytes)
        case SeriesPacking.version: SeriesPacking.unpack(bytes, type: type).flatMap { plain(type, $0) }
        default: nil
        }
    }

    /// The same without packing.
    static func plain(_ values: Measurement.Values) throws -> (type: String, bytes: Data) {
        switch values {
        case .integers(let list):
            if list.allSatisfy({ (0...255).contains($0) }) { return ("u8", Data(list.map { UInt8($0) })) }
            if list.allSatisfy({ Int32(exactly: $0) != nil }) { return ("i32", bytes(list.map { Int32($0).littleEndian })) }
            return ("i64", bytes(list.map { Int64($0).littleEndian }))
        case .numbers(let list):
            if list.allSatisfy({ Double(Float($0)).bitPattern == $0.bitPattern }) {
                return ("f32", bytes(list.map { Float($0).bitPattern.littleEndian }))
            }
            return ("f64", bytes(list.map { $0.bitPattern.littleEndian }))
        case .texts(let list): return ("json", try JSONEncoder().encode(list))
        }
    }

    static func plain(_ type: String, _ bytes: Data) -> Measurement.Values? {
        switch type {
        case "u8": .integers(bytes.withUnsafeBytes { $0.map { Int($0) } })
        case "i32": values(bytes, Int32.self).map { .integers($0.map { Int(Int32(littleEndian: $0)) }) }
        case "i64": values(bytes, Int64.self).map { .integers($0.map { Int(Int64(littleEndian: $0)) }) }
        case "f32": values(bytes, UInt32.self).map { .numbers($0.map { Double(Float(bitPattern: UInt32(littleEndian: $0))) }) }
        case "f64": values(bytes, UInt64.self).map { .numbers($0.map { Double(bitPattern: UInt64(littleEndian: $0)) }) }
        case "json": (try? JSONDecoder().decode([String].self, from: bytes)).map { .texts($0) }
        default: nil
        }
    }

    private static func bytes<T: BitwiseCopyable>(_ list: [T]) -> Data { list.withUnsafeBytes { Data($0) } }

    private static func values<T: FixedWidthInteger & BitwiseCopyable>(_ bytes: Data, _ type: T.Type) -> [T]? {
        let size = MemoryLayout<T>.size
        guard bytes.count.isMultiple(of: size) else { return nil }
        return bytes.withUnsafeBytes { buffer in
            (0..<bytes.count / size).map { buffer.loadUnaligned(fromByteOffset: $0 * size, as: T.self) }
        }
    }
}
