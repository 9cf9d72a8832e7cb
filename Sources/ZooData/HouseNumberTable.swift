import Foundation
import ZooCore

extension HouseNumbers {
    /// What columns are called: the published fields first, then other people's names for them.
    private enum Column: CaseIterable {
        case filename, label, left, top, width, height, right, bottom

        var names: [String] {
            switch self {
            case .filename: ["filename", "file", "name", "image", "img", "imagename", "imgname", "path"]
            case .label: ["label", "digitlabel", "digit", "class"]
            case .left: ["left", "x", "xmin", "x1", "x0"]
            case .top: ["top", "y", "ymin", "y1", "y0"]
            case .width: ["width", "w"]
            case .height: ["height", "h"]
            case .right: ["right", "xmax", "x2"]
            case .bottom: ["bottom", "ymax", "y2"]
            }
        }
    }

    /// A table of digits, one a line: separated by commas, semicolons or tabs, in quotation marks or not, in UTF-8 or UTF-16, with or
    /// without a byte-order mark. Columns may be in any order and have other names that are usual; `right` and `bottom` do for `width` and
    /// `height`; columns of other names are passed over.
    package static func decodeCSV(_ bytes: [UInt8], file: String) throws -> [Record] {
        let lines = text(bytes).split(whereSeparator: \.isNewline).map(String.init)
        let separator = [",", ";", "\t"].max { a, b in
            lines.first.map { line in line.count { String($0) == a } < line.count { String($0) == b } } ?? false
        }
        let header = lines.first.map { cells($0, separator) } ?? []
        let titles = header.map { $0.lowercased().filter { !"_- ".contains($0) } }
        var columns: [Column: Int] = [:]
        for column in Column.allCases { columns[column] = column.names.lazy.compactMap(titles.firstIndex).first }
        for column in [Column.filename, .label, .left, .top, .width, .height] where columns[column] == nil {
            if column == .width && columns[.right] != nil || column == .height && columns[.bottom] != nil { continue }
            throw HostError(
                .data, file: file, field: "line 1", expected: "filename,label,left,top,width,height",
                found: "no column '\(column.names[0])'")
        }
        var (records, places) = ([Record](), [String: Int]())
        for (index, line) in lines.enumerated().dropFirst() {
            let cells = cells(line, separator)
            if cells.allSatisfy(\.isEmpty) { continue }
            guard cells.count == header.count else {
                throw HostError(
                    .data, file: file, field: "line \(index + 1)", expected: "\(header.count) values", found: "\(cells.count)")
            }
            func number(_ column: Column) throws -> Double? {
                guard let place = columns[column] else { return nil }
                // In a table with semicolons a comma may be the decimal mark.
                let cell = separator == "," ? cells[place] : cells[place].replacing(",", with: ".")
                guard let value = Double(cell) else {
                    throw HostError(
                        .data, file: file, field: "line \(index + 1), \(header[place])", expected: "a number", found: "'\(cells[place])'")
                }
                return value
            }
            let (left, top) = (try number(.left) ?? 0, try number(.top) ?? 0)
            let box = Record.Box(
                left: left, top: top, width: try number(.width) ?? ((number(.right) ?? left) - left),
                height: try number(.height) ?? ((number(.bottom) ?? top) - top), label: try number(.label) ?? -1)
            let name = columns[.filename].map { cells[$0] } ?? ""
            if let place = places[name] {
                records[place] = Record(filename: name, boxes: records[place].boxes + [box])
            } else {
                places[name] = records.count
                records.append(Record(filename: name, boxes: [box]))
            }
        }
        return records
    }

    /// A text file's text without its byte-order mark, which tells UTF-16.
    static func text(_ bytes: [UInt8]) -> String {
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
            let isLittle = bytes[0] == 0xff
            let units = stride(from: 2, to: bytes.count - 1, by: 2).map { at in
                isLittle ? UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8 : UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1])
            }
            return String(decoding: units, as: UTF16.self)
        }
        return String(decoding: bytes.dropFirst(bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0), as: UTF8.self)
    }

    /// The values of one line, without spaces and quotation marks around them; a doubled mark within marks is one.
    private static func cells(_ line: String, _ separator: String?) -> [String] {
        var (cells, cell, isQuoted) = ([String](), "", false)
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
                cell.append(character)
            } else if !isQuoted, String(character) == separator {
                cells.append(cell)
                cell = ""
            } else {
                cell.append(character)
            }
        }
        return (cells + [cell]).map { cell in
            let trimmed = cell.trimmingCharacters(in: .whitespaces)
            guard trimmed.count > 1, trimmed.hasPrefix("\""), trimmed.hasSuffix("\"") else { return trimmed }
            return trimmed.dropFirst().dropLast().replacing("\"\"", with: "\"").trimmingCharacters(in: .whitespaces)
        }
    }
}
