/// How much of another store a merge takes.
public enum MergeExtent: Sendable {
    case whole
    /// What a store needs that is published: the current results with all figures and the answers per image, on which comparisons rest,
    /// but without losses per image, and with poses per image of seed 0 only, in single precision.
    case compact

    /// The table whose columns `compact` leaves out of most results and rounds in the others, as nothing but a scatter plot shows them.
    static let poses = "pose.points"

    /// The rows of `result` that are taken.
    var source: String {
        switch self {
        case .whole: "result"
        case .compact: "current"
        }
    }

    /// A condition on the rows of `series`, called `s`, of a result in `incoming`, called `i`.
    var series: String {
        switch self {
        case .whole: "1"
        case .compact:
            """
            (s."table" IS NOT NULL OR s.name NOT LIKE '%.loss') AND (i.seed = 0 OR s."table" IS NOT '\(Self.poses)')
            """
        }
    }

    /// A condition on the rows of `series`, called `s`, whose numbers are rounded to single precision.
    var rounded: String {
        switch self {
        case .whole: "0"
        case .compact: "s.type = 'f64' AND s.\"table\" IS '\(Self.poses)'"
        }
    }
}
