import ZooCore

/// Which class, and which split, each picture below a folder or in an archive belongs to.
///
/// 1. Folders that hold everything else, alone at their level, are passed through: what counts are the folders below.
/// 2. Where there are `train` and `test` (or `training`, `testing`; without either, `val`, `valid`, `validation`, `dev`) with class
///    folders in them, they are the split. `test` and `val` being both there, `val` is left out. The same within every class folder
///    (`cat/train`, `cat/test`) is a split, too.
/// 3. Otherwise every folder is a class.
///
/// Pictures deeper in a class folder are of that class. Class folders without pictures are left out, and so is what lies beside the class
/// folders; all of it is named, with its number. Classes and files are in the order of their names' bytes.
struct ClassLayout {
    struct Image {
        /// In the list of files given.
        let index: Int
        let label: Int
        let name: String
        let split: Split?
    }

    private(set) var classes: [String] = []
    private(set) var images: [Image] = []
    private(set) var warnings: [String] = []

    private let path: String
    private let files: [[ByteName]]
    private let folders: [[ByteName]]

    /// - Throws: `data` if there is no class, or too many.
    init(path: String, files: [[ByteName]], folders: [[ByteName]], leftOut: [FileTree.LeftOut]) throws {
        self.path = path
        self.files = files
        self.folders = folders
        let pictures = files.indices.filter { files[$0].last.map(Picture.isPicture) ?? false }
        var root = 0
        while let first = pictures.first, pictures.allSatisfy({ files[$0].count >= root + 3 && files[$0][root] == files[first][root] }) {
            root += 1
        }
        var placed = pictures.compactMap { place($0, root, splitAt: nil) }
        // Splits above the classes, or within each.
        for (split, name) in [(root, root + 1), (root + 1, root)] {
            let divided = pictures.compactMap { place($0, name, splitAt: split) }
            let found = Set(divided.compactMap(\.split))
            guard found.contains(.train), found.count > 1, split == root || divided.count == pictures.count else { continue }
            placed = divide(divided, hasTest: found.contains(.test))
            break
        }
        warnings += leftOut.isEmpty ? [] : [line("left out: " + Self.list(leftOut.map(\.text)))]
        sayOthers(pictures)
        try number(placed, levels: root)
        sayBeside(pictures, Set(images.map(\.index)))
        sayEmpty(placed, pictures, root)
        sayNested(placed)
    }

    // MARK: Finding

    private struct Placed {
        let index: Int
        let folder: ByteName
        /// Below the class folder, without a split's.
        let rest: ArraySlice<ByteName>
        let split: SplitName?
    }

    /// The picture as one of the class that its folder at that level names; nil if it lies beside the class folders, or in no split.
    private func place(_ index: Int, _ level: Int, splitAt: Int?) -> Placed? {
        let parts = files[index]
        guard let splitAt else {
            return parts.count > level + 1 ? Placed(index: index, folder: parts[level], rest: parts[(level + 1)...], split: nil) : nil
        }
        let deepest = max(level, splitAt)
        guard parts.count > deepest + 1, let split = SplitName(folder: parts[splitAt]) else { return nil }
        return Placed(index: index, folder: parts[level], rest: parts[(deepest + 1)...], split: split)
    }

    private mutating func divide(_ placed: [Placed], hasTest: Bool) -> [Placed] {
        let spare = placed.filter { $0.split == .validation }
        guard let first = spare.first else { return placed }
        let name = files[first.index].first { SplitName(folder: $0) == .validation }?.text ?? "val"
        if hasTest {
            warnings.append(line("\(name): \(Self.count(spare.count, "image")) left out: neither trained nor tested on"))
            return placed.filter { $0.split != .validation }
        }
        warnings.append(line("\(name): serves as the test split"))
        return placed
    }

