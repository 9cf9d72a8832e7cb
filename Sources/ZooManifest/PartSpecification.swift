public import ZooCore

/// A component with its settings, as an entry names it.
public struct PartSpecification: Sendable, Equatable {
    public let id: String
    /// Settings as written; checked against the component's options when the part is resolved.
    public let config: [String: JSON]
    /// Where it stands, for complaints: "zoo.json: $.entries[0].parts.extractor".
    package let place: Place

    /// `folder`: what its paths are relative to.
    package struct Place: Sendable, Equatable {
        package let file, path, folder: String

        package init(file: String, path: String, folder: String) {
            self.file = file
            self.path = path
            self.folder = folder
        }
    }
}

extension PartSpecification {
    /// Either the component's id, or an object of id and config.
    init(_ place: JSONPlace, folder: String) throws(HostError) {
        self.place = Place(file: place.file, path: place.path, folder: folder)
        if case .string = place.value {
            id = try place.identifier()
            config = [:]
            return
        }
        guard case .object = place.value else {
            throw place.error("expected a component's id or an object with 'id' and 'config', found \(place.value.kind)")
        }
        let fields = try place.object(["id", "config"], required: ["id"])
        guard let idPlace = fields["id"] else { throw place.error("incomplete") }
        id = try idPlace.identifier()
        config = try fields["config"]?.members() ?? [:]
    }
}
