import ZooCore

/// How the images of a source are divided, and how many of them are taken.
///
/// From the source's own splits, or from both of them together (`pooled`), the test split is replaced by validation images of the training
/// split (`validation`), the training split is cut (`train`), and then both are (`limit`). All parts are chosen by `ImageSet.spread`.
public struct SplitRule: Sendable, Hashable {
    /// Other splits than the source's own. The images of both, training images first, in the order of their files, are numbered from 0 to
    /// N - 1. `RandomStream(seed: seed, "pooled").permutation(N)` puts the numbers in an order, of which the first `train` are the
    /// training images and the next `test` the test images, each split in ascending order.
    public struct Pool: Sendable, Hashable {
        public let train, test: Int
        public let seed: UInt64
    }

    public internal(set) var pool: Pool?
    /// The test images are this number of images of the training split, and the training images the rest of it.
    public internal(set) var validation: Int?
    /// At most this number of training images.
    public internal(set) var train: Int?
    /// At most this number of images of each split.
    public internal(set) var limit: Int?

    /// In the order of canonical names.
    static let settings = ["validation", "train", "limit"].map { SettingName($0) }
    static let manifestSettings = [SettingName("pooled")]

    /// Takes over the settings that are there.
    ///
    /// - Throws: `HostError` naming the setting that is wrong.
    mutating func apply(_ settings: DataSettings) throws {
        func count(_ name: String) throws -> Int? { try settings[name]?.integer(1...1_000_000_000, "images") }
        validation = try count("validation") ?? validation
        train = try count("train") ?? train
        limit = try count("limit") ?? limit
        if case .json(let place)? = settings["pooled"] {
            let fields = try place.object(["train", "test", "seed"], required: ["train", "test"])
            pool = Pool(
                train: try fields["train"]?.int(in: 1...1_000_000_000) ?? 1, test: try fields["test"]?.int(in: 1...1_000_000_000) ?? 1,
                seed: UInt64(try fields["seed"]?.int(in: 0...Int.max) ?? 0))
        }
    }

    /// What a name has to say to make this rule of another, by field.
    func fields(beyond base: SplitRule) -> [String: String] {
        let pairs = [("validation", validation, base.validation), ("train", train, base.train), ("limit", limit, base.limit)]
        return pairs.reduce(into: [:]) { fields, pair in if pair.1 != pair.2 { fields[pair.0] = pair.1.map { "\($0)" } } }
    }

    /// How images are divided, in words, for people; "" where that is as the source has it.
    public var summary: String {
        var parts: [String] = []
        if let pool {
            parts.append("\(pool.train) training and \(pool.test) test images of both splits together, chosen by seed \(pool.seed)")
        }
        if let validation { parts.append("\(validation) training images in place of the test images") }
        if let train { parts.append("\(train) training images") }
        if let limit { parts.append("\(limit) images of each split") }
        return parts.joined(separator: ", ")
    }

    /// The splits of the source that a split's images are taken from.
    func sources(of split: Split) -> [Split] { pool != nil ? [.train, .test] : validation != nil ? [.train] : [split] }

    /// The images of one split, all of them, before any is taken out of it.
    ///
    /// - Parameter read: reads one of the source's own splits.
    func whole(_ split: Split, read: (Split) throws -> ImageSet) throws -> ImageSet {
        guard let pool else { return try read(split) }
        let all = try read(.train).joined(with: read(.test))
        guard pool.train + pool.test <= all.count else {
            throw HostError(
                .data, file: all.name, field: "pooled split", expected: "\(pool.train) and \(pool.test) images of one data set",
                found: "\(all.count) images in both splits together")
        }
        let order = RandomStream(seed: pool.seed, "pooled").permutation(all.count)
        let chosen = split == .train ? order[..<pool.train] : order[pool.train..<(pool.train + pool.test)]
        return try all.part(chosen.sorted(), isWhole: true)
    }

    /// What a split has of the training images, where its test images are some of these.
    func divide(_ images: ImageSet, _ split: Split, _ count: Int) throws -> ImageSet {
        guard count < images.count else {
            throw HostError(
                .data, file: images.name, field: "validation",
                expected: "fewer images than the training split has, which are \(images.count)",
                found: "\(count)")
        }
        let chosen = images.spreadIndices(count)
        guard split == .train else { return try images.part(chosen) }
        let held = Set(chosen)
        return try images.part((0..<images.count).filter { !held.contains($0) })
    }
}