    private mutating func number(_ placed: [Placed], levels: Int) throws {
        let names = Set(placed.map(\.folder)).sorted()
        guard !names.isEmpty else {
            let loose = files.count { $0.last.map(Picture.isPicture) ?? false }
            throw HostError(
                .data, file: path, field: "classes", expected: "a folder of pictures for each",
                found: loose == 0 ? "no picture" : "\(Self.count(loose, "picture")) in no folder")
        }
        guard names.count <= ImageSet.mostClasses else {
            throw HostError(
                .data, file: path, field: "classes", expected: "at most \(ImageSet.mostClasses)", found: "\(names.count)")
        }
        classes = names.map(\.text)
        let labels = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset) })
        let ordered = placed.sorted { a, b in
            if a.folder != b.folder { return a.folder < b.folder }
            return a.rest.elementsEqual(b.rest) ? a.index < b.index : a.rest.lexicographicallyPrecedes(b.rest)
        }
        images = ordered.map { image in
            Image(
                index: image.index, label: labels[image.folder] ?? 0, name: image.rest.map(\.text).joined(separator: "/"),
                split: image.split.map { $0 == .train ? .train : .test })
        }
        guard placed.contains(where: { $0.split != nil }) else { return }
        for (split, what) in [(Split.train, "training"), (.test, "test")] {
            let filled = Set(images.filter { $0.split == split }.map(\.label))
            let lacking = classes.indices.filter { !filled.contains($0) }.map { classes[$0] }
            if !lacking.isEmpty { warnings.append(line("classes without \(what) images: \(Self.list(lacking))")) }
        }
    }

    // MARK: Saying

    private func line(_ text: String) -> String { "\(path): \(text)" }

    private static func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }

    private static func list(_ names: [String]) -> String {
        names.prefix(8).joined(separator: ", ") + (names.count > 8 ? " and \(names.count - 8) more" : "")
    }

    /// "more: 100, old: 3".
    private static func tally(_ names: [String]) -> String {
        var counts: [String: Int] = [:]
        for name in names { counts[name, default: 0] += 1 }
        return list(counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })
    }

    private mutating func sayOthers(_ pictures: [Int]) {
        let others = files.count - pictures.count
        guard others > 0 else { return }
        let taken = Set(pictures)
        let endings = files.indices.filter { !taken.contains($0) }.map { index in
            let ending = files[index].last?.ending ?? ""
            return ending.isEmpty ? "no ending" : ".\(ending)"
        }
        warnings.append(line("\(Self.count(others, "file")) left out, no pictures by name (\(Self.tally(endings)))"))
    }

    private mutating func sayBeside(_ pictures: [Int], _ taken: Set<Int>) {
        let beside = pictures.filter { !taken.contains($0) && !files[$0].contains { SplitName(folder: $0) == .validation } }
        guard !beside.isEmpty else { return }
        let folders = beside.map { files[$0].count == 1 ? "no folder" : files[$0].dropLast().map(\.text).joined(separator: "/") }
        warnings.append(line("\(Self.count(beside.count, "picture")) beside the class folders left out (\(Self.tally(folders)))"))
    }

    private mutating func sayEmpty(_ placed: [Placed], _ pictures: [Int], _ root: Int) {
        let divided = placed.contains { $0.split != nil }
        let used = Set(placed.map(\.folder))
        let above = placed.first.map { files[$0.index].prefix(root) } ?? []
        let inside = folders.filter { $0.count > root && $0.prefix(root).elementsEqual(above) }
        let filled = Set(pictures.flatMap { picture in [root + 1, root + 2].map { Array(files[picture].dropLast().prefix($0)) } })
        let names = inside.filter { !filled.contains($0) }.compactMap { folder -> ByteName? in
            let level = divided && SplitName(folder: folder[root]) != nil ? root + 1 : root
            return folder.count == level + 1 ? folder[level] : nil
        }
        let empty = Set(names).subtracting(used).filter { !divided || SplitName(folder: $0) == nil }.sorted()
        guard !empty.isEmpty else { return }
        warnings.append(line("folders without pictures, no classes: \(Self.list(empty.map(\.text)))"))
    }

    private mutating func sayNested(_ placed: [Placed]) {
        let nested = placed.filter { $0.rest.count > 1 }
        guard !nested.isEmpty else { return }
        let folders = nested.map { image in ([image.folder] + image.rest.dropLast()).map(\.text).joined(separator: "/") }
        warnings.append(
            line("\(Self.count(nested.count, "picture")) in folders within class folders, of their class (\(Self.tally(folders)))"))
    }
}
