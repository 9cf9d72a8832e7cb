package import ZooCore

/// A data set as a manifest describes it, not yet read: what sources, protocols and splits there are is known where images are read.
public struct DataSetSpecification: Sendable {
    public let id: String
    /// The path of the manifest.
    public let file: String
    /// The folder that relative paths start from.
    package let folder: String
    /// The whole description.
    package let place: JSONPlace

    init(_ place: JSONPlace, file: String, folder: String) throws(HostError) {
        guard let value = try place.members()["id"] else { throw place.error("the field 'id' is missing") }
        id = try place.child("id", value).identifier()
        self.file = file
        self.folder = folder
        self.place = place
    }
}
