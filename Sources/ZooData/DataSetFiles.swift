extension DataSet {
    // MARK: Images

    /// The images as recorded, upright: what is done to them is in `theta`.
    ///
    /// - Parameter directory: where data are kept (the environment's `ZOO_DATA` if nil); drawn digits need none.
    /// - Throws: `HostError`.
    public func load(_ split: Split, from directory: String? = nil) throws -> ImageSet {
        var images = try read(split, from: directory)
        // Results are read on other machines, so what lies in the data directory is named as it is there.
        if let root = DataDirectory.choice(directory).path { images.warnings = images.warnings.map { $0.replacing("\(root)/", with: "") } }
        return images
    }

    private func read(_ split: Split, from directory: String?) throws -> ImageSet {
        let rule = splitRule
        let isOwnSplit = rule.pool == nil && rule.validation == nil
        let count = split == .train ? rule.train : nil
        if isOwnSplit, let first = count ?? rule.limit, clutter == nil || split == .test {
            var images = try source.spread(split, first, name: name, in: directory)
            if count != nil, let limit = rule.limit { images = try images.spread(limit) }
            if clutter != nil { images.clutterPool = try ClutterPool(source.clutterImages(name: name, in: directory)) }
            return images
        }
        func whole(_ split: Split) throws -> ImageSet {
            try rule.whole(split) { try source.imageSet($0, name: name, in: directory) }
        }
        var images = try whole(rule.validation == nil ? split : .train)
        // Cut from the same images in both splits, however many of them are taken.
        if clutter != nil {
            images.clutterPool =
                if split == .train || rule.validation != nil {
                    ClutterPool(images)
                } else if rule.pool != nil {
                    try ClutterPool(whole(.train))
                } else {
                    try ClutterPool(source.clutterImages(name: name, in: directory))
                }
        }
        if let validation = rule.validation { images = try rule.divide(images, split, validation) }
        if let count { images = try images.spread(count) }
        return try rule.limit.map(images.spread) ?? images
    }

    /// What there is of it, in one line. Image files are counted, not decoded.
    ///
    /// - Throws: `HostError` if it is not there or not what it should be.
    public func survey(in directory: String? = nil) throws -> String { try source.survey(name: name, in: directory) }

    /// How to come by it where it is missing; nil if it needs no files.
    public var advice: String? { source.advice }

    /// The files that the images come from, in the order of their paths, which are texts as `ByteName` writes them; none where the program
    /// draws them. Clutter is cut from training images, so a cluttered set has those in either case; validation images are training
    /// images, and a pooled split takes of both. Of class folders these are the pictures of all splits, since a split goes by all names.
    ///
    /// What is damaged is for `load` to complain of, if only something is there.
    ///
    /// - Throws: `HostError` if there is nothing at all.
    public func files(_ splits: [Split], in directory: String? = nil) throws -> [String] {
        let taken = splits.flatMap(splitRule.sources)
        let all = Set(clutter == nil ? taken : taken + splitRule.sources(of: .train)).sorted { $0.rawValue < $1.rawValue }
        return try source.files(all, in: directory)
    }

    /// Whether the images of all splits are where they are looked for.
    public func isHere(in directory: String?) -> Bool { (try? files(Split.allCases, in: directory)) != nil }
}
