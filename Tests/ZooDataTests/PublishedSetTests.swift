import Foundation
import TestSupport
import Testing
import ZooData
import ZooCore

/// What can be downloaded, and where data are looked for.
@Suite struct PublishedSetTests {
    private func list() throws -> PublishedSets { try PublishedSets(path: Repository.root.appendingPathComponent("places.json").path) }

    /// Every set that is listed can be read by the zoo where it is put.
    @Test func whatIsListedIsReadByTheZoo() throws {
        let sets = try list().sets
        #expect(sets.map(\.name).contains("mnist"))
        for set in sets {
            #expect(!set.dataSets.isEmpty && !set.terms.isEmpty && !set.sumsFrom.isEmpty && !set.home.isEmpty, "\(set.name)")
            let scratch = try TemporaryDirectory()
            // Which files are looked for, and where, is decided by their names.
            for file in set.files { try scratch.write("\(set.folder)/\(file.name)", Data([0])) }
            for name in set.dataSets {
                let files = try DataSet.named(name).files(Split.allCases, in: scratch.path)
                #expect(Set(files) == Set(set.files.map { "\(scratch.path)/\(set.folder)/\($0.name)" }), "\(name)")
            }
        }
    }

    /// `make data` makes files that `zoo data get` takes for the same set.
    @Test func theScriptAndTheListMeanTheSameFiles() throws {
        let script = try String(contentsOf: Repository.root.appendingPathComponent("Scripts/get_mnist.sh"), encoding: .utf8)
        let forms = try list().find("mnist").files.flatMap(\.alternatives)
        #expect(forms.count == 4)
        for form in forms { #expect(script.contains("\(try #require(form.sums[.md5]))  \(form.name)"), "\(form.name)") }
    }

    @Test func setsAreFoundByTheirNamesAndByThoseOfDataSets() throws {
        let list = try list()
        #expect(try list.find("mnist-rotated").name == "mnist")
        let error = try #require(throws: HostError.self) { try list.find("fashion-minst") }
        #expect(error.kind == .usage && error.message.contains("did you mean 'fashion-mnist'?"))
    }

    @Test(arguments: [
        (#"{"sets": []}"#, "$: the field 'version' is missing"),
        (#"{"version": 2, "sets": []}"#, "$.version"),
        (#"{"version": 1, "sets": [{"name": "a"}]}"#, "$.sets[0]: the field 'folder' is missing"),
        (set(#""places": ["ftp://x/"]"#), "$.sets[0].places[0]: expected a URL"),
        (set(#""places": ["http://x"]"#), "$.sets[0].places[0]: expected a URL"),
        (set(#""places": [], "place": 1"#), "$.sets[0].place: unknown field, did you mean 'places'?"),
        (set(#""places": []"#, #"{"name": "a/b", "md5": "\#(md5)"}"#), "$.sets[0].files[0].name"),
        (set(#""places": []"#, #"{"name": ".part", "md5": "\#(md5)"}"#), "$.sets[0].files[0].name"),
        (set(#""places": []"#, #"{"name": "a"}"#), "$.sets[0].files[0]: expected a checksum"),
        (set(#""places": []"#, #"{"name": "a", "md5": "F00"}"#), "$.sets[0].files[0].md5: expected 32 lower-case"),
        (set(#""places": []"#, #"{"name": "a", "md5": "\#(md5)"}, {"name": "a", "md5": "\#(md5)"}"#), "listed twice"),
        (set(#""places": []"#, ""), "expected one file or more"),
    ])
    func aWrongListIsRefusedWithThePlace(_ text: String, _ words: String) throws {
        let error = try #require(throws: HostError.self) { try PublishedSets(contents: Data(text.utf8), path: "a/places.json") }
        #expect(error.kind == .config && error.message.hasPrefix("places.json: ") && error.message.contains(words), "\(error)")
    }

    private static let md5 = "f68b3c2dcbeaaa9fbdd348bbdeb94873"
    private static func set(_ fields: String, _ files: String = #"{"name": "a", "md5": "f68b3c2dcbeaaa9fbdd348bbdeb94873"}"#) -> String {
        #"{"version": 1, "sets": [{"name": "a", "folder": "a", "terms": "", "files": [\#(files)], \#(fields)}]}"#
    }

    /// Given by an empty name, so that what the environment says does not count.
    @Test func theFirstUsualDirectoryThatIsThereIsRead() throws {
        let before = DataDirectory.usual
        defer { DataDirectory.usual = before }
        let scratch = try TemporaryDirectory()
        try scratch.write("here/x", Data())
        DataDirectory.usual = [scratch.file("gone"), scratch.file("here")]
        #expect(DataDirectory.choice("") == .usual(scratch.file("here")))
        #expect(DataDirectory.choice("/named") == .named("/named"))
        DataDirectory.usual = [scratch.file("gone"), scratch.file("lost")]
        #expect(DataDirectory.choice("") == .none(DataDirectory.usual))
        let error = try #require(throws: HostError.self) { try DataSet.named("mnist").load(.test, from: "") }
        for word in [scratch.file("gone"), scratch.file("lost"), "data directory", "ZOO_DATA"] {
            #expect(error.message.contains(word), "\(error)")
        }
    }
}
