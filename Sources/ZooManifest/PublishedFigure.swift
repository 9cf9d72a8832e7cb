import ZooCore

/// A figure from a publication, to be set beside the measured one.
public struct PublishedFigure: Sendable, Equatable, Codable {
    public let dataset: String
    /// What was measured: "error", as a fraction.
    public let metric: String
    public let value: Double
    /// The standard deviation that stands beside it, in the same unit; nil where none does.
    public let spread: Double?
    /// Paper and table.
    public let source: String
    /// Where the publication's protocol differs from the zoo's; "" where it does not.
    public let note: String
}

extension PublishedFigure {
    init(_ place: JSONPlace) throws(HostError) {
        let names = ["dataset", "metric", "value", "source"]
        let fields = try place.object(names + ["spread", "note"], required: names)
        dataset = try fields["dataset"]?.string() ?? ""
        metric = try fields["metric"]?.string() ?? ""
        value = try fields["value"]?.double(in: metric == "error" ? 0...1 : -1e12...1e12) ?? 0
        spread = try fields["spread"]?.double(in: 0...1e12)
        source = try fields["source"]?.string() ?? ""
        note = try fields["note"]?.string() ?? ""
    }
}
