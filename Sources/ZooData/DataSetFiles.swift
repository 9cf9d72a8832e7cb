import ZooHost

extension DataSet {
    /// The files that the images come from, in the order of their paths, which are texts as `ByteName` writes them; none where the program
    /// draws them. Clutter is cut from training images, so a cluttered set has those in either case. Of class folders these are
    /// the pictures of all splits, since a split goes by all names.
    ///
    /// What is damaged is for `load` to complain of, if only something is there.
    ///
    /// - Throws: `HostError` if there is nothing at all.
    public func files(_ splits: [Split], in directory: String? = nil) throws -> [String] {
        let all = Set(splits.map(portion.recorded) + (clutter == nil ? [] : [.train])).sorted { $0.rawValue < $1.rawValue }
        switch source {
        case .strokes: return []
        case .idx(let files): return try files.files(all, in: directory).sorted(by: DataFile.byBytes)
        case .folder(let folder): return try ClassFolders.paths(folder.place(in: directory))
        case .houseNumbers: return try all.flatMap { try HouseNumbers.files($0, in: directory) }
        }
    }
}
