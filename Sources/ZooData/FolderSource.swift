import Foundation
import ZooCore
package import ZooKit

/// Pictures in one folder per class, in a directory or in an archive of it, brought to one size.
package struct FolderSource: ImageSource {
    package enum Color: String, Sendable, Hashable, CaseIterable { case grey, rgb }

    /// How an image of any shape becomes a square.
    package enum Resize: String, Sendable, Hashable, CaseIterable {
        /// Scaled until it fits, the rest black.
        case pad
        /// Scaled along each axis on its own.
        case stretch
        /// The largest square in its middle, scaled.
        case crop
    }

    package enum Background: String, Sendable, Hashable, CaseIterable {
        case white, black

        var level: UInt8 { self == .white ? 255 : 0 }
    }

    package enum Division: String, Sendable, Hashable, CaseIterable {
        /// By a hash of the file's name, the same share of every class: a pure function of the names. Every class of two
        /// images or more has some in both splits.
        case names
        /// The last files in the order of their names, whatever their class: for sets whose neighbours are alike.
        case order
    }

    package static let kind = "folder"
    package static let settings = ["size", "color", "resize", "split", "test", "invert", "background", "skip-bad"].map { SettingName($0) }
    package static let manifestSettings = DataPlace.settings
    /// About what photographs have.
    package static let normalisation = Normalisation(mean: 0.5, std: 0.25)
    package static let hasStreamsByFields = true

    private let place: DataPlace
    /// Side of the square in pixels.
    private var size = 64
    private var color = Color.grey
    private var resize = Resize.pad
    private var split = Division.names
    /// The share of test images.
    private var test = 0.2
    /// Whether black and white are exchanged, for images on white: what lies outside an image is black.
    private var isInverted = false
    /// What transparent parts of a picture show.
    private var background = Background.white
    /// Whether files that are no whole pictures are left out, with a warning, instead of refused.
    private var skipsBad = false

    package init(_ settings: DataSettings) throws {
        place = try DataPlace(settings)
        try apply(settings)
    }

    package init?(path: String) { place = DataPlace(path) }

    package mutating func apply(_ settings: DataSettings) throws {
        size = try settings["size"]?.integer(1...1024, "pixels") ?? size
        color = try settings["color"]?.choice(Color.self) ?? color
        resize = try settings["resize"]?.choice(Resize.self) ?? resize
        split = try settings["split"]?.choice(Division.self) ?? split
        test = try settings["test"]?.number(0.001...0.999) ?? test
        isInverted = try settings["invert"]?.flag() ?? isInverted
        background = try settings["background"]?.choice(Background.self) ?? background
        skipsBad = try settings["skip-bad"]?.flag() ?? skipsBad
    }

    package var values: [String: String] {
        [
            "size": "\(size)", "color": color.rawValue, "resize": resize.rawValue, "split": split.rawValue, "test": "\(test)",
            "invert": "\(isInverted)", "background": background.rawValue, "skip-bad": "\(skipsBad)",
        ]
    }

    package var shape: ImageShape { ImageShape(channels, size, size) }

    private var channels: Int { color == .grey ? 1 : 3 }

    /// Reads, decodes and resizes one split, on all cores.
    ///
    /// - Throws: `HostError` if there is no image, or naming the files of both splits that are no whole pictures.
    package func imageSet(_ split: Split, name: String, in directory: String?) throws -> ImageSet {
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

    private func open(in directory: String?) throws -> ClassFolders { try ClassFolders(path: path(in: directory)) }

    /// Where the folder or archive is.
    private func path(in directory: String?) throws -> String {
        try place.resolved(in: directory, for: place.path, holding: place.path)
    }

    /// The pictures of all splits, since a split goes by all names.
    package func files(_ splits: [Split], in directory: String?) throws -> [String] { try ClassFolders.paths(path(in: directory)) }

    package func survey(name: String, in directory: String?) throws -> String {
        let found = try open(in: directory)
        return (["\(found.files.count) images in \(found.classes.count) classes"] + found.warnings).joined(separator: ", ")
    }

    package var advice: String? {
        place.isInDataDirectory ? "put \(place.path) \(DataDirectory.advice)" : "put one folder of images per class into \(place.path)"
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
