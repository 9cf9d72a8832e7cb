import Foundation
import Testing

/// Names of data sets on the command line.
@Suite struct DataNameTests {
    /// An 8×8 grey PNG file.
    private static let picture = Data(
        base64Encoded:
            "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAU0lEQVR42gFIALf/AAAePFp4lrTSAAknRWOBn73bABIwTmyKqMbkABs5V3WTsc/tACRCYH6cutj2AC1LaYelw+H/ADZUcpCuzOoIAD9de5m31fMRMFQgIft3JX8AAAAASUVORK5CYII="
    )

    /// Two classes of four pictures.
    private func makeSet(_ scratch: Scratch, _ name: String) throws {
        for file in 0..<8 {
            let folder = try scratch.directory("\(name)/class\(file % 2)")
            try #require(Self.picture).write(to: folder.appendingPathComponent("\(file).png"))
        }
    }

    @Test func aNameThatIsNotUTF8IsReadAndShownWithItsBytes() throws {
        try Scratch.with { scratch in
            try makeSet(scratch, "plain")
            // Foundation's own processes take arguments in UTF-8 only.
            let script = """
                name=$(printf 'caf\\351') && mv plain "$name" && mv "$name/class0" "$name/$(printf '\\374')" &&
                exec '\(ZooProcess.program.path)' evaluate small-cnn --weights initial --json --dataset "folder:./$name//?color=grey&size=28"
                """
            let result = try ZooProcess.execute("/bin/sh", ["-c", script], ZooProcess.environment(), in: scratch.folder)
            #expect(result.status == 0, "\(result.errors)")
            struct Row: Decodable { let dataset: String }
            let rows = try JSONDecoder().decode([Row].self, from: Data(result.output.utf8))
            #expect(rows.map(\.dataset) == ["folder:caf\\xe9?size=28"])
            // The name as it is shown can be typed.
            let again = try ZooProcess.run(
                ["evaluate", "small-cnn", "--weights", "initial", "--json", "--dataset", "folder:caf\\xe9?size=28"], in: scratch.folder)
            #expect(again.status == 0 && again.output == result.output, "\(again.errors)")
        }
    }

    @Test func imagesAndLimitTakeTheSamePart() throws {
        try Scratch.with { scratch in
            struct Row: Decodable {
                struct Score: Decodable { let error, loss: Double, count: Int }
                let upright: Score
            }
            let scores = try [["--dataset", "strokes?limit=50"], ["--dataset", "strokes", "--images", "50"]].map { options in
                let result = try ZooProcess.run(["evaluate", "small-cnn", "--weights", "initial", "--json"] + options, in: scratch.folder)
                #expect(result.status == 0, "\(result.errors)")
                return try #require(try JSONDecoder().decode([Row].self, from: Data(result.output.utf8)).first).upright
            }
            #expect(scores[0].loss == scores[1].loss && scores[0].count == 50 && scores[1].count == 50)
        }
    }

    @Test(arguments: ["folder:x?size=abc", "strokes?limit=abc", "idx:x?transpose=maybe", "mnist?rotate=high"])
    func aWrongFieldIsWrongUse(_ name: String) throws {
        let result = try ZooProcess.run(["evaluate", "small-cnn", "--weights", "initial", "--dataset", name])
        #expect(result.status == 64 && result.complaints.count == 1, "\(result.errors)")
    }
}
