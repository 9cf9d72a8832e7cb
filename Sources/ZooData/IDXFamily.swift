import ZooCore

/// A published set in MNIST's file format: what its files are called, where people have them, and what its labels mean.
///
/// Looked for in the data directory and in folders of the set's name in it, and there also in `raw` and `gzip`, as torchvision and the
/// publishers leave them, with or without `.gz`; `train-images.idx3-ubyte` does for `train-images-idx3-ubyte`, and so does a folder of
/// the file's name with the file in it, as Kaggle leaves them.
struct IDXFamily: Sendable, Hashable {
    let name: String
    /// What people call it.
    let title: String
    /// What all files' names begin with.
    var prefix = ""
    /// Names of its folder.
    let folders: [String]
    /// Whether its files are looked for in the data directory itself, too: not where they are called as MNIST's are.
    var isFoundByItself = true
    var classes = digitClasses
    /// The label of the first class.
    var firstLabel = 0
    let normalisation: Normalisation

    static let mnist = IDXFamily(
        name: "mnist", title: "MNIST", folders: ["mnist", "MNIST"], normalisation: MNIST.normalisation)
    /// The usual figures, measured over the training images by their users.
    static let fashion = IDXFamily(
        name: "fashion-mnist", title: "Fashion-MNIST", folders: ["fashion-mnist", "FashionMNIST", "fashion_mnist", "fashionmnist"],
        isFoundByItself: false,
        classes: ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"],
        normalisation: Normalisation(mean: 0.2860, std: 0.3530))
    static let kmnist = IDXFamily(
        name: "kmnist", title: "Kuzushiji-MNIST", folders: ["kmnist", "KMNIST"], isFoundByItself: false,
        classes: ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"], normalisation: Normalisation(mean: 0.1918, std: 0.3483))
    static let qmnist = IDXFamily(
        name: "qmnist", title: "QMNIST", prefix: "qmnist-", folders: ["qmnist", "QMNIST"], normalisation: MNIST.normalisation)

    private static let capitals = (0..<26).map { String(UnicodeScalar(UInt8(ascii: "A") + $0)) }
    private static let smalls = capitals.map { $0.lowercased() }
    /// Small letters that look like their capitals are one class with them.
    private static let merged = digitClasses + capitals + "abdefghnqrt".map(String.init)

    static let emnist = [
        emnist("balanced", merged), emnist("byclass", digitClasses + capitals + smalls), emnist("bymerge", merged),
        emnist("letters", capitals, from: 1), emnist("digits", digitClasses), emnist("mnist", digitClasses),
    ]

    private static func emnist(_ part: String, _ classes: [String], from first: Int = 0) -> IDXFamily {
        IDXFamily(
            name: "emnist-\(part)", title: "EMNIST \(part), stored transposed", prefix: "emnist-\(part)-", folders: ["emnist", "EMNIST"],
            classes: classes, firstLabel: first, normalisation: Normalisation(mean: 0.1736, std: 0.3317))
    }

    /// The folders that its files may lie in, the likelier first.
    private func places(in directory: String) -> [String] {
        let itself = directory.split(separator: "/").contains { part in
            folders.contains { $0.lowercased() == part.lowercased() }
        }
        let own = folders.map { "\(directory)/\($0)" }
        let deep = own.flatMap { folder in folders.map { "\(folder)/\($0)" } }
        return ((isFoundByItself || itself ? [directory] : []) + own + deep).flatMap { [$0, $0 + "/raw", $0 + "/gzip", $0 + "/raw/gzip"] }
    }

    /// - Throws: `noInput` if there is none.
    func find(_ split: Split, _ what: IDXFamily.Part, in directory: String) throws -> (path: String, kind: IDX.Kind) {
        let stems = split == .train ? ["train"] : prefix.isEmpty ? ["t10k", "test"] : ["test", "t10k"]
        let kinds: [IDX.Kind] = what == .images ? [.images] : [.labels, .extendedLabels]
        let names = kinds.flatMap { kind in
            stems.flatMap { stem in
                ["-", "."].map { (kind, "\(prefix)\(stem)-\(what.rawValue)\($0)idx\(kind.rank)-\(kind.type == 8 ? "ubyte" : "int")") }
            }
        }
        for place in places(in: directory) where DataFile.isDirectory(place) {
            for (kind, name) in names {
                for path in ["\(place)/\(name)", "\(place)/\(name).gz"] {
                    guard let found = DataFile.kind(of: path) else { continue }
                    guard found == .folder else { return (path, kind) }
                    let inside = try FileTree(path, depth: 0).files.map { $0.map(\.text).joined() }
                    let wanted = names.flatMap { [$0.1, $0.1 + ".gz"] }
                    if let file = inside.first(where: wanted.contains) ?? (inside.count == 1 ? inside.first : nil) {
                        return ("\(path)/\(file)", kind)
                    }
                }
            }
        }
        throw HostError(
            .noInput, file: directory, field: "\(split.rawValue) \(what.rawValue)",
            expected: "\(names.first?.1 ?? "")[.gz] "
                + (isFoundByItself ? "there or in \(folders.joined(separator: "/ or "))/" : "in \(folders.joined(separator: "/ or "))/"),
            found: "no such file")
    }

    enum Part: String, CaseIterable { case images, labels }

    var contents: String { "\(title)'s four IDX files" }
}
