public import ZooKit
public import ZooStore

/// Errors of entries in the columns of `results/results-*.csv` in timm (pytorch-image-models), for scripts that read those.
///
///     model,top1,top1_err,top5,top5_err,param_count,img_size,crop_pct,interpolation
///     stn-c0.seed-0,98.810,1.190,,,0.21,28,1.000,bilinear
///
/// A model is called by its entry and, as the tag of its weights, their seed. Accuracies are in percent, of transformed images where
/// there are any, parameters in millions. The best comes first. Top-5 accuracy is not measured, so these fields are empty. The whole
/// image is seen, and wherever the zoo resamples it does so bilinearly.
public struct TimmTable {
    public let table: DataTable

    private static let columns = ["model", "top1", "top1_err", "top5", "top5_err", "param_count", "img_size", "crop_pct", "interpolation"]

    /// - Parameters:
    ///   - results: of the error probe, on one data set.
    ///   - shape: of a data set's images; nil where it is not known.
    public init(of results: [StoredResult], shape: (String) -> ImageShape?) {
        var table = DataTable(Self.columns.map { .text($0, $0) })
        let rows = results.filter { $0.subject.trainedOn == $0.subject.dataset || $0.subject.origin == .own }
            .compactMap { result in (result["error.transformed"] ?? result["error.upright"]).map { (result, error: $0) } }
            .sorted { ($0.error, $0.0.subject.entry, $0.0.subject.seed) < ($1.error, $1.0.subject.entry, $1.0.subject.seed) }
        for (result, error) in rows {
            let side = shape(result.subject.dataset).map { "\(max($0.height, $0.width))" }
            let parameters = result["parameters"].map(Self.millions)
            table.append([
                .text("\(result.subject.entry).seed-\(result.subject.seed)"), .text(fixed(100 - 100 * error, 3)),
                .text(fixed(100 * error, 3)), .missing, .missing, parameters.map { .text($0) } ?? .missing,
                side.map { .text($0) } ?? .missing, .text("1.000"), .text("bilinear"),
            ])
        }
        self.table = table
    }

    /// The number with commas, as timm writes it.
    private static func millions(_ count: Double) -> String {
        let hundredths = Int((count / 10_000).rounded())
        return "\(withCommas(hundredths / 100)).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
