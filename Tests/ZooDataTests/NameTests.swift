import Foundation
import TestSupport
import Testing
import ZooData
import ZooHost
import ZooKit

@Suite("Names of data sets")
struct NameTests {
    @Test(
        "one name, however it is written",
        arguments: [
            ("folder:pics?size=64&color=grey", "folder:pics"), ("folder:./pics/", "folder:pics"), ("folder:pics//a/.", "folder:pics/a"),
            ("folder:/data//pics/?color=rgb&size=32", "folder:/data/pics?size=32&color=rgb"), ("folder:pics?", "folder:pics"),
            ("folder:pics?limit=5&size=032", "folder:pics?size=32&limit=5"), ("folder:.", "folder:."), ("folder:/", "folder:/"),
            ("folder:../pics", "folder:../pics"), ("folder:a/../pics", "folder:a/../pics"),
            ("folder:pics?test=0.20&invert=false&rotate=0&mean=5e-1", "folder:pics"), ("folder:pics?rotate=-0", "folder:pics"),
            ("folder:what?/pics", "folder:what?/pics"), ("folder:what??size=8", "folder:what??size=8"), ("folder:what??", "folder:what??"),
            ("folder:what??&limit=3", "folder:what??limit=3"), ("folder:caf\\xE9", "folder:caf\\xe9"),
            ("idx:./d/?transpose=false", "idx:d"), ("idx:d?transpose=true&rotate=90", "idx:d?rotate=90.0&transpose=true"),
            ("mnist?", "mnist"), ("mnist?transpose=false", "mnist"),
            ("mnist-rotated?limit=7&transpose=true", "mnist-rotated?transpose=true&limit=7"),
            ("fashion-mnist?rotate=45", "fashion-mnist?rotate=45.0"), ("strokes?limit=007", "strokes?limit=7"),
            ("mnist?limit=3&train=5&validation=7", "mnist?validation=7&train=5&limit=3"),
        ])
    func canonical(typed: String, name: String) throws {
        let data = try DataSet.named(typed)
        #expect(data.name == name)
        #expect(try DataSet.named(data.name) == data)
        #expect(try DataSet.named(data.upright.name) == data.upright)
        #expect(data.upright.perturbation == .none)
    }

    @Test(
        "what is wrong with a name is one line, of status 64",
        arguments: [
            ("folder:x?size=abc", "size"), ("strokes?limit=abc", "limit"), ("strokes?limit=0", "limit"), ("strokes?limit=-3", "limit"),
            ("strokes?train=0", "train"), ("mnist?validation=x", "validation"), ("folder:x?validation=-1", "validation"),
            ("strokes?size=3", "size"), ("mnist?transpose=1", "transpose"), ("mnist-rotated?rotate=3", "rotate"), ("idx:", "path"),
            ("idx:x?size=3", "size"), ("folder:?size=3", "path"), ("strokes?limit=1&limit=2", "limit"), ("strokes?=3", "options"),
            ("emnist-leters", "data set"),
        ])
    func wrong(typed: String, field: String) {
        let error = #expect(throws: HostError.self) { try DataSet.named(typed) }
        #expect(error?.field == field && error?.kind == .usage, "\(error?.message ?? "")")
        #expect(error?.message.contains("\n") == false)
    }

    @Test("bytes become texts and are found again")
    func bytes() {
        var sequence = RandomStream(seed: 0, "names").sequence()
        let pieces: [[UInt8]] = [
            [0xf1], [0x5c], [0x78], Array("41".utf8), [0x0a], Array("é".utf8), [0xe2, 0x80], Array("👩‍🚀".utf8), [0x7f], [0xc3],
        ]
        var texts: Set<[UInt8]> = []
        var names: Set<ByteName> = []
        for _ in 0..<3000 {
            let name = ByteName((0..<sequence.integer(below: 6)).flatMap { _ in pieces[sequence.integer(below: pieces.count)] })
            #expect(ByteName(text: name.text) == name)
            names.insert(name)
            texts.insert(Array(name.text.utf8))
            #expect(!name.text.contains("\n"))
        }
        #expect(names.count == texts.count)
        #expect(ByteName("Mu".utf8 + [0xf1] + "oz".utf8).text == "Mu\\xf1oz")
        #expect(ByteName(text: "C:\\temp").text == "C:\\temp")
    }

    @Test("a shell takes a quoted word for what it is")
    func quoting() throws {
        let words = [
            "a", "", "folder:my pics?size=3&limit=2", "it's", "$HOME `x` \"y\" \\", "~", "a\nb", "*?[x]", "ü", "-n", "{a,b}", "!x", "#y",
        ]
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", (["printf", "%s\\0"] + words).map(shellWord).joined(separator: " ")]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(String(decoding: output, as: UTF8.self) == words.map { $0 + "\0" }.joined())
    }

    @Test("a part is spread over the classes, and every image looks as in the whole")
    func spread() throws {
        try EngineControl.start()
        let labels = [UInt8](repeating: 0, count: 60) + [UInt8](repeating: 1, count: 30) + [UInt8](repeating: 2, count: 10)
        let whole = try ImageSet(
            name: "x", pixels: (0..<100).map { UInt8($0) }, labels: labels, channels: 1, height: 1, width: 1, classes: ["a", "b", "c"],
            verified: true)
        for count in [1, 3, 10, 33, 99] {
            let part = try whole.spread(count)
            #expect(part.count == count)
            for (label, share) in [(0, 0.6), (1, 0.3), (2, 0.1)] {
                let exact = share * Double(count)
                #expect(abs(Double(part.labels.count { $0 == label }) - exact) < 1)
            }
            #expect((0..<count).allSatisfy { part.place($0) == Int(part.pixels[$0]) })
            #expect((1..<count).allSatisfy { part.place($0 - 1) < part.place($0) })
        }
        #expect(try whole.spread(100).count == 100)
        #expect(#expect(throws: HostError.self) { try whole.spread(0) }?.kind == .usage)
        // A part of a part is a part of the whole.
        let inner = try whole.spread(40).spread(8)
        #expect((0..<8).allSatisfy { inner.place($0) == Int(inner.pixels[$0]) })
        // `?limit=` and the same choice from the whole set give the same images in the same poses.
        for name in ["strokes-rotated", "strokes-translated"] {
            let data = try DataSet.named(name)
            let limited = try DataSet.named(name + "?limit=30")
            let (few, all) = try (limited.load(.test), data.load(.test))
            let chosen = try all.spread(30)
            #expect(few.pixels == chosen.pixels && few.labels == chosen.labels)
            #expect((0..<10).allSatisfy { digit in few.labels.count { $0 == digit } == 3 })
            let drawn = try BatchLoader(few, of: limited, split: .test, batchSize: 30, seed: 0).batch(0).images.floats()
            let places = (0..<30).map(few.place)
            let expected = try BatchLoader(all, of: data, split: .test, batchSize: 30, seed: 0).batch(of: places).images.floats()
            #expect(drawn == expected)
        }
    }
}
