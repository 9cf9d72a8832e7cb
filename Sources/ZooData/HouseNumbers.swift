import Foundation
import ZooCore

/// SVHN's full house numbers: whole numbers of up to five digits, read by five heads [Netzer et al. 2011; JSZK15,
/// arXiv:1506.02025, section 4.2].
///
/// Looked for in the folders `train` and `test` of the source's place: the PNG files, and beside them the boxes as
/// `digitStruct.json` or `digitStruct.csv`. The published `digitStruct.mat` is HDF5 and is not read; with Python's h5py:
///
///     import h5py, json
///     f = h5py.File("digitStruct.mat"); d = f["digitStruct"]
///     def numbers(x): return [float(f[r][0, 0]) for r in x[:, 0]] if len(x) > 1 else [float(x[0, 0])]
///     json.dump([{"filename": "".join(chr(c) for c in f[n][:, 0]), "boxes": [dict(zip(keys, row)) for keys in
///         [("left", "top", "width", "height", "label")] for row in zip(*(numbers(f[b][k]) for k in keys))]}
///         for n, b in zip(d["name"][:, 0], d["bbox"][:, 0])], open("digitStruct.json", "w"))
///
/// JSON: `[{"filename": "1.png", "boxes": [{"left": 246, "top": 77, "width": 81, "height": 219, "label": 1}, …]}, …]`. CSV: a
/// header naming the columns filename, label, left, top, width, height in any order, then one line per digit, from left to
/// right; see `decodeCSV` for what else is taken. Label 10 (or 0) is the digit zero.
///
/// The image is the rectangle around all boxes, 30 % larger, cut at the picture's edge, stretched to 64×64 [Goodfellow et al.
/// 2014, arXiv:1312.6082].
public enum HouseNumbers {
    /// Height and width of an image in pixels.
    public static let side = 64
    /// Digits read, each one of ten or "none".
    public static let heads = 5

    /// One number in one picture.
    package struct Record: Decodable, Sendable {
        package struct Box: Decodable, Sendable {
            let left, top, width, height, label: Double
        }
        let filename: String
        let boxes: [Box]
    }

    /// - Parameters:
    ///   - root: the folder that holds `train` and `test`.
    ///   - name: the data set's, for errors.
    /// - Throws: `HostError` naming file and field.
    static func imageSet(_ split: Split, in root: String, name: String) throws -> ImageSet {
        let folder = try self.folder(split, in: root)
        let (path, all) = try records(in: folder)
        let records = all.filter { $0.boxes.count <= heads }
        let labels = try records.flatMap { try self.labels($0, file: path) }
        let pixels = try SharedBuffer.fill(records.count, of: 3 * side * side) { try picture(records[$0], in: folder, file: path).planes }
        let left = all.count - records.count
        return try ImageSet(
            name: name, pixels: pixels, labels: labels, heads: heads, channels: 3, height: side, width: side,
            classes: digitClasses + ["none"], verified: false,
            warnings: left == 0 ? [] : ["\(path): \(left) number\(left == 1 ? "" : "s") of more than \(heads) digits left out"])
    }

    /// How many numbers a split has.
    static func count(_ split: Split, in root: String) throws -> Int {
        try records(in: folder(split, in: root)).records.count
    }

    /// The table and the pictures of a split.
    ///
    /// - Throws: `noInput` if the folder is not there.
    static func files(_ split: Split, in root: String) throws -> [String] {
        let folder = try folder(split, in: root)
        return try FileTree(folder, depth: 0).files.map { folder + "/" + $0.map(\.text).joined() }
    }

    private static func folder(_ split: Split, in root: String) throws -> String {
        let folder = "\(root)/\(split.rawValue)"
        guard DataFile.isDirectory(folder) else {
            throw HostError(
                .noInput, file: folder, field: "\(split.rawValue) numbers",
                expected: "a folder of SVHN's full numbers (PNG files, digitStruct.json or .csv)", found: "no such folder")
        }
        return folder
    }

