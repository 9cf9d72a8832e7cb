import ZooHost

/// Which of a data set's recorded images are taken: fields that every data set's name takes.
///
/// An image is posed as in the whole split that it was recorded in.
public struct DataPortion: Sendable, Hashable {
    /// This number of training images, chosen by `ImageSet.spread`, are the test images, and the other training images the training
    /// images: recipes are chosen on these, since test images must not choose. Nil: the test images are those recorded as such.
    public var validation: Int?
    /// At most this number of training images, chosen by `ImageSet.spread`; nil for all.
    public var train: Int?
    /// At most this number of images of each split, chosen by `ImageSet.spread` last; nil for all.
    public var limit: Int?

    public init() {}

    static let fields = ["validation", "train", "limit"]
    private static let most = 1_000_000_000

    /// - Throws: `usage` for a value that is no number of images.
    init(taking name: inout DataSetName, from text: String) throws {
        func take(_ field: String) throws -> Int? {
            try name.take(field).map { try DataSetField(file: text, name: field, value: $0).integer(1...Self.most, "images") }
        }
        (validation, train, limit) = (try take("validation"), try take("train"), try take("limit"))
    }

    var fields: [DataSetName.Field] {
        zip(Self.fields, [validation, train, limit]).compactMap { name, value in value.map { .init(name: name, value: "\($0)") } }
    }

    /// Whether `limit` is all there is.
    var isLimit: Bool { validation == nil && train == nil }

    /// The split that the images of a split were recorded in.
    func recorded(_ split: Split) -> Split { validation == nil ? split : .train }

    /// The images of a split, of all that were recorded with them.
    ///
    /// - Throws: `data` if validation leaves no training image.
    func take(_ split: Split, of whole: ImageSet) throws -> ImageSet {
        var images = whole
        if let validation {
            guard validation < whole.count else {
                throw HostError(
                    .data, file: whole.name, field: "validation", expected: "fewer than its \(whole.count) training images",
                    found: "\(validation)")
            }
            let chosen = whole.spreadIndices(validation)
            let isChosen = Set(chosen)
            images = try whole.part(split == .test ? chosen : (0..<whole.count).filter { !isChosen.contains($0) })
        }
        if split == .train, let train { images = try images.spread(train) }
        return try limit.map(images.spread) ?? images
    }
}
