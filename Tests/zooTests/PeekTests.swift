import Foundation
import Testing

/// `zoo peek` on the weights for drawn digits that come with the zoo.
@Suite(.serialized) struct PeekTests {
    private struct Answer: Decodable {
        struct Peek: Decodable {
            struct Pose: Decodable {
                let pose, prediction: String
                let confidence, featureDistance: Double
            }
            let entry, dataset, label: String
            let image: Int
            let poses: [Pose]
            let rows: [String]
        }
        let file: String
        let peeks: [Peek]
    }

    @Test func severalEntriesMakeOneSheet() throws {
        try Scratch.with { scratch in
            let asked = ["peek", "stn-c0-x2", "stn-c1", "--angle", "30", "--angle", "-30", "--image", "7", "--json", "--quiet"]
            let outcome = try ZooProcess.run(asked, in: scratch.folder)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let answer = try JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8))
            #expect(answer.peeks.map(\.entry) == ["stn-c0-x2", "stn-c1"] && answer.peeks.allSatisfy { $0.image == 7 })
            for peek in answer.peeks {
                #expect(peek.poses.map(\.pose) == ["upright", "30°", "-30°"] && peek.poses[0].featureDistance == 0)
                #expect(peek.poses.allSatisfy { $0.confidence > 0.1 && $0.confidence <= 1 && $0.prediction.count == 1 })
                #expect(peek.poses.dropFirst().allSatisfy { $0.featureDistance > 0 })
            }
            #expect(answer.peeks[0].rows.contains("after iteration 1") && answer.peeks[1].rows.contains("features, transformed"))
            // Width and height stand in the 17th to 24th byte of a PNG file: three columns, and four and three rows, of 112 pixels.
            let png = try Data(contentsOf: scratch.folder.appendingPathComponent(answer.file))
            func number(_ start: Int) -> Int { png[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
            #expect(answer.file == "zoo-peek.png" && number(16) == 4 + 3 * 116 && number(20) == 4 + 7 * 116)
        }
    }

    @Test func terminalsGetThePictureAndFilesThePath() throws {
        try Scratch.with { scratch in
            let sixels = try ZooProcess.run(["peek", "stn-c1", "--graphics", "sixel"], in: scratch.folder)
            #expect(sixels.status == 0 && sixels.output.hasPrefix("\u{1b}Pq") && sixels.output.contains("feature distance"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path).isEmpty)
            let file = try ZooProcess.run(["peek", "stn-c1", "-o", "there.png"], in: scratch.folder)
            #expect(file.output.hasSuffix("there.png\n") && !file.output.contains("\u{1b}"))
        }
    }

    @Test func whatCannotBeSeenIsSaid() throws {
        func refused(_ arguments: [String], _ status: Int32, _ complaint: String) throws {
            let outcome = try ZooProcess.run(["peek"] + arguments)
            #expect(outcome.status == status && outcome.errors.contains(complaint) && outcome.complaints.count == 1, "\(outcome)")
        }
        try refused(["cnn"], 64, "nothing to see of 'cnn': the entry transforms neither")
        try refused(["stn-c1", "--image", "-1"], 64, "expected one of its test images, 0 to ")
        try refused(["stn-c1", "--image", "1000000"], 64, "found 1000000")
        try refused(["stn-c1", "--seed", "9"], 66, "zoo train stn-c1")
        try refused(["stn-c1", "--dataset", "strokes-rotted"], 64, "strokes-rotated")
        try refused(["stn-c1", "-o", "/proc/none/x.png"], 73, "/proc/none/x.png")
    }
}
