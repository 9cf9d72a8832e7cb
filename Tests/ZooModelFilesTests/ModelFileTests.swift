import Foundation
import TestSupport
import Testing
import ZooCore
import ZooModelFiles

/// Files as people have them from PyTorch are told by their contents.
@Suite struct ModelFileTests {
    private func file(_ name: String) throws -> ModelFile {
        ModelFile(try FileBytes.read(Repository.fixture("models/\(name)").path))
    }

    @Test(arguments: [
        ("logits.pt", ModelFile.Kind.torchScript), ("bfloat16.pt", .torchScript), ("exported.pt2", .exportedProgram),
        ("state_dict.pt", .stateDict), ("parallel.pt", .stateDict), ("legacy.pt", .stateDict),
        ("checkpoint.pth", .checkpoint(keys: ["state_dict"], isModule: false)),
        ("trainer.pth", .checkpoint(keys: ["nets", "teacher"], isModule: true)), ("module.pt", .pickledModule(type: "__main__.Net")),
    ]) func kinds(name: String, kind: ModelFile.Kind) throws {
        #expect(try file(name).kind == kind)
    }

    @Test func elementTypes() throws {
        #expect(try Set(file("logits.pt").types.keys) == ["float32", "int64"])
        #expect(try Set(file("double.pt").types.keys) == ["float64", "int64"])
        #expect(try Set(file("half.pt").types.keys) == ["float16", "int64"])
        #expect(try file("bfloat16.pt").types.keys.contains("bfloat16"))
        #expect(try file("state_dict.pt").types == ["float32": 8, "int64": 1])
        #expect(try file("legacy.pt").types == ["float32": 8, "int64": 1])
    }

    @Test func whatElseThereIs() throws {
        let cases: [(Data, ModelFile.Kind, String)] = [
            (Data(), .other, "empty"), (Data("version https://git-lfs.github.com/spec/v1\noid".utf8), .other, "Git LFS"),
            (Data("<!DOCTYPE html><p>404".utf8), .other, "HTML"), (Data([0x89]) + Data("HDF\r\n".utf8), .other, "HDF5"),
            (Data("PK\u{3}\u{4}cut".utf8), .other, "cut or damaged"), (Data([0x1F, 0x8B, 8, 0]), .other, "gzip"),
            (Data("no archive".utf8), .unknown, "neither"), (try SafetensorsFile.encode([]), .safetensors, "safetensors"),
            // Pickles of Python itself: {'a': 1}, and what carries out a command when it is loaded.
            (Data([0x80, 2]) + Data("}X\u{1}\0\0\0aK\u{1}s.".utf8), .other, "'a'"),
            (Data([0x80, 2]) + Data("cos\nsystem\nX\u{2}\0\0\0ls".utf8) + Data([0x85]) + Data("R.".utf8), .other, "os.system"),
        ]
        for (contents, kind, words) in cases {
            let file = ModelFile(contents)
            #expect(file.kind == kind && file.description.contains(words), "\(file.description)")
        }
    }

    /// Nothing that a file can hold stops the program: cut anywhere, or with bytes changed, it is something else or the same.
    @Test(arguments: ["state_dict.pt", "legacy.pt", "module.pt", "logits.pt"]) func damagedFiles(name: String) throws {
        let whole = try FileBytes.read(Repository.fixture("models/\(name)").path)
        var state: UInt64 = 7
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<300 {
            _ = ModelFile(whole.prefix(random(whole.count)))
            var changed = whole
            for _ in 0...random(6) { changed[random(changed.count)] = UInt8(random(256)) }
            let file = ModelFile(changed)
            #expect(!file.description.isEmpty)
            _ = file.refusal(asWeights: name)
            _ = file.refusal(asModel: name)
        }
        // Deep nesting, and a dict that holds itself.
        let deep = Data([0x80, 2]) + Data(")".utf8) + Data(repeating: 0x85, count: 1_000_000) + Data(".".utf8)
        #expect(ModelFile(deep).kind == .other)
        #expect(ModelFile(Data([0x80, 2]) + Data("}q\u{1}X\u{1}\0\0\0ah\u{1}s.".utf8)).kind == .other)
    }

    @Test(arguments: ["state_dict.pt", "parallel.pt", "legacy.pt", "checkpoint.pth", "trainer.pth", "module.pt", "logits.pt"])
    func asWeightsTheyAreNamedWithWhatConvertsThem(name: String) throws {
        let path = Repository.fixture("models/\(name)").path
        let error = try #require(#expect(throws: HostError.self) { try SafetensorsFile(path: path) })
        #expect(error.kind == .data && error.file == path && error.expected == "weights as safetensors")
        #expect(error.found?.contains("safetensors.torch.save_file(") == true, "\(error)")
        #expect(!error.message.contains("\n"))
    }
}
