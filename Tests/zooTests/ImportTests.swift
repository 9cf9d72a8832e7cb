import Foundation
import Testing
import ZooModelFiles

/// `zoo import` with files as people have them; Tests/Fixtures/make_models.py makes these.
@Suite struct ImportTests {
    private static func model(_ name: String) -> String {
        ZooProcess.root.appendingPathComponent("Tests/Fixtures/models/\(name)").path
    }

    private struct Outcome: Decodable { let entry, manifest, model: String; let warnings: [String] }

    private func take(_ model: String, _ more: String..., in scratch: Scratch, manifest: String? = nil) throws -> ZooProcess.Outcome {
        try ZooProcess.run(
            ["import", model, "--input", "1x12x12", "--classes", "3", "--manifest", manifest ?? scratch.folder.path + "/zoo.json"] + more)
    }

    private func taken(_ model: String, _ more: String..., in scratch: Scratch) throws -> Outcome {
        let result = try ZooProcess.run(
            ["import", model, "--input", "1x12x12", "--classes", "3", "--manifest", scratch.folder.path + "/zoo.json", "--json"] + more)
        try #require(result.status == 0, "\(result.errors)")
        return try JSONDecoder().decode(Outcome.self, from: Data(result.output.utf8))
    }

    @Test(arguments: [
        ("state_dict.pt", "state_dict of 9 tensors", "net.load_state_dict(torch.load("),
        ("parallel.pt", "state_dict", "k.removeprefix(\"module.\")"), ("legacy.pt", "state_dict", "torch.jit.save(torch.jit.script("),
        ("checkpoint.pth", "checkpoint", "weights_only=False)[\"state_dict\"]"),
        ("trainer.pth", "a module under 'nets', 'teacher'", "[\"nets\"][\"teacher\"]; torch.jit.save("),
        ("module.pt", "class __main__.Net", "torch.jit.save(torch.jit.script("),
        ("exported.pt2", "not compiled", "torch._inductor.aoti_compile_and_package("),
    ]) func whatIsNoModelIsNamedWithWhatConvertsIt(name: String, words: String, line: String) throws {
        try Scratch.with { scratch in
            let refused = try take(Self.model(name), in: scratch)
            #expect(refused.status == 65 && refused.complaints.count == 1, "\(refused.errors)")
            #expect(refused.errors.contains(words) && refused.errors.contains(line), "\(refused.errors)")
            #expect(!FileManager.default.fileExists(atPath: scratch.folder.path + "/zoo.json"))
        }
    }

    /// By whatever name: contents decide.
    @Test func aNameSaysNothing() throws {
        try Scratch.with { scratch in
            func copy(_ name: String, as other: String) throws -> String {
                let path = scratch.folder.path + "/" + other
                try FileManager.default.copyItem(atPath: Self.model(name), toPath: path)
                return path
            }
            #expect(try taken(copy("logits.pt", as: "script.pt2"), in: scratch).entry == "script")
            let refused = try take(copy("state_dict.pt", as: "model.pt2"), in: scratch)
            #expect(refused.status == 65 && refused.errors.contains("a state_dict"), "\(refused.errors)")
        }
    }

