import Foundation
import TestSupport
import Testing
import ZooCore
import ZooModelFiles

@Suite struct SafetensorsTests {
    /// A file from its header and its data, with the true length of the header or a lie.
    private func file(_ header: String, data: Int = 0, length: UInt64? = nil) -> Data {
        file(Data(header.utf8), data: data, length: length)
    }

    private func file(_ header: Data, data: Int = 0, length: UInt64? = nil) -> Data {
        let claimed = length ?? UInt64(header.count)
        return Data((0..<8).map { UInt8(truncatingIfNeeded: claimed >> (8 * $0)) }) + header + Data(count: data)
    }

    private func message(_ contents: Data) throws -> String {
        let error = try #require(
            #expect(throws: HostError.self) { try SafetensorsFile(contents: contents, path: "w.safetensors") })
        #expect(error.kind == .data)
        #expect(error.message.hasPrefix("w.safetensors: "))
        #expect(!error.message.contains("\n"))
        return error.message
    }

    private func tensor(_ name: String, _ dtype: String, _ shape: String, _ offsets: String) -> String {
        "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
    }

    private let sample: [SafetensorsTensor] = [
        .init(name: "a", dtype: .u8, shape: [3], bytes: Data([1, 2, 3])),
        .init(name: "fc.weight", dtype: .f32, shape: [2, 2], bytes: Data((0..<16).map { UInt8($0) })),
        .init(name: "steps", dtype: .i64, shape: [], bytes: Data([7, 0, 0, 0, 0, 0, 0, 0])),
        .init(name: "empty", dtype: .f32, shape: [0, 5], bytes: Data()),
        .init(name: "quote \" and é and \n", dtype: .bf16, shape: [1], bytes: Data([0x80, 0x3f])),
    ]

    @Test func roundTrip() throws {
        let path = NSTemporaryDirectory() + "/zoo-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let texts = ["seed": "1", "control": "\u{1}\t\\", "unicode": "θ 日本 🙂"]
        try SafetensorsFile.write(sample, metadata: texts, to: path)
        let file = try SafetensorsFile(path: path)
        #expect(file.metadata == texts)
        #expect(file.entries.map(\.name) == ["steps", "fc.weight", "empty", "quote \" and é and \n", "a"])
        for tensor in sample {
            #expect(try file.bytes(of: tensor.name) == tensor.bytes)
            let entry = try #require(file.entry(tensor.name))
            #expect(entry.dtype == tensor.dtype && entry.shape == tensor.shape)
            #expect(entry.byteRange.lowerBound % max(1, entry.dtype.bits / 8) == 0)
        }
        #expect(try SafetensorsFile.encode(sample, metadata: texts) == Data(contentsOf: URL(fileURLWithPath: path)))
        let length = try Data(contentsOf: URL(fileURLWithPath: path)).prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(length % 8 == 0)
    }

