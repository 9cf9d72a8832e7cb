import Foundation
import ZooHost

/// Pictures in one folder per class, in a directory or in an archive of it, brought to one size.
public struct FolderSource: Sendable, Hashable {
    public enum Color: String, Sendable, Hashable, CaseIterable { case grey, rgb }

    /// How an image of any shape becomes a square.
    public enum Resize: String, Sendable, Hashable, CaseIterable {
        /// Scaled until it fits, the rest black.
        case pad
        /// Scaled along each axis on its own.
        case stretch
        /// The largest square in its middle, scaled.
        case crop
    }

    public enum Background: String, Sendable, Hashable, CaseIterable {
        case white, black

        var level: UInt8 { self == .white ? 255 : 0 }
    }

    public enum Division: String, Sendable, Hashable, CaseIterable {
        /// By a hash of the file's name, the same share of every class: a pure function of the names. Every class of two
        /// images or more has some in both splits.
        case names
        /// The last files in the order of their names, whatever their class: for sets whose neighbours are alike.
        case order
    }

    public var path: String
    /// Whether a relative path starts at the data directory, not at the working directory.
    public var isInDataDirectory = false
    /// Side of the square in pixels.
    public var size = 64
    public var color = Color.grey
    public var resize = Resize.pad
    public var split = Division.names
    /// The share of test images.
    public var test = 0.2
    /// Whether black and white are exchanged, for images on white: what lies outside an image is black.
    public var isInverted = false
    /// What transparent parts of a picture show.
    public var background = Background.white
    /// Whether files that are no whole pictures are left out, with a warning, instead of refused.
    public var skipsBad = false

    public init(path: String) { self.path = path }

    public var channels: Int { color == .grey ? 1 : 3 }

    /// Reads, decodes and resizes one split, on all cores.
    ///
    /// - Throws: `HostError` if there is no image, or naming the files of both splits that are no whole pictures.
    func imageSet(_ split: Split, name: String, in directory: String?) throws -> ImageSet {
        let folders = try open(in: directory)
        let splits = divide(folders.files)
        let chosen = splits[split] ?? []
        guard !chosen.isEmpty else {
            throw HostError(.data, file: folders.path, field: "\(split.rawValue) images", expected: "at least one", found: "none")
        }
        let notes = PictureNotes()
        let size = channels * size * size
        var pixels = try SharedBuffer.fill(chosen.count, of: size) { index in
            try planes(of: chosen[index], in: folders, notes: notes) ?? []
        }
        let bad = notes.bad
        if !bad.isEmpty, !skipsBad {
            // So that one run names them all.
            let others = splits.filter { $0.key != split }.values.flatMap(\.self)
            _ = try SharedBuffer.fill(others.count, of: 1) { index in
                _ = try planes(of: others[index], in: folders, notes: notes)
                return []
            }
            throw notes.complaint(of: folders)
        }
        let kept = chosen.indices.filter { bad[chosen[$0]] == nil }
        guard !kept.isEmpty else { throw notes.complaint(of: folders) }
        if kept.count < chosen.count { pixels = kept.flatMap { pixels[$0 * size..<($0 + 1) * size] } }
        return try ImageSet(
            name: name, pixels: pixels, labels: kept.map { folders.files[chosen[$0]].label },
            channels: channels, height: self.size, width: self.size, classes: folders.classes, verified: false,
            warnings: folders.warnings + notes.warnings(of: folders, among: chosen.count))
    }

    /// One file as the network's input, C×H×W; nil with a note if it is no whole picture.
    private func planes(of index: Int, in folders: ClassFolders, notes: PictureNotes) throws -> [UInt8]? {
        let file = folders.files[index]
        do {
            var picture = try Picture(
                decoding: folders.bytes(of: file), channels: channels, background: background.level, place: folders.place(file))
            if isInverted { picture.invert() }
            let square = square(picture)
            notes.see(picture, asBlank: picture.isBlank || square.isBlank, index)
            return square.planes
        } catch let error as HostError where error.kind != .outOfMemory {
            notes.refuse(index, error)
            return nil
        }
    }

    func open(in directory: String?) throws -> ClassFolders {
        try ClassFolders(path: place(in: directory))
    }

    /// Where the folder or archive is.
    func place(in directory: String?) throws -> String {
        guard isInDataDirectory, !path.hasPrefix("/") else { return path }
        return "\(try DataDirectory.find(directory, for: path, holding: path))/\(path)"
    }

    private func square(_ picture: Picture) -> Picture {
        switch resize {
        case .stretch: return picture.resized(width: size, height: size)
        case .crop:
            let side = min(picture.width, picture.height)
            let (left, top) = ((picture.width - side) / 2, (picture.height - side) / 2)
            return picture.cropped(left..<left + side, top..<top + side).resized(width: size, height: size)
        case .pad:
            let longest = Double(max(picture.width, picture.height))
            func scaled(_ length: Int) -> Int { max(1, Int((Double(length) * Double(size) / longest).rounded())) }
            return picture.resized(width: scaled(picture.width), height: scaled(picture.height)).padded(width: size, height: size)
        }
    }

