import ZooCore
import ZooData
import ZooHost
public import ZooKit
import ZooManifest
import ZooStatistics
import ZooStore

/// The transformation that a spatial transformer predicts against the one that was applied to the image.
///
/// x = T_g f is f sampled with S_g, and what the classifier sees is x sampled with Θ, the product of all θ. Alignment is
/// S_g·Θ = a constant, so Θ⁻¹ is compared with S_g.
struct PoseProbe: ConfigurableProbe {
    static let name = "pose"
    static let summary = "predicted against applied rotation, scale and translation: Deming slope, R², spread within classes, scatter"
    static let needs: Set<ProbeNeed> = [.transformer, .transformedSet]
    static let options = [version(2), images(default: 2000)]

    let configuration: ProbeSettings

    func run(on subject: ProbeSubject, progress: any ProgressListener) throws -> Measurement {
        let images = try ProbeImages(subject, count: configuration.int("images"), upright: false)
        let strides = subject.strides
        var (applied, predicted): ([Pose], [Pose]) = ([], [])
        var kept: [Int] = []
        var (place, mirrored) = (0, 0)
        progress.begin("\(subject.network.entry.id): pose", total: images.indices.count, unit: "images")
        defer { progress.finish() }
        try images.forEachBatch { batch in
            let recording = Recording()
            _ = try subject.logits(batch, trace: recording.trace)
            let path = try SamplingPath(recording, input: images.shape, strides: strides)
            // Images of which nothing is shown are counted in a warning.
            for pose in try path.poses(applied: batch.theta, shape: images.shape) {
                if let pose {
                    applied.append(pose.applied)
                    predicted.append(pose.predicted)
                    kept.append(place)
                    mirrored += pose.predicted.isMirrored ? 1 : 0
                }
                place += 1
            }
            progress.advance(batch.count)
        }
        var measurement = Self.measure(applied: applied, predicted: predicted, classes: kept.map { images.classes[$0] })
        measurement.tables = [
            Self.points(applied, predicted, indices: kept.map { images.indices[$0] }, classes: kept.map { images.classes[$0] }),
            images.table,
        ]
        if kept.count < images.indices.count {
            measurement.warnings.append(
                "θ is singular or not finite for \(images.indices.count - kept.count) of \(images.indices.count) images")
        }
        if mirrored > 0 { measurement.warnings.append("θ mirrors \(mirrored) of \(kept.count) images") }
        return measurement
    }

    private static let parts: [(name: String, unit: String, period: Double?, of: @Sendable (Pose) -> Double)] = [
        ("rotation", "°", 360, { $0.rotation }), ("scale", "octaves", nil, { $0.scale }), ("translation-x", "px", nil, { $0.x }),
        ("translation-y", "px", nil, { $0.y }),
    ]

    /// Degrees about a half turn within which a pose counts as reversed.
    private static let tolerance = 15.0

    /// Figures of each part that the data set applies; of all parts the spread.
    static func measure(applied: [Pose], predicted: [Pose], classes: [Int]) -> Measurement {
        var figures: [Measurement.Figure] = []
        for part in parts {
            let (x, y) = (applied.map(part.of), predicted.map(part.of))
            let name = "pose.\(part.name)"
            if let fit = PoseFit(applied: x, predicted: y, classes: classes, period: part.period) {
                figures += [
                    .init("\(name).slope", fit.slope), .init("\(name).intercept", fit.intercept, unit: part.unit),
                    .init("\(name).r2", fit.r2), .init("\(name).spread", fit.spread, unit: part.unit),
                ]
                // A pose that is right up to a half turn, as that of an axis: its slope and spread with half turns taken out.
                if let period = part.period,
                    let axis = PoseFit(applied: x, predicted: y, classes: classes, period: period / 2)
                {
                    figures += [
                        .init("\(name).axis.slope", axis.slope), .init("\(name).axis.spread", axis.spread, unit: part.unit),
                        .init(
                            "\(name).reversed",
                            PoseFit.reversed(applied: x, predicted: y, classes: classes, period: period, tolerance: Self.tolerance)),
                    ]
                }
                let stream = RandomStream(seed: TestImages.seed, "probe/\(name)")
                if let bounds = PoseFit.intervals(
                    applied: x, predicted: y, classes: classes, period: part.period, resamples: 1000, stream: stream)
                {
                    figures += [
                        .init("\(name).slope.low", bounds.slope.low), .init("\(name).slope.high", bounds.slope.high),
                        .init("\(name).spread.low", bounds.spread.low, unit: part.unit),
                        .init("\(name).spread.high", bounds.spread.high, unit: part.unit),
                    ]
                }
            } else {
                let continued = PoseFit.continued(applied: x, predicted: y, classes: classes, period: part.period)
                figures.append(
                    .init("\(name).spread", PoseFit.spread(zip(continued, x).map { $0 - $1 }, classes: classes), unit: part.unit))
            }
        }
        figures.append(.init("pose.shear.spread", PoseFit.spread(predicted.map(\.shear), classes: classes)))
        figures.append(.init("pose.images", Double(applied.count)))
        return Measurement(figures: figures)
    }

