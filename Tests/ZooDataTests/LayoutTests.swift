import Foundation
import TestSupport
import Testing
import ZooCore
import ZooData

@Suite("Layouts of class folders")
struct LayoutTests {
    private static func tile(_ value: UInt8) -> [UInt8] { png(width: 2, height: 2, [value, value, value, value]) }

    /// A folder with a 2×2 picture of its own grey at each of these paths.
    private func folder(_ paths: [String]) throws -> TemporaryDirectory {
        let scratch = try TemporaryDirectory()
        for (index, path) in paths.enumerated() { try scratch.write(path, Self.tile(UInt8(index % 251))) }
        return scratch
    }

    private func paths(_ folder: String, _ count: Int) -> [String] { (0..<count).map { "\(folder)/\($0).png" } }

    private func load(_ path: String, _ split: Split = .train, _ options: String = "size=2") throws -> ImageSet {
        try DataSet.named("folder:\(path)?\(options)").load(split)
    }

    @Test("pictures deeper in a class folder are of that class, and it is said")
    func nested() throws {
        let scratch = try folder(paths("c0", 5) + paths("c0/more", 10) + paths("c0/more/still", 2) + paths("c1", 5))
        let (train, test) = try (load(scratch.path), load(scratch.path, .test))
        #expect(train.count + test.count == 22)
        #expect(train.classes == ["c0", "c1"])
        #expect(
            train.warningsOfLayout
                == ["\(scratch.path): 12 pictures in folders within class folders, of their class (c0/more: 10, c0/more/still: 2)"])
    }

    @Test("folders that hold all others are passed through", arguments: ["", "set/", "download/set/images/"])
    func wrapped(prefix: String) throws {
        let scratch = try folder(paths(prefix + "a", 3) + paths(prefix + "b", 3))
        let train = try load(scratch.path)
        #expect(train.classes == ["a", "b"])
        #expect(try train.count + load(scratch.path, .test).count == 6 && train.warningsOfLayout == [])
    }

    @Test("pictures beside the class folders, other files, and class folders without pictures are named with their number")
    func leftOut() throws {
        let scratch = try folder(paths("a", 3) + paths("b", 3) + ["x.png", "y.png"])
        try scratch.write("a/notes.txt", [1])
        try scratch.write("a/list", [1])
        try scratch.write("c/readme.txt", [1])
        try FileManager.default.createDirectory(atPath: scratch.path + "/d", withIntermediateDirectories: true)
        let train = try load(scratch.path)
        #expect(train.classes == ["a", "b"])
        #expect(
            train.warningsOfLayout == [
                "\(scratch.path): 3 files left out, no pictures by name (.txt: 2, no ending: 1)",
                "\(scratch.path): 2 pictures beside the class folders left out (no folder: 2)",
                "\(scratch.path): folders without pictures, no classes: c, d",
            ])
        let loose = try folder(["1.png", "2.png"])
        let none = #expect(throws: HostError.self) { try load(loose.path) }
        #expect(none?.field == "classes" && none?.found == "2 pictures in no folder")
    }

    @Test(
        "a split that is there is the split",
        arguments: [
            ("train", "test"), ("Train", "Test"), ("training", "testing"), ("train", "val"), ("train", "valid"), ("train", "validation"),
            ("set/TRAIN", "set/dev"),
        ])
    func given(train: String, test: String) throws {
        let scratch = try folder(paths("\(train)/a", 4) + paths("\(train)/b", 3) + paths("\(test)/a", 2) + paths("\(test)/b", 1))
        let (first, second) = try (load(scratch.path), load(scratch.path, .test))
        #expect(first.labels == [0, 0, 0, 0, 1, 1, 1] && second.labels == [0, 0, 1])
        #expect(first.classes == ["a", "b"] && second.classes == first.classes)
        #expect(Set(first.pixels).isDisjoint(with: second.pixels))
        let isSaid = first.warningsOfLayout.contains { $0.hasSuffix("serves as the test split") }
        #expect(isSaid == !test.lowercased().contains("test"))
        // The same within every class folder.
        let within = try folder(paths("a/\(train)", 4) + paths("b/\(train)", 3) + paths("a/\(test)", 2) + paths("b/\(test)", 1))
        guard !train.contains("/") else { return }
        #expect(try load(within.path).labels == first.labels && load(within.path, .test).labels == second.labels)
    }

    @Test("with a test split, what is for validation is left out; a class may lack images in one split")
    func validation() throws {
        let scratch = try folder(
            paths("train/a", 2) + paths("train/b", 2) + paths("val/a", 5) + paths("test/a", 3) + paths("test/c", 1) + paths("extra/a", 7))
        let (train, test) = try (load(scratch.path), load(scratch.path, .test))
        #expect(train.labels == [0, 0, 1, 1] && test.labels == [0, 0, 0, 2])
        #expect(
            train.warningsOfLayout == [
                "\(scratch.path): val: 5 images left out: neither trained nor tested on",
                "\(scratch.path): classes without training images: c", "\(scratch.path): classes without test images: b",
                "\(scratch.path): 7 pictures beside the class folders left out (extra/a: 7)",
            ])
    }

    @Test("folders called train and test with pictures in them, not folders, are classes")
    func trains() throws {
        let scratch = try folder(paths("train", 3) + paths("test", 3))
        #expect(try load(scratch.path).classes == ["test", "train"])
    }

    @Test("more than 256 classes keep their labels")
    func manyClasses() throws {
        let scratch = try folder((0..<300).flatMap { paths("c\(String(1000 + $0))", 2) })
        let (train, test) = try (load(scratch.path), load(scratch.path, .test))
        #expect(train.classes.count == 300)
        #expect(train.labels == Array(0..<300) && test.labels == Array(0..<300))
    }

    @Test("names that are not UTF-8, in every place of a path, are read and shown with their bytes")
    func bytes() throws {
        let scratch = try TemporaryDirectory()
        let root = Array("Donn".utf8) + [0xe9] + Array("es/".utf8)
        for index in UInt8(0)..<4 {
            try write(
                root + Array("Mu".utf8) + [0xf1] + Array("oz/\(index)".utf8) + [0xfc] + Array(".png".utf8), Self.tile(1), in: scratch.path)
            try write(root + Array("\u{e9}/\(index).png".utf8), Self.tile(2), in: scratch.path)
            try write(root + Array("e\u{301}/\(index).png".utf8), Self.tile(3), in: scratch.path)
        }
        let name = try DataSet.named("folder:\(scratch.path)/Donn\\xe9es?size=2")
        #expect(try DataSet.named(name.name) == name)
        let train = try name.load(.train)
        #expect(train.classes.map { Array($0.utf8) } == ["Mu\\xf1oz", "e\u{301}", "\u{e9}"].map { Array($0.utf8) })
        #expect(try train.count + name.load(.test).count == 12)
        #expect(try name.files([.train]).count == 12)
        // A complaint shows the name; nothing is lost of it.
        try write(root + Array("Mu".utf8) + [0xf1] + Array("oz/0".utf8) + [0xfc] + Array(".png".utf8), [1, 2, 3], in: scratch.path)
        let error = #expect(throws: HostError.self) {
            _ = try name.load(.train)
            _ = try name.load(.test)
        }
        #expect(error?.message.contains("Mu\\xf1oz/0\\xfc.png") == true, "\(error?.message ?? "")")
    }

    @Test("pipes, sockets, links that lead nowhere or in circles are passed over and named; nothing blocks")
    func oddities() throws {
        let scratch = try folder(paths("a", 3) + paths("b", 3))
        mkfifo(scratch.path + "/a/pipe.png", 0o644)
        symlink("nowhere", scratch.path + "/a/gone.png")
        symlink("..", scratch.path + "/b/up")
        symlink("../a/0.png", scratch.path + "/b/linked.png")
        symlink("/dev/zero", scratch.path + "/b/endless.png")
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A socket's address is short, and the folder's path may not be.
        let short = "/tmp/zoo-\(UUID().uuidString.prefix(8)).sock"
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: short.utf8) }
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        defer { unlink(short) }
        symlink(short, scratch.path + "/a/socket.png")
        let train = try load(scratch.path)
        #expect(try train.count + load(scratch.path, .test).count == 7)
        let said = train.warningsOfLayout.joined()
        for name in [
            "a/gone.png is a link to nothing", "a/pipe.png is a pipe", "a/socket.png is a socket", "b/endless.png is a device",
            "b/up is a link to a folder that it lies in",
        ] { #expect(said.contains(name), "\(said)") }
        let pipe = #expect(throws: HostError.self) { try load(scratch.path + "/a/pipe.png") }
        #expect(pipe?.found == "a pipe")
    }

    @Test("system files are passed over without a word, and are none of the set's files")
    func systemFiles() throws {
        let scratch = try folder(paths("a", 3) + paths("b", 3))
        let before = try DataSet.named("folder:\(scratch.path)").files([.train])
        for name in [
            ".DS_Store", "a/._0.png", "a/Thumbs.db", "b/desktop.ini", "__MACOSX/a/0.png", "@eaDir/a/0.png", "a/@eaDir/0.png/x.jpg",
            ".git/a/0.png", "a/.hidden.png",
        ] { try scratch.write(name, [1]) }
        let train = try load(scratch.path)
        #expect(train.classes == ["a", "b"] && train.warningsOfLayout == [])
        #expect(try DataSet.named("folder:\(scratch.path)").files([.train]) == before)
    }
}
