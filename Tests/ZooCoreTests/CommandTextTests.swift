import Testing
import ZooCore

/// Commands that messages suggest, as they are typed.
@Suite struct CommandTextTests {
    private static let options = [
        "evaluate": ["--manifest", "--data-dir", "--store", "--runs"],
        "train": ["--manifest", "--plugin-path", "--data-dir", "--store", "--runs"],
        "list": ["--manifest", "--lock"],
    ]

    private func suggested(_ words: [String], _ given: [String]) -> String {
        CommandText("zoo", words, repeating: Self.options[words[0]] ?? [], of: ["zoo"] + given).description
    }

    @Test func theyRepeatWhereThingsAre() {
        let train = ["train", "cnn", "--dataset", "mnist"]
        #expect(suggested(train, ["evaluate", "cnn", "--dataset", "strokes", "--quiet"]) == "zoo train cnn --dataset mnist")
        #expect(
            suggested(train, ["evaluate", "--data-dir", "my data", "cnn", "--manifest=z's.json", "--store", "s", "--runs", "r"])
                == #"zoo train cnn --dataset mnist --data-dir 'my data' --manifest 'z'\''s.json' --store s --runs r"#)
        #expect(suggested(train, ["evaluate", "--plugin-path", "a", "--plugin-path", "b"]).hasSuffix(" --plugin-path a --plugin-path b"))
    }

    @Test func theyRepeatOnlyWhatFits() {
        // An option of their own wins, a command gets none that it does not take, and what follows "--" is no option.
        #expect(suggested(["evaluate", "--all", "--store", "a"], ["rank", "--store", "b"]) == "zoo evaluate --all --store a")
        #expect(suggested(["list"], ["show", "x", "--manifest", "m", "--data-dir", "d"]) == "zoo list --manifest m")
        #expect(suggested(["merge", "a"], ["rank", "--store", "b"]) == "zoo merge a")
        #expect(suggested(["list"], ["show", "--", "--manifest", "m"]) == "zoo list")
        #expect(suggested(["list"], ["show", "--manifest"]) == "zoo list")
    }

    /// What would be the value of one option is not taken for another.
    @Test func valuesAreNotOptions() {
        #expect(suggested(["list"], ["show", "--manifest", "--lock", "x"]) == "zoo list --manifest --lock")
    }
}
