import Foundation
import TestSupport

/// A small data set in MNIST's four files: the class of an image is the row that is bright in it, and everything else follows from a seed.
enum DigitFiles {
    static func write(to folder: String, seed: Int, train: Int = 96, test: Int = 40) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (stem, count, offset) in [("train", train, 0), ("t10k", test, 1000)] {
            let pixels = (0..<count).flatMap { image in
                (0..<784).map { place -> UInt8 in
                    let bright = place / 28 == 2 + 2 * (image % 10)
                    return bright ? 250 : UInt8((image * 7 + place * 13 + seed * 31 + offset) % 90)
                }
            }
            try save(word(0x803) + word(count) + word(28) + word(28) + pixels, "\(folder)/\(stem)-images-idx3-ubyte")
            try save(word(0x801) + word(count) + (0..<count).map { UInt8($0 % 10) }, "\(folder)/\(stem)-labels-idx1-ubyte")
        }
    }

    private static func word(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
    private static func save(_ bytes: [UInt8], _ path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    /// Changes pixels in place, and sets the file's time back to what it was: size and time say that nothing happened.
    static func changeUnseen(_ path: String) throws {
        let url = URL(fileURLWithPath: path)
        let time = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        let file = try FileHandle(forUpdating: url)
        try file.seek(toOffset: 16)
        try file.write(contentsOf: Data((0..<784).map { UInt8(($0 * 5) % 256) }))
        try file.close()
        try FileManager.default.setAttributes([.modificationDate: time ?? Date()], ofItemAtPath: path)
    }

    /// Two classes of eight pictures, white above and white on the left.
    static func pictures(to folder: String) throws {
        let classes = [
            "above": "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAAAAACMmsGiAAAAD0lEQVR42mP4DwQMYAIOAHecB/n4VIGZAAAAAElFTkSuQmCC",
            "left": "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAAAAACMmsGiAAAAEElEQVR42mP4/5+BgQGVAABXvAf51Y/4dgAAAABJRU5ErkJggg==",
        ]
        for (name, text) in classes {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            for number in 0..<8 { try save(Array(Data(base64Encoded: text) ?? Data()), "\(folder)/\(name)/\(number).png") }
        }
    }
}
