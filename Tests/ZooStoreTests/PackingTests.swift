import Foundation
import GRDB
import TestSupport
import Testing
import ZooCore
import ZooStore

/// Values take less room than their bytes, and come back to the bit.
@Suite struct PackingTests {
    private typealias Measurement = ZooStore.Measurement

    private func append(_ samples: [Measurement.Samples], tables: [Measurement.Table] = [], to store: ResultStore) throws -> StoredResult {
        try store.append(
            job: "j",
            subject: ResultSubject(
                entry: "cnn", dataset: "strokes", seed: 0, trainedOn: "strokes", origin: .trained, weights: "w", probe: "error"),
            outcome: .measured(.init(tables: tables, samples: samples)),
            provenance: Provenance(
                zoo: "1", code: "c", engine: "e", plugins: [:], machine: "m", processor: "p", threads: 1, date: Date(), command: "zoo",
                seconds: 1))
    }

    /// What a test set of 2000 images leaves, as numbers: small losses are multiples of a rounding step of the logits, large ones are not.
    private static let columns: [(name: String, values: Measurement.Values, share: Double)] = {
        var state: UInt64 = 88_172_645_463_325_252
        func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        let count = 2000
        let uniform = (0..<count).map { _ in Double(next() >> 11) / Double(1 << 53) }
        return [
            ("image", .integers((0..<count).map { 5 * $0 }), 0.1),
            ("correct", .integers(uniform.map { $0 < 0.98 ? 1 : 0 }), 0.2),
            ("prediction", .integers(uniform.map { Int(10 * $0) }), 0.6),
            ("loss", .numbers(uniform.map { Double((Float(pow($0, 12)) * 1_048_576).rounded() / 1_048_576) }), 0.8),
            ("angle", .numbers(uniform.map { 90 * $0 }), 1),
            ("noise", .integers((0..<count).map { _ in Int(next() % 256) }), 1.01),
            ("far", .integers([.min, .max, 0]), 1.1), ("none", .numbers([]), 1), ("one", .numbers([-0.0]), 1.3),
            ("odd", .numbers([.nan, .infinity, -.infinity, Double.leastNormalMagnitude / 128]), 1.1),
            ("text", .texts((0..<count).map { "class \($0 % 10)" }), 0.1),
        ]
    }()

    private func plainSize(_ values: Measurement.Values, type: String) throws -> Int {
        switch values {
        case .texts(let list): try JSONEncoder().encode(list).count
        case .numbers, .integers: values.count * (["u8": 1, "i32": 4, "f32": 4][type] ?? 8)
        }
    }

    @Test func valuesShrinkAndComeBackToTheBit() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/zoo.sqlite"
        let samples = Self.columns.map { Measurement.Samples($0.name, $0.values) }
        let result = try append(samples, to: ResultStore(path: path))
        for (kept, given) in zip(try ResultStore(reading: path).samples(of: result), samples) {
            #expect(kept.name == given.name)
            switch (kept.values, given.values) {
            case (.numbers(let a), .numbers(let b)):
                #expect(a.map(\.bitPattern) == b.map(\.bitPattern), "\(given.name)")
            default: #expect(kept.values == given.values, "\(given.name)")
            }
        }
        let sizes = try DatabaseQueue(path: path).read { db in
            try Row.fetchAll(db, sql: "SELECT type, length(bytes) FROM series ORDER BY id").map { ($0[0] as String, $0[1] as Int) }
        }
        for ((type, size), column) in zip(sizes, Self.columns) {
            let plain = try plainSize(column.values, type: type)
            #expect(Double(size) <= column.share * Double(plain) + 1, "\(column.name): \(size) of \(plain) bytes")
        }
    }

    /// Stores of earlier versions are read as they are; what is merged from them is packed, and says the same.
    @Test func earlierValuesArePackedWhenTheyAreMerged() throws {
        let folder = try TemporaryDirectory()
        let early = try ResultStore(reading: try earlyStore(in: folder.path, "early.sqlite"))
        let path = folder.path + "/zoo.sqlite"
        _ = try ResultStore(path: path).merge(early)
        let packings = try DatabaseQueue(path: path).read { try Int.fetchSet($0, sql: "SELECT packing FROM series") }
        #expect(packings == [1])
        let merged = try ResultStore(reading: path)
        for (a, b) in zip(try merged.results(), try early.results()) {
            #expect(try merged.measurement(of: a) == early.measurement(of: b))
        }
    }

    @Test(arguments: [
        "x''", "x'09'", "x'01'", "x'0110270000'", "x'01ffffffff789c030000000001'", "x'0201000000' || substr(bytes, 6)",
        "substr(bytes, 1, length(bytes) - 7)", "x'01d00700ff' || substr(bytes, 6)", "x'02' || x'01000000789c63000000010001'",
    ])
    func garbledValuesAreAnError(_ bytes: String) throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/zoo.sqlite"
        let result = try append([.init("image", .integers((0..<2000).map { 5 * $0 }))], to: ResultStore(path: path))
        try DatabaseQueue(path: path).write { try $0.execute(sql: "UPDATE series SET bytes = CAST(\(bytes) AS BLOB)") }
        let error = #expect(throws: HostError.self) { try ResultStore(reading: path).samples(of: result) }
        #expect(error?.kind == .data && error?.message.contains("'image'") == true)
        try DatabaseQueue(path: path).write { try $0.execute(sql: "UPDATE series SET packing = 7") }
        #expect(throws: HostError.self) { try ResultStore(reading: path).samples(of: result) }
    }

    /// Bytes that say they hold more than they do, types that there are not, values that are none, something behind the last.
    @Test(arguments: [
        "x''", "x'00'", "x'00ffffffff'", "x'0001000000'", "x'0001000000ffffffff41'", "x'0001000000010000004101000000'",
        "x'00010000000100000041ffffffff'", "x'000000000000'", "x'0001000000010000ff0100000041'", "bytes || x'00'",
        "substr(bytes, 1, length(bytes) - 1)",
        "x'00010000000100000041010000000100000042020000007538'", "x'0001000000010000004101000000010000004202000000753900000000'",
        "x'000100000001000000410100000001000000420300000066333203000000010203'",
    ])
    func garbledTablesAreAnError(_ bytes: String) throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/zoo.sqlite"
        let result = try append(
            [.init("image", .integers([5]))], tables: [.init("A", [.init("B", .integers([7]))])], to: ResultStore(path: path))
        #expect(try ResultStore(reading: path).table("A", of: result)?["B"] == .integers([7]))
        try DatabaseQueue(path: path).write { try $0.execute(sql: "UPDATE tables SET bytes = CAST(\(bytes) AS BLOB)") }
        for read in [{ _ = try $0.tables(of: result) }, { _ = try $0.table("A", of: result) }] as [(ResultStore) throws -> Void] {
            let error = #expect(throws: HostError.self) { try read(ResultStore(reading: path)) }
            #expect(error?.kind == .data && error?.message.hasPrefix(path) == true)
        }
        #expect(try ResultStore(reading: path).samples("image", of: result) == .integers([5]))
    }
}
