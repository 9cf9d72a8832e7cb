public import FoundationEssentials
import ZooCore

/// One tensor to be written.
public struct SafetensorsTensor: Sendable {
    public let name: String
    public let dtype: SafetensorsDType
    /// Sizes of the dimensions, outermost first; empty for a scalar.
    public let shape: [Int]
    /// Row-major, little-endian.
    public let bytes: Data

    public init(name: String, dtype: SafetensorsDType, shape: [Int], bytes: Data) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.bytes = bytes
    }
}

extension SafetensorsFile {
    /// Writes tensors and free texts to the file at `path`, which then has either all of its new contents or its old ones.
    ///
    /// The same input gives the same bytes. Tensors keep their order, except that those with larger elements come first, so that
    /// every one is aligned for its type: the format allows no gaps. Texts are sorted by key.
    ///
    /// - Throws: `HostError` of kind `cantCreate` if the file cannot be created, `io` if writing fails, `software` if a
    ///   name appears twice or bytes do not fit a shape.
    public static func write(_ tensors: [SafetensorsTensor], metadata: [String: String] = [:], to path: String) throws {
        try FileBytes.writeAtomically(chunks(tensors, metadata, path), to: path)
    }

    /// The bytes that `write` would write.
    public static func encode(_ tensors: [SafetensorsTensor], metadata: [String: String] = [:]) throws -> Data {
        try chunks(tensors, metadata, "safetensors").reduce(into: Data()) { $0.append($1) }
    }

    private static func chunks(_ tensors: [SafetensorsTensor], _ metadata: [String: String], _ path: String) throws -> [Data] {
        var names: Set<String> = []
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            members.append("\"__metadata__\":{" + texts.map { quoted($0) + ":" + quoted($1) }.joined(separator: ",") + "}")
        }
        let ordered = tensors.enumerated().sorted { ($1.element.dtype.bits, $0.offset) < ($0.element.dtype.bits, $1.offset) }.map(\.element)
        var offset = 0
        for tensor in ordered {
            func wrong(_ reason: String) -> HostError { HostError(.software, "\(path): tensor '\(tensor.name)' \(reason)") }
            guard tensor.name != "__metadata__" else { throw wrong("has the name that the format keeps for itself") }
            guard names.insert(tensor.name).inserted else { throw wrong("is there twice") }
            guard let size = tensor.dtype.byteCount(of: tensor.shape), size == tensor.bytes.count else {
                throw wrong("has \(tensor.bytes.count) bytes, which do not fit \(tensor.dtype.rawValue) of shape \(tensor.shape)")
            }
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let (end, overflow) = offset.addingReportingOverflow(size)
            guard !overflow else { throw wrong("makes the file larger than any can be") }
            members.append(
                "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.dtype.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var header = Data(("{" + members.joined(separator: ",") + "}").utf8)
        header.append(contentsOf: [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8))
        guard header.count <= largestHeader else {
            throw HostError(.software, "\(path): its header takes \(header.count) bytes, the format allows \(largestHeader)")
        }
        let length = Data((0..<8).map { UInt8(truncatingIfNeeded: UInt64(header.count) >> (8 * UInt64($0))) })
        return [length, header] + ordered.map(\.bytes)
    }

    /// A string as JSON writes it.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
