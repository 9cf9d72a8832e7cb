import Foundation
import TestSupport
import Testing
import ZooCore
import ZooHost
import ZooKit
import ZooManifest
import ZooPlugins

private func entry(_ fields: String) throws -> Entry {
    try #require(try manifest("{\"version\": 1, \"entries\": [{\"id\": \"x\", \(fields)}]}").entries.first)
}

/// Every complaint names the JSON path and what was expected.
@Suite struct ManifestTests {
    @Test(arguments: [
        ("{", "not JSON"),
        ("[]", "$: expected an object, found a list"),
        ("{\"version\": 1}", "$: the field 'entries' is missing"),
        ("{\"version\": 2, \"entries\": []}", "$.version: expected 1, found 2"),
        ("{\"version\": 1, \"entires\": []}", "$.entires: unknown field, did you mean 'entries'?"),
        ("{\"version\": 1, \"entries\": [{\"id\": \"a\"}]}", "$.entries[0]: the field 'architecture' is missing"),
        ("{\"version\": 1, \"entries\": [{\"id\": \"a b\", \"architecture\": \"cnn\"}]}", "$.entries[0].id: expected letters"),
        ("{\"version\": 1, \"entries\": [{\"id\": \"a\", \"architecture\": 3}]}", "$.entries[0].architecture: expected a component's id"),
        (
            "{\"version\": 1, \"entries\": [{\"id\": \"a\", \"architecture\": \"cnn\"}, {\"id\": \"a\", \"architecture\": \"cnn\"}]}",
            "$.entries[1].id: the id 'a' is taken"
        ),
        (
            "{\"version\": 1, \"entries\": [{\"id\": \"a\", \"architecture\": \"cnn\", \"recipes\": {\"default\": {\"epochs\": 0}}}]}",
            "$.entries[0].recipes.default.epochs: expected 1 to 100000, found 0"
        ),
        (
            "{\"version\": 1, \"entries\": [{\"id\": \"a\", \"architecture\": \"cnn\", \"recipes\": {\"default\": {\"optimizer\": \"sgdd\"}}}]}",
            "$.entries[0].recipes.default.optimizer: expected one of sgd, adam, found \"sgdd\", did you mean 'sgd'?"
        ),
        (
            "{\"version\": 1, \"entries\": [{\"id\": \"a\", \"architecture\": \"cnn\", \"weights\": [{\"dataset\": \"strokes\", \"seed\": 0, \"file\": \"w\", \"sha256\": \"12\"}]}]}",
            "$.entries[0].weights[0].sha256: expected 64 lower-case hexadecimal digits"
        ),
        (
            "{\"version\": 1, \"entries\": [{\"id\": \"a\", \"architecture\": \"cnn\", \"published\": [{\"dataset\": \"mnist\", \"metric\": \"error\", \"value\": 2.28, \"source\": \"P\"}]}]}",
            "$.entries[0].published[0].value: expected 0 to 1, found 2.28"
        ),
        (
            "{\"version\": 1, \"entries\": [{\"id\": \"a\", \"architecture\": \"cnn\", \"published\": [{\"dataset\": \"mnist\", \"metric\": \"error\", \"value\": 0.02, \"spread\": -1, \"source\": \"P\"}]}]}",
            "$.entries[0].published[0].spread: expected 0 to"
        ),
    ])
    func complaintsNameTheirPlace(_ text: String, _ expected: String) throws {
        let error = #expect(throws: HostError.self) { try manifest(text) }
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "no error")")
        #expect(error?.kind == (expected == "not JSON" ? .data : .config))
    }

    @Test func aMissingFileIsNoInput() throws {
        let error = #expect(throws: HostError.self) { try Manifest(path: "/nowhere/zoo.json") }
        #expect(error?.kind == .noInput)
    }

    @Test func recipesInheritFromTheDefault() throws {
        let entry = try entry(
            "\"architecture\": \"cnn\", \"recipes\": {\"default\": {\"epochs\": 7, \"optimizer\": \"adam\"}, \"mnist\": {\"learning_rate\": 0.5}}"
        )
        #expect(entry.recipe(for: "strokes").epochs == 7)
        #expect(entry.recipe(for: "mnist").epochs == 7)
        #expect(entry.recipe(for: "mnist").learningRate == 0.5)
        #expect(entry.recipe(for: "mnist").optimizer == .adam)
    }

    @Test(arguments: [
        ("\"architecture\": \"cnnn\"", "no plugin offers the architecture 'cnnn', did you mean 'cnn'?", HostError.Kind.unavailable),
        ("\"architecture\": \"cnn\"", "needs a part for slot 'extractor'", .config),
        (
            "\"architecture\": \"cnn\", \"parts\": {\"extractr\": \"mnist-cnn\"}", "has no slot 'extractr', did you mean 'extractor'?",
            .config
        ),
        (
            "\"architecture\": \"cnn\", \"parts\": {\"extractor\": \"mnist-cn\"}",
            "$.entries[0].parts.extractor: no plugin offers the extractor", .unavailable
        ),
        (
            "\"architecture\": \"cnn\", \"parts\": {\"extractor\": {\"id\": \"mnist-cnn\", \"config\": {\"widht\": 3}}}",
            "$.entries[0].parts.extractor.config.widht: unknown field, did you mean 'width'?", .config
        ),
        (
            "\"architecture\": \"cnn\", \"parts\": {\"extractor\": {\"id\": \"mnist-cnn\", \"config\": {\"width\": 0}}}",
            "$.entries[0].parts.extractor.config.width: expected 1 to 1024, found 0", .config
        ),
        (
            "\"architecture\": \"cnn\", \"parts\": {\"extractor\": {\"id\": \"mnist-cnn\", \"config\": {\"width\": \"wide\"}}}",
            "$.entries[0].parts.extractor.config.width: expected an integer, found the string \"wide\"", .config
        ),
    ])
    func partsAreCheckedAgainstTheirOptions(_ fields: String, _ expected: String, _ kind: HostError.Kind) throws {
        let host = try HostRuntime(searchPath: SearchPath(environment: [:]))
        let entry = try entry(fields)
        let error = #expect(throws: HostError.self) { try host.resolve(entry) }
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "no error")")
        #expect(error?.kind == kind)
    }

    @Test func aComponentThatRefusesItsSizeIsNotATrap() throws {
        let host = try HostRuntime(searchPath: SearchPath(environment: [:]))
        let entry = try entry("\"architecture\": \"cnn\", \"parts\": {\"extractor\": \"mnist-cnn\"}")
        let error = #expect(throws: HostError.self) { try host.network(entry, input: ImageShape(1, 12, 12), classes: 10, seed: 0) }
        #expect(error?.message.contains("too small") == true)
    }
}