    /// The metadata alone are those of the whole, and are not believed where the header cannot be right.
    @Test func metadataAreReadAlone() throws {
        let path = NSTemporaryDirectory() + "/zoo-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        func metadata(_ contents: Data) throws -> [String: String] {
            try contents.write(to: URL(fileURLWithPath: path))
            return try SafetensorsFile.metadata(path: path)
        }
        let header = #"{"__metadata__":{"input":"1x28x28","classes":"10"},\#(tensor("a", "U8", "[3]", "[0,3]"))}"#
        let whole = file(header, data: 3)
        #expect(try metadata(whole) == ["input": "1x28x28", "classes": "10"])
        #expect(try metadata(whole) == SafetensorsFile(contents: whole, path: path).metadata)
        for lie in [Data(), Data(count: 7), file(header, length: 1 << 62), file(header, length: UInt64(header.utf8.count) + 1), file("[]")]
        {
            let error = try #require(#expect(throws: HostError.self) { try metadata(lie) })
            #expect(error.kind == .data && error.message.contains("not a sound safetensors file"), "\(error.message)")
        }
    }

    @Test func missingTensorSuggestsTheNearest() throws {
        let file = try SafetensorsFile(contents: SafetensorsFile.encode(sample), path: "w")
        let error = #expect(throws: HostError.self) { try file.bytes(of: "fc.wieght") }
        #expect(error?.message.contains("did you mean 'fc.weight'?") == true)
    }

    @Test func whatTheReferenceImplementationAccepts() throws {
        let escaped = file(
            "{\"\\u0041\\ud83d\\ude42\\/\": {\"shape\":[ ],\"dtype\":\"F32\", \"data_offsets\":[0,4], \"more\":[1.5e3,null]}}  \n", data: 4)
        #expect(try SafetensorsFile(contents: escaped, path: "w").entries.map(\.name) == ["A🙂/"])
        #expect(try SafetensorsFile(contents: file("{}"), path: "w").entries.isEmpty)
        let inAnyOrder = file("{\(tensor("b", "U8", "[2]", "[3,5]")),\(tensor("a", "U8", "[3]", "[0,3]"))}", data: 5)
        #expect(try SafetensorsFile(contents: inAnyOrder, path: "w").entries.map(\.name) == ["a", "b"])
        let fours = file("{\(tensor("a", "F4", "[3,2]", "[0,3]"))}", data: 3)
        #expect(try SafetensorsFile(contents: fours, path: "w").entries.first?.dtype == .f4)
    }

    @Test func slicesCanBeParsedToo() throws {
        let padded = Data([9, 9, 9]) + (try SafetensorsFile.encode(sample))
        let file = try SafetensorsFile(contents: padded.dropFirst(3), path: "w")
        #expect(try file.bytes(of: "a") == Data([1, 2, 3]))
    }

    @Test func liesAboutTheHeader() throws {
        #expect(try message(Data()).contains("0 bytes"))
        #expect(try message(Data(count: 7)).contains("7 bytes"))
        #expect(try message(Data(count: 8)).contains("does not begin with '{'"))
        #expect(try message(file("{}", length: 100_000_001)).contains("expected at most 100000000"))
        #expect(try message(file("{}", length: .max)).contains("expected at most"))
        #expect(try message(file("{}", length: 3)).contains("only 2 follow"))
        #expect(try message(file(" {}")).contains("does not begin with '{'"))
        #expect(try message(file("[]")).contains("does not begin with '{'"))
        #expect(try message(file(Data([0x7b, 0x22, 0xff, 0x22, 0x7d]))).contains("not valid UTF-8"))
    }

    @Test(arguments: [
        "{", "{\"a\"", "{\"a\":", "{\"a\":1,}", "{}{}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":1e}", "{\"a\":tru}",
        "{a:1}",
        "{\"a\":\"\\x\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\t\"}", "{\"a\":\"",
        "{\"a\":[1 2]}", "{'a':1}",
        "{\"a\":" + String(repeating: "[", count: 100_000),
    ]) func notJSON(header: String) throws {
        #expect(try message(file(header)).contains("not JSON"))
    }

    @Test func wrongTensors() throws {
        func check(_ header: String, _ data: Int, _ expected: String, line: Int = #line) throws {
            let text = try message(file("{\(header)}", data: data))
            #expect(text.contains(expected), "line \(line): \(text)")
        }
        let a = tensor("a", "F32", "[2]", "[0,8]")
        try check(a, 7, "tensor 'a' ends at byte 8, but only 7 bytes follow")
        try check(a, 9, "1 bytes follow the last tensor")
        try check("\(a),\(a)", 8, "'a' appears twice")
        try check("\(a),\(tensor("b", "U8", "[4]", "[4,8]"))", 8, "tensor 'b' begins at byte 4, inside")
        try check("\(a),\(tensor("b", "U8", "[4]", "[9,13]"))", 13, "tensor 'b' begins at byte 9, expected 8")
        try check(tensor("a", "U8", "[4]", "[1,5]"), 5, "tensor 'a' begins at byte 1, expected 0")
        try check(tensor("a", "F32", "[3]", "[0,8]"), 8, "takes 12 bytes, but 'data_offsets' span 8")
        try check(tensor("a", "U8", "[0]", "[8,0]"), 8, "before it begins")
        try check(tensor("a", "F32", "[4611686018427387904,4]", "[0,8]"), 8, "no whole number of bytes")
        try check(tensor("a", "F4", "[3]", "[0,1]"), 1, "no whole number of bytes")
        try check(tensor("a", "U8", "[9223372036854775808]", "[0,8]"), 8, "'shape' holds the number 9223372036854775808")
        try check(tensor("a", "U8", "[99999999999999999999]", "[0,8]"), 8, "'shape' holds")
        try check(tensor("a", "U8", "[-1]", "[0,8]"), 8, "'shape' holds a negative")
        try check(tensor("a", "U8", "[8.0]", "[0,8]"), 8, "'shape' holds")
        try check(tensor("a", "U8", "8", "[0,8]"), 8, "'shape' is the number 8")
        try check(tensor("a", "U8", "[8]", "[0]"), 8, "'data_offsets' has 1 numbers")
        try check(tensor("a", "float32", "[2]", "[0,8]"), 8, "unknown dtype 'float32', expected one of F64, F32")
        try check("\"a\":3", 0, "tensor 'a': it is the number 3")
        try check("\"a\":{\"dtype\":\"U8\",\"shape\":[1]}", 1, "'data_offsets' is missing")
        try check("\"__metadata__\":{\"x\":1}", 0, "'__metadata__' 'x' is the number 1, expected a string")
        try check("\"__metadata__\":[]", 0, "'__metadata__' is a list")
    }

    @Test func writingChecksToo() throws {
        func refuses(_ tensors: [SafetensorsTensor], _ expected: String) {
            let error = #expect(throws: HostError.self) { try SafetensorsFile.encode(tensors) }
            #expect(error?.message.contains(expected) == true)
        }
        let one = SafetensorsTensor(name: "a", dtype: .f32, shape: [2], bytes: Data(count: 8))
        refuses([one, one], "is there twice")
        refuses([.init(name: "a", dtype: .f32, shape: [3], bytes: Data(count: 8))], "do not fit F32 of shape [3]")
        refuses([.init(name: "a", dtype: .f32, shape: [-1], bytes: Data())], "do not fit")
        refuses([.init(name: "a", dtype: .f32, shape: [.max, .max], bytes: Data())], "do not fit")
        refuses([.init(name: "__metadata__", dtype: .u8, shape: [0], bytes: Data())], "keeps for itself")
        let error = #expect(throws: HostError.self) { try SafetensorsFile.write([one], to: "/proc/none/w.safetensors") }
        #expect(error?.kind == .cantCreate)
    }

    @Test func damageNeverTrapsOverSeeds() throws {
        let valid = try SafetensorsFile.encode(sample, metadata: ["seed": "1"])
        for seed in try Seeds(2000) {
            var random = SplitMix(seed: seed)
            var copy = valid
            for _ in 0..<Int.random(in: 1...6, using: &random) where copy.count > 1 {
                let offset = Int.random(in: 0..<copy.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: copy[offset] = UInt8.random(in: 0...255, using: &random)
                case 1: copy[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: copy.remove(at: offset)
                case 3: copy.insert(Array("0129{}[]\",:\\ue".utf8).randomElement(using: &random) ?? 0, at: offset)
                default: copy = Data(copy.prefix(max(1, offset)))
                }
            }
            do {
                let file = try SafetensorsFile(contents: copy, path: "w")
                for entry in file.entries { #expect(try file.bytes(of: entry.name).count == entry.byteRange.count) }
            } catch {
                #expect(error is HostError, "seed \(seed)")
            }
        }
    }
}
