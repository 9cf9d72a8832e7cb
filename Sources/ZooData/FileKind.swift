import ZooCore

/// What a file really is, by its first bytes, whatever its name says: for complaints.
enum FileKind {
    /// "an HTML page", for example; never empty.
    static func name(of bytes: [UInt8]) -> String {
        guard !bytes.isEmpty else { return "an empty file" }
        if let found = magics.first(where: { $0.matches(bytes) }) { return found.name }
        let start = bytes.prefix(4096)
        if start.allSatisfy({ $0 == 0 }) { return bytes.allSatisfy { $0 == 0 } ? "nothing but zeros" : "bytes of no known format" }
        return text(start) ?? "bytes of no known format"
    }

    private struct Magic {
        let name: String
        let offset: Int
        let bytes: [UInt8]

        init(_ name: String, _ text: String, at offset: Int = 0) { self.init(name, Array(text.utf8), at: offset) }

        init(_ name: String, _ bytes: [UInt8], at offset: Int = 0) {
            self.name = name
            self.offset = offset
            self.bytes = bytes
        }

        func matches(_ file: [UInt8]) -> Bool { file.dropFirst(offset).starts(with: bytes) }
    }

    /// More special ones first.
    private static let magics: [Magic] = [
        Magic("a PNG image", [0x89] + "PNG\r\n".utf8), Magic("a JPEG image", [0xff, 0xd8, 0xff]),
        Magic("a PNG image whose line ends were changed, as in a transfer as text", [0x89] + "PNG\n".utf8),
        Magic("a GIF image", "GIF8"), Magic("a WebP image", "WEBP", at: 8),
        Magic("a TIFF image", [0x49, 0x49, 0x2a, 0]), Magic("a TIFF image", [0x4d, 0x4d, 0, 0x2a]),
        Magic("a TIFF image", [0x49, 0x49, 0x2b, 0]), Magic("a TIFF image", [0x4d, 0x4d, 0, 0x2b]),
        Magic("an AVIF image, which is not read", "ftypavif", at: 4), Magic("an AVIF image, which is not read", "ftypavis", at: 4),
        Magic("an HEIF image, which is not read", "ftyphei", at: 4), Magic("an HEIF image, which is not read", "ftyphev", at: 4),
        Magic("an HEIF image, which is not read", "ftypmif1", at: 4), Magic("an HEIF image, which is not read", "ftypmsf1", at: 4),
        Magic("a video", "ftyp", at: 4), Magic("a video", "AVI ", at: 8), Magic("a video", [0x1a, 0x45, 0xdf, 0xa3]),
        Magic("a JPEG 2000 image, which is not read", [0, 0, 0, 12] + "jP  ".utf8),
        Magic("a JPEG 2000 image, which is not read", [0xff, 0x4f, 0xff, 0x51]),
        Magic("a JPEG XL image, which is not read", [0, 0, 0, 12] + "JXL ".utf8),
        Magic("a JPEG XL image, which is not read", [0xff, 0x0a]),
        Magic("a Photoshop image, which is not read", "8BPS"), Magic("an icon, which is not read", [0, 0, 1, 0]),
        Magic("a DICOM image, which is not read", "DICM", at: 128), Magic("an OpenEXR image, which is not read", [0x76, 0x2f, 0x31, 1]),
        Magic("a DirectDraw image, which is not read", "DDS "), Magic("an audio file", "WAVE", at: 8), Magic("an audio file", "ID3"),
        Magic("a ZIP archive", [0x50, 0x4b, 3, 4]), Magic("an empty ZIP archive", [0x50, 0x4b, 5, 6]),
        Magic("a gzip file", [0x1f, 0x8b]), Magic("a bzip2 file", "BZh"), Magic("an xz file", [0xfd] + "7zXZ".utf8),
        Magic("a Zstandard file", [0x28, 0xb5, 0x2f, 0xfd]), Magic("a 7z archive", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]),
        Magic("a RAR archive", "Rar!"), Magic("a tar archive", "ustar", at: 257), Magic("a PDF document", "%PDF"),
        Magic("a PostScript document", "%!PS"), Magic("a NumPy array", [0x93] + "NUMPY".utf8),
        Magic("an HDF5 file", [0x89] + "HDF".utf8), Magic("a MATLAB file", "MATLAB"), Magic("a Python pickle", [0x80, 2]),
        Magic("a Python pickle", [0x80, 4]), Magic("a Python pickle", [0x80, 5]), Magic("a SQLite database", "SQLite format 3"),
        Magic("a program", [0x7f] + "ELF".utf8), Magic("a Parquet table", "PAR1"),
        Magic("macOS's data about a file (AppleDouble)", [0, 5, 0x16, 7]), Magic("a text in UTF-16", [0xff, 0xfe]),
        Magic("a text in UTF-16", [0xfe, 0xff]), Magic("a pointer of Git LFS, whose file was not fetched", "version https://git-lfs"),
        Magic("a pointer of git-annex, whose file was not fetched", "/annex/objects/"),
    ]

    /// What kind of text it is; nil if it is none.
    private static func text(_ start: ArraySlice<UInt8>) -> String? {
        if start.starts(with: "BM".utf8), start.count >= 18, (12...124).contains(start[14]), start[15..<18].allSatisfy({ $0 == 0 }) {
            return "a BMP image"
        }
        if start.starts(with: "P".utf8), start.count > 2, (0x31...0x37).contains(start[1]), [9, 10, 11, 12, 13, 32, 35].contains(start[2]) {
            return start[1] == 0x37 ? "a PAM image, which is not read" : "a PNM image"
        }
        // A character may be cut at the end.
        guard let decoded = (0...3).lazy.compactMap({ String(validating: start.dropLast($0), as: UTF8.self) }).first,
            !decoded.unicodeScalars.contains(where: { $0.value < 32 && !"\t\n\r\u{0c}\u{1b}".unicodeScalars.contains($0) })
        else { return nil }
        let words = decoded.drop { $0.isWhitespace || $0 == "\u{feff}" }.lowercased()
        if words.isEmpty { return "nothing but white space" }
        if words.hasPrefix("<!doctype html") || words.hasPrefix("<html") || words.contains("<html") || words.contains("<head>") {
            return "an HTML page"
        }
        if words.contains("<svg") { return "an SVG drawing, which is not read" }
        if words.hasPrefix("<?xml") || words.hasPrefix("<!doctype") { return "an XML text" }
        if words.hasPrefix("{") || words.hasPrefix("[") { return "a JSON text" }
        return "a text"
    }
}
