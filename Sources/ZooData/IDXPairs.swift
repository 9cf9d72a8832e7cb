import ZooCore

/// Images and labels in IDX files, found in a folder by what they hold.
struct IDXPairs {
    private struct Pair {
        let images, labels: String
        let imageKind, labelKind: IDX.Kind
    }

    private let path: String
    /// The key is nil for a pair whose names tell no split.
    private var pairs: [SplitName?: Pair] = [:]
    private var warnings: [String] = []

    private struct Candidate {
        let path: String
        let kind: IDX.Kind
        let split: SplitName?
        /// What its name begins with, up to the word that tells the split.
        let stem: String
    }

    /// - Throws: `HostError` if there is no pair, or more than one for a split.
    init(_ path: String) throws {
        self.path = path
        var (folder, prefix) = (path, "")
        if !DataFile.isDirectory(path), let slash = path.lastIndex(of: "/") {
            (folder, prefix) = (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
        } else if !DataFile.isDirectory(path) {
            (folder, prefix) = (".", path)
        }
        guard DataFile.isDirectory(folder), !DataFile.isFile(path) else {
            throw HostError(
                .noInput, file: path, field: "folder", expected: "a folder with IDX files of images and labels",
                found: DataFile.isFile(path) ? "a file" : "nothing of that name")
        }
        let tree = try FileTree(folder, depth: 3)
        warnings = tree.leftOut.map { "\(path): \($0.text): left out" }
        let candidates = Self.candidates(in: folder, tree).filter { candidate in
            candidate.path.split(separator: "/").last?.hasPrefix(prefix) ?? false
        }
        let named = Set(candidates.map(\.split)).subtracting([nil])
        // Files whose names tell no split count only where no others do.
        for split in named.isEmpty ? [nil] : named {
            let own = candidates.filter { $0.split == split }
            let images = own.filter(\.kind.isImages)
            let labels = own.filter { !$0.kind.isImages }
            guard images.count <= 1, labels.count <= 1 else {
                let stems = Set((images.count > 1 ? images : labels).map(\.stem)).filter { !$0.isEmpty }.sorted()
                throw HostError(
                    .data, file: path, field: "\(split?.rawValue ?? "IDX") files",
                    expected: "one of images and one of labels"
                        + (stems.count > 1 ? ": name one of several sets as idx:\(folder)/\(stems[0])" : ""),
                    found: (images.count > 1 ? images : labels).map(\.path).joined(separator: ", "))
            }
            guard let image = images.first, let label = labels.first else {
                guard let there = images.first ?? labels.first else { continue }
                throw HostError(
                    .data, file: there.path, field: "pair", expected: "a file of \(images.isEmpty ? "images" : "labels") beside it",
                    found: "none")
            }
            pairs[split] = Pair(images: image.path, labels: label.path, imageKind: image.kind, labelKind: label.kind)
        }
        guard !pairs.isEmpty else {
            throw HostError(
                .noInput, file: path, field: "IDX files", expected: "one of images and one of labels, plain or gzipped", found: "none")
        }
    }

    /// Those that hold images or labels; of a file that is there plain and gzipped, or in a folder of its name and beside it, one.
    private static func candidates(in folder: String, _ tree: FileTree) -> [Candidate] {
        var seen: Set<String> = []
        let shallowFirst = tree.files.sorted { $0.count == $1.count ? $0.lexicographicallyPrecedes($1) : $0.count < $1.count }
        return shallowFirst.compactMap { parts in
            let place = ([folder == "/" ? "" : folder] + parts.map(\.text)).joined(separator: "/")
            guard let kind = IDX.kind(of: place), kind.isImages || kind.isLabels else { return nil }
            var name = parts.last?.text.lowercased() ?? ""
            if name.hasSuffix(".gz") { name = String(name.dropLast(3)) }
            name = name.replacing(".", with: "-")
            let found = SplitName.inside(name)
            let split = found?.split ?? parts.dropLast().reversed().lazy.compactMap { SplitName(folder: $0) }.first
            guard seen.insert("\(split?.rawValue ?? "") \(name)").inserted else { return nil }
            return Candidate(path: place, kind: kind, split: split, stem: found.map { String(name[..<$0.place]) } ?? "")
        }
    }

    private var all: [Pair] { pairs.sorted { ($0.key?.rawValue ?? "") < ($1.key?.rawValue ?? "") }.map(\.value) }

    var files: [String] { all.flatMap { [$0.images, $0.labels] }.sorted(by: DataFile.byBytes) }

    func imageSet(_ split: Split, name: String, isTransposed: Bool) throws -> ImageSet {
        // The labels of both splits, so that a class has the same number in either.
        var warnings = warnings
        var used: [Split: Pair] = [:]
        used[.train] = pairs[.train]
        used[.test] = pairs[.test] ?? pairs[.validation]
        if pairs[.test] != nil, let spare = pairs[.validation] { warnings.append("\(spare.images): validation images, left out") }
        if pairs[.test] == nil, let spare = pairs[.validation] {
            warnings.append("\(spare.images): validation images serve as test images")
        }
        let single = used.count == 2 ? nil : all.first
        let read = try (single.map { [$0] } ?? Split.allCases.compactMap { used[$0] }).map { try IDX.read($0.labels, $0.labelKind) }
        let values = Set(read.flatMap(\.labels)).sorted()
        guard values.count <= ImageSet.mostClasses else {
            throw HostError(
                .data, file: read[0].path, field: "labels", expected: "at most \(ImageSet.mostClasses) classes", found: "\(values.count)")
        }
        let numbers = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($0.element, $0.offset) })
        guard let pair = single ?? used[split], let labels = read.first(where: { $0.path == pair.labels }) else {
            throw HostError(.data, file: path, field: "\(split.rawValue) images", expected: "IDX files of them", found: "none")
        }
        let images = try IDX.read(pair.images, pair.imageKind)
        let set = try IDXSource.imageSet(
            images, labels, labels.labels.map { numbers[$0] ?? 0 }, name: name, classes: values.map(String.init),
            isTransposed: isTransposed, verified: false, warnings: warnings)
        guard single != nil else { return set }
        let held = Set(set.spreadIndices(max(1, set.count / 5)))
        let chosen = (0..<set.count).filter { held.contains($0) == (split == .test) }
        guard !chosen.isEmpty else {
            throw HostError(.data, file: pair.images, field: "count", expected: "2 images or more to divide", found: "\(set.count)")
        }
        return try set.part(
            chosen, isWhole: true, warning: "\(path): a single pair of files: a fifth of the images is held out for testing")
    }
}

/// What a split is called in names of files and folders.
enum SplitName: String, Sendable, Hashable {
    case train, test, validation

    private static let words: [(String, SplitName)] = [
        ("training", .train), ("train", .train), ("testing", .test), ("test", .test), ("t10k", .test), ("validation", .validation),
        ("valid", .validation), ("val", .validation), ("dev", .validation),
    ]

    /// The split that a folder of exactly this name holds, upper or lower case.
    init?(folder: ByteName) {
        let name = folder.text.lowercased()
        guard let found = Self.words.first(where: { $0.0 == name && name != "t10k" }) else { return nil }
        self = found.1
    }

    /// The first word of a file's lowered name that tells the split, and where it begins.
    static func inside(_ name: String) -> (split: SplitName, place: String.Index)? {
        var start = name.startIndex
        while start < name.endIndex {
            let end = name[start...].firstIndex { !$0.isLetter && !$0.isNumber } ?? name.endIndex
            let word = String(name[start..<end])
            if let found = words.first(where: { word.hasPrefix($0.0) && ($0.0.count > 3 || word == $0.0) }) { return (found.1, start) }
            start = end < name.endIndex ? name.index(after: end) : end
        }
        return nil
    }
}
