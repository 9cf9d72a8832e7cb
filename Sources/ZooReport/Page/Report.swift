public import Foundation
public import ZooJobs
import ZooManifest
public import ZooStatistics
public import ZooStore

/// What is stored about entries, ready to be shown: the model behind `zoo report`, whatever it is rendered as.
///
///     let report = try ReportReader(stores, manifest: manifest).report(of: entries)
///     report.boards[0].rows[0].mean        // the error of the best entry on the first data set
///
/// Every value is a stored one or computed from stored ones; nothing is measured. It is Encodable, so that a program that serves pages can
/// hand out the same model as JSON.
public struct Report: Encodable, Sendable {
    /// When it was made.
    public let date: Date
    public let zoo: String
    /// The stores that it was read from, and how many results they hold.
    public let stores: [String]
    public let results: Int
    /// Confidence of every interval; tests are at its complement.
    public let level: Double
    public internal(set) var studies: [Study] = []
    public internal(set) var boards: [Board] = []
    public internal(set) var learning: [Learning] = []
    public internal(set) var theorems: [Theorem] = []
    public internal(set) var entries: [EntryCard] = []
    /// What could not be read or set beside the rest, a sentence each.
    public internal(set) var notes: [String] = []

    /// A mean over seeds and its interval, which a single seed has not.
    public struct Estimate: Encodable, Sendable, Equatable {
        public let mean: Double
        public let low, high: Double?
        public let seeds: Int

        /// nil without values, or where one is not finite.
        init?(_ values: [Double], level: Double, within range: ClosedRange<Double>? = nil) {
            guard let found = MeanEstimate(values, level: level) else { return nil }
            let interval = range.flatMap { found.interval?.clipped(to: $0) } ?? found.interval
            (mean, seeds, low, high) = (found.mean, found.count, interval?.low, interval?.high)
        }
    }
}

extension Report {
    /// A study at one budget, with the verdicts on its claims.
    public struct Study: Encodable, Sendable {
        public let id, title, source, budget: String
        public let fixed, differences: [String]
        /// By name of the column, as `StudyTables.results` has them.
        public let results: DataTable
        public let claims: [Claim]
        /// Trainings that are not stored, a sentence each.
        public let missing: [String]
    }

    /// A claim with what it is about.
    public struct Claim: Encodable, Sendable {
        public let result: ClaimResult
        /// "stn-c1 − stn-c0"
        public let terms: String
        /// Whether the figure is a share, which people read in percent.
        public let isShare: Bool
        public let expectation: String
    }
}

extension Report {
    /// What was measured on one data set with networks that were trained on one data set, best entry first.
    public struct Board: Encodable, Sendable {
        public let dataset, trainedOn: String
        public let origin: ResultSubject.Origin
        public let pose: StoredEntries.ImagePose
        /// What it is ranked by: "error.transformed".
        public let figure: String
        public let images: Int
        public let rows: [Row]
        /// p-values of every pair of rows, corrected for their number; nil where entries cannot be paired.
        public let significance: PairTable?
        /// Why there are none.
        public let remark: String?
        public internal(set) var curves: [Curve] = []
        public internal(set) var poses: [PosePlot] = []
        public internal(set) var confusions: [Confusion] = []
        public let leftOut: [StoredEntries.LeftOut]
        /// Probes that none of its entries has results of, with the command that measures them.
        public internal(set) var unmeasured: [Unmeasured] = []
    }

    public struct Row: Encodable, Sendable {
        public let ranked: Ranking.Row
        /// The error on the images as recorded, where the data set transforms them.
        public let upright: Double?
        /// The published figure of the same data set.
        public let published: PublishedComparison?
        public let warnings: [String]

        public var entry: String { ranked.entry }
        public var seeds: [UInt64] { ranked.seeds }
        public var mean: Double { ranked.mean }
        public var interval: Interval? { ranked.interval }
        public var costs: [String: Double] { ranked.costs }
        public var front: [String] { ranked.front }
    }