    private static func records(in folder: String) throws -> (path: String, records: [Record]) {
        func exists(_ name: String) -> Bool { DataFile.isFile("\(folder)/\(name)") }
        let json = "\(folder)/digitStruct.json"
        let csv = "\(folder)/digitStruct.csv"
        let path = exists("digitStruct.json") ? json : csv
        guard exists("digitStruct.json") || exists("digitStruct.csv") else {
            throw HostError(
                .data, file: folder, field: "boxes", expected: "digitStruct.json or digitStruct.csv",
                found: exists("digitStruct.mat")
                    ? "digitStruct.mat alone, which is HDF5 and not read: convert it to JSON" : "neither")
        }
        let bytes = try DataFile.bytes(of: path, limit: 1 << 30)
        let records = path == json ? try decodeJSON(bytes, file: path) : try decodeCSV(bytes, file: path)
        guard !records.isEmpty else { throw HostError(.data, file: path, field: "numbers", expected: "at least one", found: "none") }
        return (path, records)
    }

    package static func decodeJSON(_ bytes: [UInt8], file: String) throws -> [Record] {
        do {
            return try JSONDecoder().decode([Record].self, from: Data(text(bytes).utf8))
        } catch let error as DecodingError {
            let (context, found): (DecodingError.Context?, String) =
                switch error {
                case .keyNotFound(let key, let context): (context, "no field '\(key.stringValue)'")
                case .valueNotFound(_, let context): (context, "null")
                case .typeMismatch(_, let context): (context, "a value of another type")
                case .dataCorrupted(let context): (context, "damaged JSON")
                @unknown default: (nil, "something else")
                }
            let place = (context?.codingPath ?? []).map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
            throw HostError(
                .data, file: file, field: "$" + place, expected: "a list of {filename, boxes: [{left, top, width, height, label}]}",
                found: found)
        }
    }

    /// Five labels, 10 where there is no digit.
    private static func labels(_ record: Record, file: String) throws -> [Int] {
        let digits = try record.boxes.map { box -> Int in
            guard let label = Int(exactly: box.label), (0...10).contains(label) else {
                throw HostError(
                    .data, file: file, field: "\(record.filename): label", expected: "1 to 10, 10 for zero", found: "\(box.label)")
            }
            return label % 10
        }
        guard !digits.isEmpty else {
            throw HostError(.data, file: file, field: "\(record.filename): boxes", expected: "1 to 5", found: "none")
        }
        return digits + [Int](repeating: 10, count: heads - digits.count)
    }

    private static func picture(_ record: Record, in folder: String, file: String) throws -> Picture {
        guard !record.filename.isEmpty, !record.filename.contains("/"), record.filename != ".." else {
            throw HostError(.data, file: file, field: "filename", expected: "a name without folders", found: "\"\(record.filename)\"")
        }
        let path = "\(folder)/\(record.filename)"
        let picture = try Picture(decoding: DataFile.bytes(of: path, limit: 1 << 30), channels: 3, place: path)
        func wrong() -> HostError {
            HostError(
                .data, file: file, field: "\(record.filename): boxes",
                expected: "rectangles in the \(picture.width)×\(picture.height) picture",
                found: "others")
        }
        guard
            record.boxes.allSatisfy({ box in
                [box.left, box.top, box.width, box.height].allSatisfy { abs($0) < 1e6 } && box.width > 0 && box.height > 0
            })
        else { throw wrong() }
        func span(_ low: [Double], _ high: [Double], _ limit: Int) -> Range<Int>? {
            guard let low = low.min(), let high = high.max() else { return nil }
            let margin = 0.15 * (high - low)
            let (first, last) = (max(0, Int((low - margin).rounded())), min(limit, Int((high + margin).rounded())))
            return first < last ? first..<last : nil
        }
        let boxes = record.boxes
        guard let columns = span(boxes.map(\.left), boxes.map { $0.left + $0.width }, picture.width),
            let rows = span(boxes.map(\.top), boxes.map { $0.top + $0.height }, picture.height)
        else { throw wrong() }
        return picture.cropped(columns, rows).resized(width: side, height: side)
    }
}