    /// Which files each split takes, in the order of the files.
    private func divide(_ files: [ClassFolders.File]) -> [Split: [Int]] {
        // A split that is there already is the one.
        if files.contains(where: { $0.split != nil }) { return Dictionary(grouping: files.indices) { files[$0].split ?? .train } }
        var isTest = [Bool](repeating: false, count: files.count)
        switch split {
        case .names:
            for group in Dictionary(grouping: files.indices, by: { files[$0].label }).values {
                let keys = Dictionary(uniqueKeysWithValues: group.map { ($0, RandomStream(seed: 0, "split/" + files[$0].name).key) })
                let order = group.sorted { (keys[$0] ?? 0, $0) < (keys[$1] ?? 0, $1) }
                for index in order.prefix(share(of: group.count)) { isTest[index] = true }
            }
        case .order:
            let order = files.indices.sorted {
                files[$0].name == files[$1].name ? $0 < $1 : DataFile.byBytes(files[$0].name, files[$1].name)
            }
            for index in order.suffix(share(of: files.count)) { isTest[index] = true }
        }
        return Dictionary(grouping: files.indices) { isTest[$0] ? .test : .train }
    }

    /// How many of `count` images are for testing; of two or more, at least one and not all.
    private func share(of count: Int) -> Int {
        count < 2 ? 0 : min(count - 1, max(1, Int((Double(count) * test).rounded())))
    }
}

// MARK: As a name

/// A data set of class folders as it is named on a command line: `folder:PATH?size=64&color=grey&rotate=180`.
///
/// PATH is a directory or an archive (tar, plain or compressed; zip; 7z), relative to the working directory. The fields, all
/// optional: `size` (64), `color` (grey, rgb), `resize` (pad, stretch, crop), `split` (names, order), `test` (0.2), `invert`
/// (false), `background` (white, black), `skip-bad` (false), `rotate` (0: upright; else ± degrees at random), `mean` and `std`
/// (0.5 and 0.25) of the normalisation.
struct FolderName: Hashable {
    static let prefix = "folder:"

    var source: FolderSource
    var rotation = 0.0
    var mean = 0.5
    var std = 0.25

    private static let fields = ["size", "color", "resize", "split", "test", "invert", "background", "skip-bad", "rotate", "mean", "std"]

    /// - Parameter name: `folder:PATH` and its fields.
    /// - Throws: `HostError` naming the field that is wrong.
    init(_ name: DataSetName) throws {
        let path = DataSetName.normalised(path: String(name.base.dropFirst(Self.prefix.count)))
        guard !path.isEmpty else {
            throw HostError(
                .usage, file: name.text, field: "path", expected: "a directory or an archive after 'folder:'", found: "nothing")
        }
        source = FolderSource(path: path)
        for given in name.fields {
            let field = DataSetField(file: name.text, name: given.name, value: given.value)
            switch field.name {
            case "size": source.size = try field.integer(1...1024, "pixels")
            case "color": source.color = try field.choice(FolderSource.Color.self)
            case "resize": source.resize = try field.choice(FolderSource.Resize.self)
            case "split": source.split = try field.choice(FolderSource.Division.self)
            case "test": source.test = try field.number(0.001...0.999)
            case "invert": source.isInverted = try field.flag()
            case "background": source.background = try field.choice(FolderSource.Background.self)
            case "skip-bad": source.skipsBad = try field.flag()
            case "rotate": rotation = try field.number(0...180)
            case "mean": mean = try field.number(0...1)
            case "std": std = try field.number(0.001...1000)
            default: throw field.unknown(Self.fields + DataPortion.fields)
            }
        }
    }

    init(_ source: FolderSource, rotation: Double, normalisation: Normalisation) {
        self.source = source
        self.rotation = rotation
        mean = normalisation.mean
        std = normalisation.std
    }

    /// The fields that are not as they are without a word, in a fixed order.
    var name: DataSetName {
        let usual = FolderSource(path: "")
        let list: [(String, String, Bool)] = [
            ("size", "\(source.size)", source.size != usual.size), ("color", source.color.rawValue, source.color != usual.color),
            ("resize", source.resize.rawValue, source.resize != usual.resize),
            ("split", source.split.rawValue, source.split != usual.split),
            ("test", "\(source.test)", source.test != usual.test), ("invert", "true", source.isInverted),
            ("background", source.background.rawValue, source.background != usual.background),
            ("skip-bad", "true", source.skipsBad),
            ("rotate", "\(rotation)", rotation != 0), ("mean", "\(mean)", mean != 0.5), ("std", "\(std)", std != 0.25),
        ]
        return DataSetName(
            base: Self.prefix + source.path, fields: list.filter(\.2).map { DataSetName.Field(name: $0.0, value: $0.1) })
    }

    var dataSet: DataSet {
        let name = name
        let folder = (source.path as NSString).lastPathComponent
        return DataSet(
            name, .folder(source), rotation == 0 ? .none : .rotation(degrees: rotation),
            normalisation: Normalisation(mean: mean, std: std), summary: "the images in \(source.path)",
            // Moving the folder changes no image.
            streamName: Self.prefix + folder + (name.fields.isEmpty ? "" : "?" + name.options))
    }
}