    /// What is not stored of a board.
    public struct Unmeasured: Encodable, Sendable, Equatable {
        public let probe, command: String
    }

    /// Accuracy against one kind of transformation.
    public struct Curve: Encodable, Sendable {
        public struct Point: Encodable, Sendable {
            public let value: Double
            public let accuracy: Estimate
        }

        public struct Series: Encodable, Sendable {
            public let entry: String
            public let points: [Point]
        }

        /// "rotation"
        public let transformation: String
        public let unit: String
        /// Test images that each point is of.
        public let images: Int
        public let series: [Series]
    }

    /// Predicted against applied pose.
    public struct PosePlot: Encodable, Sendable {
        public struct Panel: Encodable, Sendable {
            public let entry: String
            /// The seed that the points and the line are of.
            public let seed: UInt64
            public let applied, predicted: [Double]
            /// How many images the line is fitted to, of which some are shown.
            public let images: Int
            public let slope, intercept: Double
            /// Over seeds.
            public let slopes: Estimate
            /// The fit's own bounds, of this seed.
            public let low, high: Double?
            public let spread, r2: Double
        }

        /// "rotation"
        public let part: String
        public let unit: String
        public let panels: [Panel]
    }

    /// What an entry read each class as, over all seeds.
    public struct Confusion: Encodable, Sendable {
        public let entry: String
        public let classes: [String]
        /// counts[label][prediction]
        public let counts: [[Int]]
        public let seeds: Int

        /// The most frequent confusions, the first the most frequent.
        public func worst(_ count: Int) -> [(label: String, prediction: String, images: Int)] {
            let cells = classes.indices.flatMap { label in
                classes.indices.filter { $0 != label && counts[label][$0] > 0 }.map { (label, $0, counts[label][$0]) }
            }
            return cells.sorted { ($1.2, $0.0, $0.1) < ($0.2, $1.0, $1.1) }.prefix(count).map { (classes[$0.0], classes[$0.1], $0.2) }
        }
    }

    /// Loss over epochs of one data set's training runs.
    public struct Learning: Encodable, Sendable {
        public struct Point: Encodable, Sendable {
            public let epoch: Int
            public let loss: Estimate
        }

        public struct Series: Encodable, Sendable {
            public let entry: String
            /// What distinguishes its recipe from the entry's others on the same data set; "" where there is one.
            public let recipe: String
            public let points: [Point]
        }

        public let dataset: String
        public let series: [Series]
    }

    /// What the theorem of [JMFL20, arXiv:2004.14716] says of stored entries, after the last stage of each.
    public struct Theorem: Encodable, Sendable {
        public struct Cell: Encodable, Sendable {
            /// "quarter-turn"
            public let transformation: String
            public let title: String
            /// The smallest gap that any affine transformation of the features leaves, and what interpolation alone would leave.
            public let best, floor: Double
            public let verdict: String
            /// The input aligned instead.
            public let input: Double
            public let inputVerdict: String
        }

        public struct Row: Encodable, Sendable {
            public let entry: String
            public let seed: UInt64
            public let stage: String
            public let cells: [Cell]
        }

        public let dataset, trainedOn: String
        public let origin: ResultSubject.Origin
        public let rows: [Row]
    }

    /// What is known of an entry apart from its results.
    public struct EntryCard: Encodable, Sendable {
        public let id: String
        /// nil for an entry that no manifest at hand describes.
        public let description: EntryDescription?
        public let plugins: [PluginDescription]
        public let provenance: [ProvenanceLine]
    }

    /// With what some results of an entry were made.
    public struct ProvenanceLine: Encodable, Sendable {
        public let dataset, trainedOn, probe: String
        public let origin: ResultSubject.Origin
        public let seeds: [UInt64]
        public let weights: [String]
        public let zoo, engine, processor, instructions: String
        public let threads: Int
        public let date: Date
        public let seconds: Double
        public let command: String
    }
}

extension DataTable {
    /// Every cell as people see it.
    public var shownRows: [[String]] { rows.map { row in zip(columns, row).map { Self.shown($1, as: $0.kind) } } }
}
