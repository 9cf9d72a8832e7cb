import Foundation
import Testing
import ZooModelFiles

/// Networks and weights from PyTorch and back, through the program.
@Suite struct PyTorchTests {
    private static let fixtures = ZooProcess.root.appendingPathComponent("Tests/Fixtures")
    static let python = ZooProcess.root.appendingPathComponent(".venv/bin/python").path

    /// Whether PyTorch for Python is there; the zoo itself needs its libraries only.
    static let hasPyTorch: Bool = {
        guard FileManager.default.isExecutableFile(atPath: python) else { return false }
        return (try? ZooProcess.execute(python, ["-c", "import torch"], ZooProcess.environment()))?.status == 0
    }()

    func json<T: Decodable>(_ text: String, as type: T.Type) throws -> T { try JSONDecoder().decode(type, from: Data(text.utf8)) }

    @Test func aTorchScriptModelBecomesAnEntryAndIsMeasured() throws {
        try Scratch.with { scratch in
            let manifest = scratch.folder.appendingPathComponent("zoo.json").path
            let model = Self.fixtures.appendingPathComponent("torchscript.pt").path
            let made = try ZooProcess.run(["import", model, "--id", "theirs", "--manifest", manifest, "--json"])
            #expect(made.status == 0 && made.errors.isEmpty, "\(made.errors)")
            struct Outcome: Decodable { let entry: String; let parameters: Int; let warnings: [String] }
            let outcome = try json(made.output, as: Outcome.self)
            // conv 1·4·25 + 4, batch norm 2·4, conv 4·8·9 + 8, linear 392·10 + 10.
            #expect(outcome.entry == "theirs" && outcome.parameters == 104 + 8 + 296 + 3930 && outcome.warnings.isEmpty)
            // The same as an extractor, cut into stages, in the same manifest.
            let staged = try ZooProcess.run([
                "import", model, "--id", "staged", "--stages", "conv1, conv2", "--classifier", "flatten+dropout+fc", "--manifest", manifest,
            ])
            #expect(staged.status == 0, "\(staged.errors)")
            let listed = try ZooProcess.run(["list", "entries", "--manifest", manifest])
            #expect(listed.output.contains("theirs") && listed.output.contains("4,338"), "its cost stands in the list: \(listed.output)")
            let twice = try ZooProcess.run(["import", model, "--id", "theirs", "--manifest", manifest])
            #expect(twice.status == 78 && twice.errors.contains("'theirs' is taken"), "\(twice.errors)")
            // The same as a module that gives features and logits at once.
            let outputs = try ZooProcess.run([
                "import", Self.fixtures.appendingPathComponent("torchscript-outputs.pt").path, "--id", "outputs", "--outputs", "low, high",
                "--classifier", "logits", "--manifest", manifest,
            ])
            #expect(outputs.status == 0, "\(outputs.errors)")
            // They are evaluated as they came, from wherever manifest and models lie together, and are one network.
            let scores = try evaluateAll(manifest, in: scratch)
            #expect(
                Set(scores.map(\.entry)) == ["theirs", "staged", "outputs"] && Set(scores.map(\.upright.error)).count == 1, "\(scores)")
            let moved = try scratch.directory("moved")
            for name in ["zoo.json", "models"] {
                try FileManager.default.moveItem(at: scratch.folder.appendingPathComponent(name), to: moved.appendingPathComponent(name))
            }
            // The same contents are the same jobs, wherever they lie.
            let again = try ZooProcess.run(
                ["evaluate", "--all", "--images", "500", "--manifest", moved.path + "/zoo.json"], in: scratch.folder)
            #expect(again.status == 0 && again.errors.contains("3 of 3 results are from"), "\(again.errors)")
            #expect(try evaluateAll(moved.path + "/zoo.json", in: scratch) == scores)
        }
    }

    private struct Evaluation: Decodable, Equatable {
        struct Score: Decodable, Equatable { let error: Double }
        let entry: String
        let upright: Score
    }

    private func evaluateAll(_ manifest: String, in scratch: Scratch) throws -> [Evaluation] {
        let result = try ZooProcess.run(
            ["evaluate", "--all", "--images", "500", "--manifest", manifest, "--quiet", "--json"], in: scratch.folder)
        #expect(result.status == 0, "\(result.errors)")
        return try json(result.output, as: [Evaluation].self)
    }

    /// A network that AOTInductor has compiled, beside the same network as TorchScript.
    @Test(.enabled(if: hasPyTorch && finds("g++"), "needs PyTorch for Python in .venv, and g++"))
    func aCompiledPackageIsEvaluatedAndNotTrained() throws {
        try Scratch.with { scratch in
            let script = Self.fixtures.appendingPathComponent("compile_package.py").path
            let cache = ["TORCHINDUCTOR_CACHE_DIR": scratch.folder.path + "/cache"]
            let made = try ZooProcess.execute(Self.python, [script, scratch.folder.path], ZooProcess.environment(cache))
            try #require(made.status == 0, "\(made.errors)")
            let manifest = scratch.folder.path + "/zoo.json"
            func take(_ name: String, _ more: String...) throws -> ZooProcess.Outcome {
                try ZooProcess.run(["import", scratch.folder.path + "/" + name, "--manifest", manifest] + more)
            }
            for name in ["package.pt2", "twin.pt"] {
                let taken = try take(name)
                #expect(taken.status == 0, "\(taken.errors)")
            }
            let scores = try evaluateAll(manifest, in: scratch)
            #expect(scores.map(\.entry) == ["package", "twin"] && scores.first?.upright == scores.last?.upright, "\(scores)")
            // What it costs is nobody's to see, and not 0.
            let cost = try ZooProcess.run(
                ["evaluate", "package", "twin", "--probe", "cost?runs=1&warmup=0&batch=2&rounds=1", "--manifest", manifest, "--json"],
                in: scratch.folder)
            struct Costs: Decodable { let entry: String; let figures: [String: Double] }
            let costs = try json(cost.output, as: [Costs].self)
            #expect(costs.map(\.entry) == ["package", "twin"] && cost.errors.contains("multiply-adds are not known"), "\(cost.errors)")
            #expect(costs.first?.figures["cost.multiply-adds"] == nil && costs.first?.figures["parameters"] == nil)
            #expect(costs.last?.figures["cost.multiply-adds"].map { $0 > 0 } == true)
            let trained = try ZooProcess.run(
                ["train", "package", "--epochs", "1", "--dataset", "strokes-rotated?limit=200", "--manifest", manifest, "--quiet"],
                in: scratch.folder)
            #expect(trained.status != 0 && trained.errors.contains("can be evaluated, not trained"), "\(trained.errors)")

            // What is no compiled package, or does not fit, is refused.
            let exported = try take("exported.pt2")
            #expect(exported.status == 65 && exported.errors.contains("aoti_compile_and_package"), "\(exported.errors)")
            #expect(try take("package.pt2", "--id", "seven", "--classes", "7").errors.contains("expected [2, 7]"))
            #expect(try take("package.pt2", "--id", "cut", "--stages", "0").status == 64)

            // It is native code, and comes from where a plugin could.
            let folder = scratch.folder.appendingPathComponent("models")
            let file = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first { $0.hasSuffix(".pt2") })
            let path = folder.appendingPathComponent(file).path
            try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
            let evaluate = ["evaluate", "package", "--images", "100", "--force", "--manifest", manifest, "--quiet"]
            let refused = try ZooProcess.run(evaluate, in: scratch.folder)
            #expect(refused.errors.contains("not trusted") && refused.errors.contains("mode 666"), "\(refused.errors)")
            #expect(try ZooProcess.run(evaluate + ["--allow", path], in: scratch.folder).status == 0)
        }
    }

    @Test func whatDoesNotFitIsSaidInOneLine() throws {
        try Scratch.with { scratch in
            let manifest = scratch.folder.appendingPathComponent("zoo.json").path
            let model = Self.fixtures.appendingPathComponent("torchscript.pt").path
            func refused(_ arguments: [String], _ status: Int32, _ words: String..., at place: SourceLocation = #_sourceLocation) throws {
                let result = try ZooProcess.run(["import"] + arguments + ["--manifest", manifest])
                #expect(result.status == status && result.complaints.count == 1, "\(result.errors)", sourceLocation: place)
                for word in words { #expect(result.errors.contains(word), "\(result.errors)", sourceLocation: place) }
            }
            try refused(["/nonexistent.pt"], 66, "/nonexistent.pt")
            try refused([scratch.file("text.pt", "no archive").path], 65, "text.pt", "TorchScript")
            try refused([scratch.file("truncated.pt", "PK\u{3}\u{4}").path], 65, "cut or damaged")
            try refused([model, "--classes", "7"], 78, "[2, 10]", "expected [2, 7]")
            try refused([model, "--input", "3x28x28"], 78)
            try refused([model, "--input", "1x28"], 64, "1x28")
            try refused([model, "--stages", "conv1, conv3", "--classifier", "fc"], 78, "conv3", "conv2")
            try refused([model, "--stages", "conv1", "--weights", "x"], 64)
            #expect(!FileManager.default.fileExists(atPath: manifest), "nothing is written for a model that does not fit")
        }
    }

    /// The Python that a refused file is answered with makes of it what it says.
    @Test(.enabled(if: hasPyTorch, "needs PyTorch for Python in .venv"))
    func theAdvisedPythonConverts() throws {
        try Scratch.with { scratch in
            let folder = scratch.folder.path
            let names = ["state_dict.pt", "parallel.pt", "legacy.pt", "checkpoint.pth", "trainer.pth", "module.pt"]
            var lines: [String] = []
            for name in names {
                let path = folder + "/" + name
                try FileManager.default.copyItem(atPath: Self.fixtures.appendingPathComponent("models/" + name).path, toPath: path)
                for arguments in [[path], ["--weights", path, "--entry", "cnn", "--output", folder + "/x"]] {
                    let refused = try ZooProcess.run(["import"] + arguments)
                    #expect(refused.status == 65, "\(refused.errors)")
                    let line = refused.errors.components(separatedBy: "; or, as weights")[0].range(of: "import torch").map {
                        refused.errors.components(separatedBy: "; or, as weights")[0][$0.lowerBound...]
                    }
                    lines.append(String(try #require(line, "\(refused.errors)")).trimmingCharacters(in: .newlines))
                }
            }
            try scratch.file("lines.json", String(decoding: JSONEncoder().encode(lines), as: UTF8.self))
            let script = try scratch.file(
                "convert.py",
                """
                import json, sys
                folder, fixtures = sys.argv[1:]
                # The class as the fixtures' own script defines it, in a file: torch.jit.script reads its source.
                text = open(fixtures + "/make_models.py").read()
                text = text[text.index("class Net"):text.index("class Half")]
                open(folder + "/nets.py", "w").write("import torch\\nfrom torch import nn\\n" + text)
                sys.path.insert(0, folder)
                from nets import Net
                for line in json.load(open(folder + "/lines.json")):
                    exec(line, {"net": Net()})
                """)
            let made = try ZooProcess.execute(
                Self.python, [script.path, folder, Self.fixtures.path], ZooProcess.environment())
            try #require(made.status == 0, "\(made.errors)")
            for name in names {
                let stem = folder + "/" + (name as NSString).deletingPathExtension
                let taken = try ZooProcess.run([
                    "import", stem + "-script.pt", "--input", "1x12x12", "--classes", "3", "--manifest", folder + "/zoo.json",
                ])
                #expect(taken.status == 0 && taken.errors.isEmpty, "\(name): \(taken.errors)")
                #expect(try SafetensorsFile(path: stem + ".safetensors").entries.contains { $0.name == "norm.running_mean" })
            }
        }
    }

    /// Weights of PyTorch's own layers, in a state_dict's names.
    @Test(.enabled(if: hasPyTorch, "needs PyTorch for Python in .venv"))
    func aStateDictLoadsThroughAMapOfNames() throws {
        try Scratch.with { scratch in
            let script = try scratch.file(
                "make.py",
                """
                import sys, torch
                from torch import nn
                sys.path.insert(0, sys.argv[2])
                torch.manual_seed(1)
                net = nn.Sequential(nn.Conv2d(1, 64, 9), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(64, 64, 7), nn.MaxPool2d(2), nn.ReLU(),
                                    nn.Flatten(), nn.Linear(256, 10))
                import struct, json
                blobs, header, offset = [], {}, 0
                for name, t in net.state_dict().items():
                    data = t.contiguous().numpy().tobytes()
                    header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [offset, offset + len(data)]}
                    blobs.append(data)
                    offset += len(data)
                text = json.dumps(header).encode()
                open(sys.argv[1] + "/theirs.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + b"".join(blobs))
                torch.save(net, sys.argv[1] + "/net.pt")
                """)
            let folder = scratch.folder.path
            let made = try ZooProcess.execute(Self.python, [script.path, folder, folder], ZooProcess.environment())
            try #require(made.status == 0, "\(made.errors)")
            let map = try scratch.file(
                "map.json",
                #"{"extractor.conv1.": "0.", "extractor.conv2.": "3.", "extractor.classifier.": "7."}"#)
            let missing = try ZooProcess.run([
                "import", "--weights", folder + "/theirs.safetensors", "--entry", "cnn", "--output", folder + "/cnn.safetensors",
            ])
            #expect(missing.status == 65 && missing.errors.contains("extractor.conv1.weight"), "\(missing.errors)")
            let loaded = try ZooProcess.run([
                "import", "--weights", folder + "/theirs.safetensors", "--map", map.path, "--entry", "cnn", "--output",
                folder + "/cnn.safetensors",
            ])
            #expect(loaded.status == 0, "\(loaded.errors)")
            // And out again: the exported module gives what PyTorch's own network gives.
            let exported = try ZooProcess.run(["export", "cnn", "--weights", folder + "/cnn.safetensors", "--output", folder])
            #expect(exported.status == 0, "\(exported.errors)")
            let compare = try scratch.file(
                "compare.py",
                """
                import sys, torch
                sys.path.insert(0, sys.argv[1])
                from cnn import Model
                net = torch.load(sys.argv[1] + "/net.pt", weights_only=False)
                x = torch.rand(7, 1, 28, 28)
                with torch.no_grad():
                    print((Model()(x) - net(x)).abs().max().item())
                """)
            let result = try ZooProcess.execute(Self.python, [compare.path, folder], ZooProcess.environment())
            let difference = try #require(Double(result.output.trimmingCharacters(in: .whitespacesAndNewlines)), "\(result.errors)")
            #expect(difference < 1e-5, "logits of order 0.1, summed over thousands of float32 products")
        }
    }
}