    /// The scatter plot.
    private static func points(_ applied: [Pose], _ predicted: [Pose], indices: [Int], classes: [Int]) -> Measurement.Table {
        var columns: [Measurement.Column] = [.init("image", .integers(indices)), .init("class", .integers(classes))]
        for part in parts {
            columns.append(.init("\(part.name).applied", .numbers(applied.map(part.of))))
            columns.append(.init("\(part.name).predicted", .numbers(predicted.map(part.of))))
        }
        columns.append(.init("shear.predicted", .numbers(predicted.map(\.shear))))
        columns.append(.init("stretch.predicted", .numbers(predicted.map(\.stretch))))
        return .init("pose.points", columns)
    }
}

/// What a network sampled on the way, as its trace tells.
///
/// A warp uses the last θ recorded before it: the iterations of one transformer record several θ, the composed ones, and warp
/// once; transformers at several depths each record one and warp. The product of those that were used, in order, is the
/// sampling matrix from what the last of them gave to the input.
public struct SamplingPath {
    /// N×2×3 or N×3×3, and the extent of the map it was used on, in units of the image's.
    private var steps: [(theta: Tensor, extent: Double)] = []

    /// - Parameter strides: of the extractor's stages. A map without padding covers less than the image, and a translation of it is that
    ///   much shorter. nil: as long as the image's.
    /// - Throws: `NotApplicable` if there is no θ, or it is no matrix.
    public init(_ recording: Recording, input: ImageShape, strides: [Double]?) throws {
        var last: Tensor?
        var extent = 1.0
        for (name, tensor) in recording.tensors {
            if name.hasPrefix("theta.") {
                guard tensor.ndim == 3, [[2, 3], [3, 3]].contains(Array(tensor.shape.dropFirst())) else {
                    throw NotApplicable("θ of this transformer is no matrix but of shape \(tensor.shape)")
                }
                last = tensor
            } else if name == "warped", let theta = last {
                steps.append((theta, extent))
                last = nil
            } else if name.hasPrefix("stage."), let stage = Int(name.dropFirst(6)), let strides, strides.indices.contains(stage - 1) {
                extent = Double(try tensor.size(-1)) * strides[stage - 1] / Double(input.width)
            }
        }
        if steps.isEmpty, let last { steps.append((last, extent)) }
        guard !steps.isEmpty else { throw NotApplicable("the entry has no spatial transformer: its trace has no θ") }
    }

    /// The matrices of `N×2×3` or `N×3×3`, row-major, one per image.
    private static func rows(_ theta: Tensor) throws -> [[Double]] {
        let values = try theta.doubles()
        let width = values.count / max(1, theta.shape.first ?? 1)
        return stride(from: 0, to: values.count, by: max(1, width)).map { Array(values[$0..<$0 + width]) }
    }

    /// The applied pose of each image beside the predicted one; nil where a matrix is singular or contains NaN or infinity.
    ///
    /// - Parameter applied: the poses, as in `Batch.theta`.
    func poses(applied: Tensor, shape: ImageShape) throws -> [(applied: Pose, predicted: Pose)?] {
        let truths = try Self.rows(applied)
        return try zip(truths, total(count: truths.count)).map { truth, theta in
            guard let inverse = Pose.inverse(theta), let found = Pose(sampling: inverse, height: shape.height, width: shape.width),
                let truth = Pose(sampling: truth, height: shape.height, width: shape.width)
            else { return nil }
            return (truth, found)
        }
    }

    /// How far the predicted rotation follows the applied one, as `PoseFit.slope`; nil where nothing was turned.
    ///
    /// - Parameters:
    ///   - applied: the poses, as in `Batch.theta`.
    ///   - labels: of the images; of several heads the first counts.
    package func rotationSlope(applied: Tensor, labels: Tensor, shape: ImageShape) throws -> Double? {
        let poses = try poses(applied: applied, shape: shape), classes = try labels.doubles()
        let heads = max(1, classes.count / max(1, poses.count))
        let pairs = poses.enumerated().compactMap { image, pose in
            pose.map { ($0.applied.rotation, $0.predicted.rotation, Int(classes[image * heads])) }
        }
        return PoseFit(applied: pairs.map(\.0), predicted: pairs.map(\.1), classes: pairs.map(\.2), period: 360)?.slope
    }

    /// The product of all matrices, 3×3 row-major, one per image.
    public func total(count: Int) throws -> [[Double]] {
        var total = [[Double]](repeating: [1, 0, 0, 0, 1, 0, 0, 0, 1], count: count)
        for step in steps {
            let values = try step.theta.doubles()
            let width = step.theta.shape[1] * 3
            guard values.count == count * width else {
                throw HostError(.software, "θ has shape \(step.theta.shape) in a batch of \(count) images")
            }
            for image in 0..<count {
                var matrix = Pose.homogeneous(Array(values[image * width..<(image + 1) * width]))
                for place in [2, 5] { matrix[place] *= step.extent }
                for place in [6, 7] { matrix[place] /= step.extent }
                total[image] = Pose.product(total[image], matrix)
            }
        }
        return total
    }
}
