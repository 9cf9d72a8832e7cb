import Foundation
import TestSupport
import Testing
import ZooCore
import ZooData
import ZooHost
import ZooKit

@Suite("House numbers")
struct HouseNumberTests {
    private static let json = """
        [{"filename": "1.png", "boxes": [{"left": 2, "top": 4, "width": 4, "height": 8, "label": 1},
          {"left": 6, "top": 4, "width": 4.0, "height": 8, "label": 10}]},
         {"filename": "2.png", "boxes": [{"left": -1, "top": 0, "width": 9, "height": 9, "label": 7}]}]
        """
    private static let csv = """
        filename,label,left,top,width,height
        1.png,1,2,4,4,8
        1.png,10,6,4,4,8
        2.png,7,-1,0,9,9
        """

    private func make(_ name: String = "digitStruct.json", _ text: String = json) throws -> TemporaryDirectory {
        let scratch = try TemporaryDirectory()
        // Red to the left of column 6, blue from there on.
        let pixels = (0..<16 * 16).flatMap { $0 % 16 < 6 ? [255, 0, 0] : [0, 0, 255] as [UInt8] }
        for image in ["1.png", "2.png"] { try scratch.write("svhn/test/" + image, png(width: 16, height: 16, channels: 3, pixels)) }
        try scratch.write("svhn/test/" + name, Array(text.utf8))
        return scratch
    }

    private func error(_ name: String, _ text: String) throws -> HostError? {
        let scratch = try make(name, text)
        return #expect(throws: HostError.self) { try DataSet.named("svhn").load(.test, from: scratch.path) }
    }

    @Test("JSON and CSV give the same crops and five labels each")
    func formats() throws {
        try EngineControl.start()
        let scratch = try make()
        let data = try DataSet.named("svhn")
        let images = try data.load(.test, from: scratch.path)
        #expect(images.count == 2)
        #expect(images.heads == 5 && data.heads == 5)
        #expect(images.classes.count == 11)
        #expect(images.labels == [1, 0, 10, 10, 10, 7, 10, 10, 10, 10])
        // The crop goes from column 1 (2 - 1.2) to 11 (10 + 1.2): half of it red.
        let row = Array(images.image(0).prefix(64))
        #expect(row[5] == 255 && row[60] == 0)
        #expect(row[31] > 127 && row[32] < 128)
        let table = try make("digitStruct.csv", Self.csv)
        let other = try DataSet.named("svhn").load(.test, from: table.path)
        #expect(other.pixels == images.pixels && other.labels == images.labels)
        let batch = try BatchLoader(images, of: data, split: .test, batchSize: 2, seed: 0).batch(0)
        #expect(batch.images.shape == [2, 3, 64, 64])
        #expect(batch.labels.shape == [2, 5])
        let first = Double(try batch.images.floats()[5])
        #expect(abs(first - (1 - 0.4377) / 0.1980) < 1e-4)
    }

    @Test(
        "tables as people have them",
        arguments: [
            ("\u{feff}" + csv, ","), (csv.replacing("\n", with: "\r\n"), ","), (csv.replacing(",", with: ";"), ";"),
            (csv.replacing(",", with: "\t"), "\t"), (csv + "\n\n,,,,,\n", ","),
            (
                csv.split(separator: "\n").map { $0.split(separator: ",").map { "\"\($0)\"" }.joined(separator: ", ") }.joined(
                    separator: "\n"), ","
            ),
            (csv.replacing("filename,label,left,top,width,height", with: "FileName,DigitLabel,Left,Top,Width,Height"), ","),
            (
                ",img_name,class,xmin,ymin,x max,y max\n0,1.png,1.0,2,4,6,12\n1,1.png,0,6,4,10,12\n2,2.png,7,-1,0,8,9", ","
            ),
            ("height;width;top;left;label;filename\n8,0;4,0;4,0;2,0;1;1.png\n8;4;4;6;10;1.png\n9;9;0;-1;7;2.png", ";"),
        ])
    func tables(text: String, separator: String) throws {
        let (json, table) = (try make(), try make("digitStruct.csv", text))
        let reference = try DataSet.named("svhn").load(.test, from: json.path)
        let found = try DataSet.named("svhn").load(.test, from: table.path)
        #expect(found.pixels == reference.pixels && found.labels == reference.labels)
        // As Excel saves it, too.
        let scratch = try make("other", "")
        for isLittle in [true, false] {
            let units = ("\u{feff}" + text.trimmingPrefix("\u{feff}")).utf16.flatMap { unit in
                isLittle ? [UInt8(unit & 255), UInt8(unit >> 8)] : [UInt8(unit >> 8), UInt8(unit & 255)]
            }
            try scratch.write("svhn/test/digitStruct.csv", units)
            #expect(try DataSet.named("svhn").load(.test, from: scratch.path).labels == reference.labels)
        }
    }

    @Test("a byte-order mark before JSON")
    func marked() throws {
        let scratch = try make("digitStruct.json", "\u{feff}" + Self.json)
        #expect(try DataSet.named("svhn").load(.test, from: scratch.path).count == 2)
    }

    @Test("more than five digits are left out, with a warning")
    func tooMany() throws {
        let long = Self.csv + String(repeating: "\n2.png,3,0,0,5,5", count: 5)
        let scratch = try make("digitStruct.csv", long)
        let images = try DataSet.named("svhn").load(.test, from: scratch.path)
        #expect(images.count == 1)
        #expect(images.warnings.count == 1)
    }

    @Test("what is wrong is named")
    func errors() throws {
        #expect(try error("digitStruct.mat", "")?.found?.contains("HDF5") == true)
        #expect(try error("other", "")?.field == "boxes")
        #expect(try error("digitStruct.json", "[{")?.found == "damaged JSON")
        let missing = try error("digitStruct.json", #"[{"filename": "1.png", "boxes": [{"left": 1}]}]"#)
        #expect(missing?.field == "$[0].boxes[0]")
        #expect(try error("digitStruct.json", "[]")?.field == "numbers")
        #expect(try error("digitStruct.json", #"[{"filename": "1.png", "boxes": []}]"#)?.field == "1.png: boxes")
        #expect(try error("digitStruct.csv", "filename,label\n")?.field == "line 1")
        let csv = "filename,label,left,top,width,height\n"
        #expect(try error("digitStruct.csv", csv + "1.png,1,2")?.field == "line 2")
        #expect(try error("digitStruct.csv", csv + "1.png,1,x,4,4,8")?.field == "line 2, left")
        #expect(try error("digitStruct.csv", csv + "1.png,11,2,4,4,8")?.field == "1.png: label")
        #expect(try error("digitStruct.csv", csv + "1.png,1,2,4,0,8")?.field == "1.png: boxes")
        #expect(try error("digitStruct.csv", csv + "1.png,1,100,4,4,8")?.field == "1.png: boxes")
        #expect(try error("digitStruct.csv", csv + "1.png,1,nan,4,4,8")?.field == "1.png: boxes")
        #expect(try error("digitStruct.csv", csv + "3.png,1,2,4,4,8")?.file?.hasSuffix("3.png") == true)
        #expect(try error("digitStruct.csv", csv + "../1.png,1,2,4,4,8")?.field == "filename")
    }
}
