import Foundation
import Testing
import ZooCore

/// JSON values.
@Suite struct JSONTests {
    /// What is written and read again is the same, although 1.0 comes back as the integer 1.
    @Test func valuesAreThoseThatWereWritten() throws {
        let value = JSON.object([
            "numbers": .array([.double(1), .double(0.5), .int(-3), .double(1e300)]), "nothing": .null, "yes": .bool(true),
            "text": .string("1"),
        ])
        #expect(try JSON(contents: JSONEncoder().encode(value), file: "x") == value)
    }

    @Test(arguments: [
        (JSON.int(1), JSON.double(1.5)), (.int(1), .string("1")), (.int(1), .bool(true)), (.int(0), .null),
        (.array([.int(1)]), .array([.int(1), .int(1)])), (.int(.max), .double(0x1p63)), (.int(0), .double(.nan)),
        (.object(["a": .int(1)]), .object(["b": .int(1)])),
    ]) func otherValuesDiffer(_ a: JSON, _ b: JSON) {
        #expect(a != b && b != a)
    }
}
