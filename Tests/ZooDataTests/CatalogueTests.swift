import Foundation
import TestSupport
import Testing
import ZooData
import ZooCore
import ZooManifest
import ZooKit

/// Data sets of manifests.
@Suite("Catalogues of data sets")
struct CatalogueTests {
    /// A data directory that holds nothing.
    private let nowhere = "/nonexistent"

    private func catalogue(_ dataSets: String, _ more: String = "") throws -> DataSetCatalogue {
        try DataSetCatalogue(manifest("{\"version\": 1, \"datasets\": [\(dataSets)]\(more)}"))
    }

    @Test("the program's data sets are those that it has always had, and each is its own name's") func builtIn() throws {
        let names = try DataSetCatalogue.builtIn.all.map(\.name)
        for base in ["strokes", "mnist"] {
            for end in ["", "-rotated", "-translated", "-scaled", "-perturbed", "-similar"] { #expect(names.contains(base + end)) }
        }
        for name in [
            "fashion-mnist", "kmnist", "qmnist", "plankton", "plankton-rotated", "svhn-digits", "svhn", "rotated-mnist-12k",
            "mnist-size-1", "mnist-size-2", "mnist-size-4", "strokes-size-1",
        ] {
            #expect(names.contains(name))
        }
        #expect(names.count { $0.hasPrefix("emnist-") } == 6)
        for name in names { #expect(try DataSet.named(name).name == name) }
        #expect(try DataSetCatalogue.builtIn.defaultDataSet(in: nowhere).name == "strokes-rotated")
    }

    @Test("a data set of a manifest is a source, a protocol and a split") func described() throws {
        let all = try catalogue(
            """
            {"id": "mine", "summary": "my digits", "source": {"kind": "strokes"}, "protocol": {"mean": 0.25, "std": 0.5}},
            {"id": "mine-turned", "source": "mine",
             "protocol": {"rotation": 30, "canvas": 40, "clutter": 2, "clutter_crop": 4, "clutter_sides": [3, 8]},
             "split": {"validation": 40, "train": 60, "limit": 50}},
            {"id": "theirs", "source": "mnist", "protocol": {"scale": [-1, 1]}}
            """)
        let data = try all.named("mine-turned")
        #expect(data.perturbation == .rotation(degrees: 30) && data.canvas == 40 && data.shape == ImageShape(1, 40, 40))
        #expect(data.clutter == Clutter(count: 2, crop: 4, sides: 3...8))
        #expect(data.normalisation == Normalisation(mean: 0.25, std: 0.5), "as the source has it")
        #expect(try data.load(.test).count == 40 && data.load(.train).count == 50)
        #expect(data.upright.name == "mine-turned-upright")
        #expect(data.summary.contains("rotated within ±30.0°"))
        #expect(try all.named("theirs").upright == DataSet.named("mnist"))
        #expect(try all.named("mine?rotation=5").upright == all.named("mine"))
        for set in all.all {
            #expect(try all.named(set.name) == set)
            #expect(try all.named(set.upright.name) == set.upright)
        }
        // Fields vary it as they vary any other, and take the place of its own.
        #expect(try all.named("mine-turned?limit=50").name == "mine-turned")
        #expect(try all.named("mine-turned?limit=7&clutter=0").name == "mine-turned?clutter=0&limit=7")
        #expect(try all.named("mine-turned?limit=7").load(.test).count == 7)
        #expect(throws: HostError.self) { try DataSet.named("mine") }
    }

    @Test("the same words in another manifest are another data set, those of the program are the same everywhere") func identities() throws
    {
        let one = try catalogue(#"{"id": "mine", "summary": "a", "source": "strokes", "protocol": {"rotation": 30}}"#).named("mine")
        let same = try catalogue(#"{"protocol": {"rotation": 30}, "id": "mine", "summary": "b", "source": "strokes"}"#).named("mine")
        let other = try catalogue(#"{"id": "mine", "source": "strokes", "protocol": {"rotation": 31}}"#).named("mine")
        #expect(one.identity == same.identity && one.identity != nil && one.identity != other.identity)
        #expect(try DataSet.named("strokes-rotated").identity == nil)
        // What a source is taken from counts too.
        func nested(_ mean: String) throws -> String? {
            try catalogue(
                #"{"id": "a", "source": {"kind": "strokes"}, "protocol": {"mean": \#(mean)}}, {"id": "b", "source": "a"}"#
            ).named("b").identity
        }
        #expect(try nested("0.1") == nested("0.1") && nested("0.1") != nested("0.2"))
    }

    @Test(
        "every complaint names its place",
        arguments: [
            ("3", "$.datasets[0]: expected an object"), (#"{"source": "mnist"}"#, "$.datasets[0]: the field 'id' is missing"),
            (#"{"id": "a b", "source": "mnist"}"#, "$.datasets[0].id: expected letters"),
            (#"{"id": "a"}"#, "$.datasets[0]: the field 'source' is missing"),
            (#"{"id": "a", "sorce": "mnist"}"#, "$.datasets[0].sorce: unknown field, did you mean 'source'?"),
            (
                #"{"id": "a", "source": "mnsit"}"#,
                "$.datasets[0].source: expected a source or the id of a data set, found \"mnsit\", did you mean 'mnist'?"
            ),
            (#"{"id": "a", "source": 3}"#, "$.datasets[0].source: expected an object, found the number 3"),
            (#"{"id": "a", "source": "a"}"#, "$.datasets[0].source: the data set takes its source from itself: a, a"),
            (
                #"{"id": "a", "source": "b"}, {"id": "b", "source": "a"}"#,
                "$.datasets[1].source: the data set takes its source from itself: a, b, a"
            ),
            (#"{"id": "mnist", "source": "strokes"}"#, "$.datasets[0].id: the id 'mnist' is taken by a data set of datasets.json"),
            (
                #"{"id": "a", "source": "mnist"}, {"id": "a", "source": "mnist"}"#,
                "$.datasets[1].id: the id 'a' is taken by an earlier data set"
            ),
            (#"{"id": "a", "source": {}}"#, "$.datasets[0].source: the field 'kind' is missing"),
            (
                #"{"id": "a", "source": {"kind": "fodler"}}"#,
                "$.datasets[0].source.kind: expected one of strokes, idx, folder, house-numbers, found \"fodler\", did you mean 'folder'?"
            ),
            (#"{"id": "a", "source": {"kind": "strokes", "size": 3}}"#, "$.datasets[0].source.size: unknown field"),
            (
                #"{"id": "a", "source": {"kind": "folder"}}"#,
                "$.datasets[0].source: expected 'path', relative to the manifest, or 'data_path'"
            ),
            (
                #"{"id": "a", "source": {"kind": "folder", "path": "x", "data_path": "y"}}"#,
                "$.datasets[0].source.path: expected either 'path' or 'data_path'"
            ),
            (#"{"id": "a", "source": {"kind": "folder", "path": ""}}"#, "$.datasets[0].source.path: expected a path"),
            (#"{"id": "a", "source": {"kind": "folder", "path": 3}}"#, "$.datasets[0].source.path: expected a string"),
            (
                #"{"id": "a", "source": {"kind": "folder", "path": "x", "size": 0}}"#,
                "$.datasets[0].source.size: expected 1 to 1024, found 0"
            ),
            (
                #"{"id": "a", "source": {"kind": "folder", "path": "x", "color": "gray"}}"#,
                "$.datasets[0].source.color: expected one of grey, rgb, found \"gray\", did you mean 'grey'?"
            ),
            (
                #"{"id": "a", "source": {"kind": "folder", "path": "x", "skip_bad": 1}}"#,
                "$.datasets[0].source.skip_bad: expected true or false"
            ),
            (#"{"id": "a", "source": {"kind": "idx"}}"#, "$.datasets[0].source: expected 'folders'"),
            (#"{"id": "a", "source": {"kind": "idx", "folders": []}}"#, "$.datasets[0].source.folders: expected one text or more"),
            (#"{"id": "a", "source": {"kind": "idx", "folders": ["../x"]}}"#, "$.datasets[0].source.folders: expected names of folders"),
            (#"{"id": "a", "source": {"kind": "idx", "path": "x", "prefix": "y"}}"#, "$.datasets[0].source.prefix: expected nothing"),
            (
                #"{"id": "a", "source": {"kind": "idx", "folders": ["x"], "sha256": {"train": "0"}}}"#,
                "$.datasets[0].source.sha256.train: unknown field"
            ),
            (
                #"{"id": "a", "source": {"kind": "idx", "folders": ["x"], "sha256": {"test-labels": "0"}}}"#,
                "$.datasets[0].source.sha256.test-labels: expected 64"
            ),
            (
                #"{"id": "a", "source": {"kind": "idx", "folders": ["x"], "first_label": 0.5}}"#,
                "$.datasets[0].source.first_label: expected an integer"
            ),
            (#"{"id": "a", "source": "mnist", "protocol": []}"#, "$.datasets[0].protocol: expected an object, found a list"),
            (
                #"{"id": "a", "source": "mnist", "protocol": {"rotate": 3}}"#,
                "$.datasets[0].protocol.rotate: unknown field"
            ),
            (
                #"{"id": "a", "source": "mnist", "protocol": {"rotation": 181}}"#,
                "$.datasets[0].protocol.rotation: expected 0 to 180, found 181"
            ),
            (
                #"{"id": "a", "source": "mnist", "protocol": {"rotation": 3, "homography": 0.1}}"#,
                "$.datasets[0].protocol.rotation: expected no other pose beside a homography"
            ),
            (#"{"id": "a", "source": "mnist", "protocol": {"scale": [1, 0]}}"#, "$.datasets[0].protocol.scale: expected two numbers"),
            (#"{"id": "a", "source": "mnist", "protocol": {"scale": [-7, 0]}}"#, "$.datasets[0].protocol.scale[0]: expected -6 to 6"),
            (
                #"{"id": "a", "source": "mnist", "protocol": {"translation": 1.5}}"#,
                "$.datasets[0].protocol.translation: expected an integer"
            ),
            (#"{"id": "a", "source": "mnist", "protocol": {"shift": 1}}"#, "$.datasets[0].protocol.shift: expected 'homography'"),
            (
                #"{"id": "a", "source": "mnist", "protocol": {"clutter_sides": [1, 2]}}"#,
                "$.datasets[0].protocol.clutter_sides: expected 'clutter'"
            ),
            (
                #"{"id": "a", "source": "mnist", "protocol": {"clutter": 1, "clutter_sides": [0, 2]}}"#,
                "$.datasets[0].protocol.clutter_sides[0]: expected 1 to"
            ),
            (#"{"id": "a", "source": "mnist", "protocol": {"fixed": true}}"#, "$.datasets[0].protocol.fixed: expected a pose"),
            (
                #"{"id": "a", "source": "mnist", "protocol": {"mean": []}}"#,
                "$.datasets[0].protocol.mean: expected a number for every channel"
            ),
            (#"{"id": "a", "source": "mnist", "protocol": {"mean": [0.1, "x"]}}"#, "$.datasets[0].protocol.mean[1]: expected a number"),
            (
                #"{"id": "a", "source": "mnist", "protocol": {"mean": [0.1, 0.2], "std": [1, 1, 1]}}"#,
                "$.datasets[0].protocol.std: expected as many numbers"
            ),
            (#"{"id": "a", "source": "mnist", "split": {"train": 0}}"#, "$.datasets[0].split.train: expected 1 to"),
            (
                #"{"id": "a", "source": "mnist", "split": {"pooled": {"train": 1}}}"#,
                "$.datasets[0].split.pooled: the field 'test' is missing"
            ),
            (
                #"{"id": "a", "source": "mnist", "split": {"pooled": {"train": 1, "test": 1, "sed": 1}}}"#,
                "$.datasets[0].split.pooled.sed: unknown field, did you mean 'seed'?"
            ),
            (#"{"id": "a", "source": "mnist", "split": {"test": 1}}"#, "$.datasets[0].split.test: unknown field"),
        ])
    func complaints(text: String, expected: String) throws {
        let error = #expect(throws: HostError.self) { try catalogue(text) }
        #expect(error?.message.contains("zoo.json: " + expected) == true, "\(error?.message ?? "no error")")
        #expect(error?.kind == .config && error?.message.contains("\n") == false)
    }

    @Test("the default is the first that is there, and the manifest's goes before the program's") func theDefault() throws {
        let one = #"{"id": "gone", "source": {"kind": "folder", "path": "nowhere"}}"#
        #expect(try catalogue(one).defaultDataSet(in: nowhere).name == "strokes-rotated")
        #expect(
            try catalogue(one, #", "default_dataset": ["gone", "strokes?limit=07", "strokes"]"#).defaultDataSet(in: nowhere).name
                == "strokes?limit=7")
        #expect(
            try catalogue(one, #", "default_dataset": "gone""#).defaultDataSet(in: nowhere).name == "gone",
            "so that it is said what is missing")
        for (value, expected) in [
            (#""gon""#, "$.default_dataset: gon: data set: expected"), ("[]", "$.default_dataset: expected the name"),
            (#"["strokes", 3]"#, "$.default_dataset[1]: expected a string"),
        ] {
            let error = #expect(throws: HostError.self) { try catalogue(one, #", "default_dataset": \#(value)"#) }
            #expect(error?.message.contains(expected) == true && error?.kind == .config, "\(error?.message ?? "no error")")
        }
    }

    @Test("of the default data sets the first is taken that is wanted") func theWantedDefault() throws {
        let all = try catalogue("", #", "default_dataset": ["mnist-rotated", "strokes-rotated", "strokes"]"#)
        #expect(try all.defaultDataSet(in: nowhere) { $0.upright != $0 }.name == "mnist-rotated")
        #expect(try all.defaultDataSet(in: nowhere) { $0.isDrawn }.name == "strokes-rotated")
        #expect(try all.defaultDataSet(in: nowhere) { _ in false }.name == "strokes-rotated", "the first that is there")
    }

    @Test("paths are relative to the manifest, or to the data directory") func paths() throws {
        let scratch = try TemporaryDirectory()
        for index in 0..<4 {
            try scratch.write("inside/pics/\(index % 2)/\(index).png", png(width: 4, height: 4, [UInt8](repeating: 9, count: 16)))
        }
        let text = """
            {"version": 1, "datasets": [{"id": "own", "source": {"kind": "folder", "path": "pics", "size": 4}},
              {"id": "kept", "source": {"kind": "folder", "data_path": "pics", "size": 4}}]}
            """
        let all = try DataSetCatalogue(Manifest(path: scratch.write("inside/zoo.json", Array(text.utf8))))
        #expect(try all.named("own").load(.train).count == 2)
        #expect(try all.named("kept").load(.train, from: scratch.path + "/inside").count == 2)
        let missing = #expect(throws: HostError.self) { try all.named("kept").load(.train, from: scratch.path) }
        #expect(missing?.kind == .noInput)
    }

    /// The schema is for editors; what it says is what is read.
    @Test("the schema knows the settings that are read, and no others") func schema() throws {
        let data = try Data(contentsOf: Repository.root.appendingPathComponent("docs/zoo.schema.json"))
        let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let definitions = try #require(root["$defs"] as? [String: [String: Any]])
        func keys(_ name: String, _ inner: String? = nil) throws -> Set<String> {
            let properties = try #require(definitions[name]?["properties"] as? [String: [String: Any]])
            guard let inner else { return Set(properties.keys) }
            return Set(try #require(properties[inner]?["properties"] as? [String: Any]).keys)
        }
        // What an unknown field's error says is known.
        func known(_ text: String) -> Set<String> {
            let error = #expect(throws: HostError.self) { try catalogue(text) }
            return Set((error?.message.components(separatedBy: "known are ").last ?? "").components(separatedBy: ", "))
        }
        #expect(try keys("dataset") == known(#"{"id": "a", "zzz": 1}"#))
        #expect(try keys("protocol") == known(#"{"id": "a", "source": "mnist", "protocol": {"zzz": 1}}"#))
        #expect(try keys("split") == known(#"{"id": "a", "source": "mnist", "split": {"zzz": 1}}"#))
        #expect(try keys("split", "pooled") == known(#"{"id": "a", "source": "mnist", "split": {"pooled": {"zzz": 1}}}"#))
        let sources = try #require(definitions["source"]?["oneOf"] as? [[String: Any]]).dropFirst()
        #expect(sources.count == 4)
        for source in sources {
            let properties = try #require(source["properties"] as? [String: [String: Any]])
            let kind = try #require(properties["kind"]?["const"] as? String)
            #expect(Set(properties.keys) == known(#"{"id": "a", "source": {"kind": "\#(kind)", "zzz": 1}}"#))
        }
    }

    /// A figure on a set of another name would never stand beside a measured one.
    @Test("published figures of the zoo's entries are about data sets that it knows")
    func publishedFigures() throws {
        let manifest = try Repository.manifest()
        let catalogue = try DataSetCatalogue(manifest)
        for name in try some(Set(manifest.entries.flatMap { $0.published.map(\.dataset) }).sorted(), "published figures") {
            #expect(throws: Never.self, "\(name)") { try catalogue.named(name) }
        }
    }
}
