import Foundation
import Glibc
import ZooCore

/// A file of events as TensorBoard reads it: records of protobuf messages (`tensorflow/core/util/event.proto`), of which a scalar and a
/// picture need a handful of fields, framed by lengths and masked CRC-32C (`tensorflow/core/lib/io/record_writer.cc`).
final class EventFile {
    private let path: String
    private let handle: FileHandle

    /// Makes the file; there must be none.
    ///
    /// - Throws: `cantCreate` if it cannot be made.
    init(path: String, time: Double) throws {
        self.path = path
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw HostError(.cantCreate, "\(path): \(String(cString: strerror(errno)))") }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var event = ProtobufMessage()
        event.add(double: time, field: 1)
        event.add(text: "brain.Event:2", field: 3)
        try append(event)
    }

    func add(scalar value: Double, tag: String, step: Int, time: Double) throws {
        var entry = ProtobufMessage()
        entry.add(text: tag, field: 1)
        entry.add(float: Float(value), field: 2)
        try append(entry, step, time)
    }

    /// - Parameter png: the bytes of a PNG file of that size.
    func add(png: [UInt8], width: Int, height: Int, channels: Int, tag: String, step: Int, time: Double) throws {
        var image = ProtobufMessage()
        image.add(integer: height, field: 1)
        image.add(integer: width, field: 2)
        image.add(integer: channels, field: 3)
        image.add(bytes: png, field: 4)
        var entry = ProtobufMessage()
        entry.add(text: tag, field: 1)
        entry.add(bytes: image.bytes, field: 4)
        try append(entry, step, time)
    }

    private func append(_ entry: ProtobufMessage, _ step: Int, _ time: Double) throws {
        var summary = ProtobufMessage()
        summary.add(bytes: entry.bytes, field: 1)
        var event = ProtobufMessage()
        event.add(double: time, field: 1)
        event.add(integer: step, field: 2)
        event.add(bytes: summary.bytes, field: 5)
        try append(event)
    }

    private func append(_ event: ProtobufMessage) throws {
        let length = ProtobufMessage.littleEndian(UInt64(event.bytes.count))
        let record =
            length + ProtobufMessage.littleEndian(Self.masked(length)) + event.bytes
            + ProtobufMessage.littleEndian(Self.masked(event.bytes))
        do { try handle.write(contentsOf: record) } catch { throw HostError(.io, "\(path): an event cannot be written: \(error)") }
    }

    // MARK: CRC-32C

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0x82f6_3b78 : 0) }
    }

    static func crc32c(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { sum, byte in sum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
    }

    /// Turned and moved, as a checksum of what holds checksums would else be weak.
    private static func masked(_ bytes: [UInt8]) -> UInt32 {
        let sum = crc32c(bytes)
        return (sum >> 15 | sum << 17) &+ 0xa282_ead8
    }
}

/// Fields of a protobuf message in its wire format.
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    private enum Wire: UInt64 { case varint = 0, fixed64 = 1, length = 2, fixed32 = 5 }

    static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }

    private mutating func add(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func begin(_ field: UInt64, _ wire: Wire) { add(varint: field << 3 | wire.rawValue) }

    mutating func add(integer value: Int, field: UInt64) {
        begin(field, .varint)
        add(varint: UInt64(bitPattern: Int64(value)))
    }

    mutating func add(double value: Double, field: UInt64) {
        begin(field, .fixed64)
        bytes += Self.littleEndian(value.bitPattern)
    }

    mutating func add(float value: Float, field: UInt64) {
        begin(field, .fixed32)
        bytes += Self.littleEndian(value.bitPattern)
    }

    mutating func add(bytes value: [UInt8], field: UInt64) {
        begin(field, .length)
        add(varint: UInt64(value.count))
        bytes += value
    }

    mutating func add(text: String, field: UInt64) { add(bytes: Array(text.utf8), field: field) }
}