    @Test func everyNumberOfImagesIsTried() throws {
        try Scratch.with { scratch in
            let refused = try take(Self.model("squeeze.pt"), in: scratch)
            #expect(refused.status == 78 && refused.complaints.count == 1, "\(refused.errors)")
            for word in ["one image", "[3]", "[1, 3]", "squeeze"] { #expect(refused.errors.contains(word), "\(refused.errors)") }
        }
    }

    @Test func probabilitiesAreWarnedOf() throws {
        try Scratch.with { scratch in
            for (name, word) in [("logits", ""), ("softmax", "softmax"), ("sigmoid", "sigmoid")] {
                let warnings = try taken(Self.model(name + ".pt"), in: scratch).warnings
                #expect(warnings.isEmpty == word.isEmpty && warnings.allSatisfy { $0.contains(word) }, "\(name): \(warnings)")
            }
        }
    }

    @Test func otherTypesAreConverted() throws {
        try Scratch.with { scratch in
            for (name, type) in [("double", "float64"), ("half", "float16"), ("bfloat16", "bfloat16")] {
                let warnings = try taken(Self.model(name + ".pt"), in: scratch).warnings
                #expect(warnings.contains { $0.contains(type) && $0.contains("converts") }, "\(name): \(warnings)")
            }
        }
    }

    @Test(arguments: [
        ("模型", "mo-xing"), ("größe 2", "grosse-2"), ("Привет", "Privet"), ("-v1.0", "v1.0"), ("🦒", "model"),
        ("my net (best)", "my-net-best"),
        ("plain_1", "plain_1"),
    ]) func idsCanBeTyped(name: String, id: String) throws {
        try Scratch.with { scratch in
            let path = scratch.folder.path + "/\(name).pt"
            try FileManager.default.copyItem(atPath: Self.model("logits.pt"), toPath: path)
            let outcome = try taken(path, in: scratch)
            #expect(outcome.entry == id)
            #expect(outcome.warnings.contains { $0.contains("'\(id)'") && $0.contains("--id") } == (name != id), "\(outcome.warnings)")
            #expect(try ZooProcess.run(["show", id, "--manifest", outcome.manifest]).status == 0)
        }
    }

    @Test func anIdThatCannotBeTypedIsRefused() throws {
        try Scratch.with { scratch in
            let refused = try take(Self.model("logits.pt"), "--id", "模型", in: scratch)
            #expect(refused.status == 64 && refused.errors.contains("'mo-xing'"), "\(refused.errors)")
        }
    }

    /// The manifest is a link into another folder: the link stays, and the model lies where the manifest does.
    @Test func aManifestIsWrittenThroughALink() throws {
        try Scratch.with { scratch in
            let real = try scratch.directory("project")
            try FileManager.default.createSymbolicLink(atPath: scratch.folder.path + "/link.json", withDestinationPath: "project/zoo.json")
            for id in ["first", "second"] {
                let made = try take(
                    Self.model("logits.pt"), "--id", id, in: scratch, manifest: scratch.folder.path + "/link.json")
                #expect(made.status == 0, "\(made.errors)")
            }
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch.folder.path + "/link.json") == "project/zoo.json")
            #expect(try FileManager.default.contentsOfDirectory(atPath: real.path).sorted() == ["models", "zoo.json"])
            // Both names lead to the same entries, whose model is found.
            for manifest in ["link.json", "project/zoo.json"] {
                let listed = try ZooProcess.run(["show", "second", "--manifest", scratch.folder.path + "/" + manifest])
                #expect(listed.status == 0 && listed.output.contains("second"), "\(listed.errors)")
            }
        }
    }

    /// Batch norm's counters, which PyTorch does not need: missing, or there without a use.
    @Test func countersOfBatchNormMayBeMissing() throws {
        try Scratch.with { scratch in
            let shipped = try SafetensorsFile(
                path: ZooProcess.root.appendingPathComponent("weights/strokes-rotated/cnn-bn.safetensors").path)
            func copy(_ name: String, _ keep: (String) -> Bool, adding more: [String] = []) throws -> String {
                let kept = try shipped.entries.filter { keep($0.name) }.map {
                    SafetensorsTensor(name: $0.name, dtype: $0.dtype, shape: $0.shape, bytes: try shipped.bytes(of: $0.name))
                }
                let added = more.map { SafetensorsTensor(name: $0, dtype: .i64, shape: [], bytes: Data(count: 8)) }
                let path = scratch.folder.path + "/" + name
                try SafetensorsFile.write(kept + added, to: path)
                return path
            }
            let without = try copy("without.safetensors", { !$0.hasSuffix("num_batches_tracked") })
            try #require(try SafetensorsFile(path: without).entries.count < shipped.entries.count)
            let output = scratch.folder.path + "/new.safetensors"
            let imported = try ZooProcess.run(["import", "--weights", without, "--entry", "cnn-bn", "--output", output])
            #expect(imported.status == 0 && imported.errors.isEmpty, "\(imported.errors)")
            let counters = try SafetensorsFile(path: output).entries.filter { $0.name.hasSuffix("num_batches_tracked") }
            #expect(!counters.isEmpty)
            let spare = try copy("spare.safetensors", { _ in true }, adding: ["extractor.spare.num_batches_tracked"])
            for weights in [without, spare] {
                let exported = try ZooProcess.run(["export", "cnn-bn", "--weights", weights, "--output", scratch.folder.path, "--quiet"])
                #expect(exported.status == 0, "\(exported.errors)")
            }
            // Anything else that is missing is missed.
            let less = try copy("less.safetensors", { !$0.hasSuffix("running_mean") })
            #expect(try ZooProcess.run(["export", "cnn-bn", "--weights", less, "--output", scratch.folder.path]).status == 65)
        }
    }
}
