import ZooCore
import ZooData
import ZooKit

/// How far the features of a transformed image are from those of the image itself, at one stage.
///
/// With Λ the first stages of an extractor and T_g a transformation of the image, all distances are ‖X − Y‖ / ‖Y‖ over all
/// images, channels and the places of the map that both sides define: see `Alignment`.
public struct AlignmentResult: Codable, Sendable, Equatable {
    /// "quarter-turn", "scaling".
    public var transformation: String
    /// "rotation 90°", "scaling ×2".
    public var title: String
    /// Of the extractor, and its place among the stages, counted from 1.
    public var stage: String
    public var depth: Int
    /// Λ(T_g f) against T_g Λ(f), the channels permuted as the stage declares.
    public var equivariance: Double
    /// T_g⁻¹ Λ(T_g f) against Λ(f): the alignment gap at h = g⁻¹.
    public var gap: Double
    /// The same with the channels permuted as the stage declares; nil where it declares nothing for this transformation.
    public var permuted: Double?
    /// The smallest of ‖T_h Λ(T_g f) − Λ(f)‖ / ‖Λ(f)‖ that was found for any affine h.
    public var best: Double
    /// The sampling matrix of that T_h, 2×3.
    public var bestMap: [Double]
    /// Λ(T_g⁻¹ T_g f) against Λ(f): the input aligned instead.
    public var inputAligned: Double
    /// What interpolation alone does to the image: T_g⁻¹ T_g f against f.
    public var imageFloor: Double
    /// What interpolation alone does to the features: Λ of the image moved by half a pixel along both axes and back, the most that
    /// bilinear sampling blurs, against Λ(f). 0 where g only moves pixels.
    public var featureFloor: Double
    /// What interpolation alone does to the feature map: T_g⁻¹ T_g Λ(f) against Λ(f).
    public var mapFloor: Double
    /// Share of the map's positions that are compared.
    public var coverage: Double

    /// What interpolation alone may account for where the input is aligned, and where the features are.
    public var inputFloor: Double { max(imageFloor, featureFloor) }
    public var floor: Double { max(inputFloor, mapFloor) }

    /// Whether the features can be aligned by transforming them.
    public var verdict: AlignmentVerdict { AlignmentVerdict(best, floor: floor) }
    /// Whether aligning the input aligns the features.
    public var inputVerdict: AlignmentVerdict { AlignmentVerdict(inputAligned, floor: inputFloor) }
}

public enum AlignmentVerdict: String, Codable, Sendable {
    /// Up to float rounding.
    case aligned
    /// No further off than interpolation alone would bring it.
    case belowFloor = "below the floor"
    case notAligned = "not aligned"
    /// No place of the map can be compared.
    case unknown

    /// Of several: not aligned if one is not, else the weakest of them; unknown ones say nothing.
    public static func all(_ verdicts: [AlignmentVerdict]) -> AlignmentVerdict {
        [.notAligned, .belowFloor, .aligned].first { verdicts.contains($0) } ?? .unknown
    }

    /// What counts as rounding of float32 through a few layers.
    public static let rounding = 1e-5

    init(_ gap: Double, floor: Double) {
        self = gap <= Self.rounding ? .aligned : gap <= floor ? .belowFloor : gap.isFinite ? .notAligned : .unknown
    }
}

/// The rectangle of a square canvas in which images were recorded, before they are smoothed: what has to stay on the canvas.
struct RecordedFrame {
    /// The corners between the rows and columns of pixels, from -1 to 1 on the canvas.
    private let corners: [(x: Double, y: Double)]

    /// - Parameters:
    ///   - left: pixels between the canvas's edge and the frame; `top` likewise.
    ///   - side: of the canvas, in pixels.
    init(left: Int, top: Int, width: Int, height: Int, side: Int) {
        func place(_ pixel: Int) -> Double { 2 * Double(pixel) / Double(side) - 1 }
        corners = [left, left + width].flatMap { x in [top, top + height].map { (place(x), place($0)) } }
    }

    /// Whether the transformed frame lies on the canvas; what lies on its edge does.
    func stays(under transformation: Transformation) -> Bool {
        let s = transformation.inverse
        return corners.allSatisfy { corner in
            let x = s[0] * corner.x + s[1] * corner.y + s[2]
            let y = s[3] * corner.x + s[4] * corner.y + s[5]
            return max(abs(x), abs(y)) <= 1 + 1e-9
        }
    }
}

/// The transformations of the theorem [JMFL20, arXiv:2004.14716] for one extractor and one set of images.
///
/// Images lie in the middle of a square canvas, their background continued, wide enough that nothing leaves it. A feature map
/// is continued by its edge. What is compared is where both sides are defined: places whose counterpart lies on the map, and, in
/// a net that pads with zeros, which no image is made of, only places where a blank image gives what it gives in the middle.
struct Alignment {
    let extractor: any FeatureExtractor
    /// Values from 0, the background, to 1; N×C×S×S.
    let images: Tensor
    /// Where they were recorded.
    let frame: RecordedFrame
    let normalisation: Normalisation
    var restarts = 8
    var seed: UInt64 = 0

    /// A transformation under the name that its figures go by.
    struct Case {
        let name: String
        let transformation: Transformation
    }

    /// One side of a comparison: maps of every stage.
    private func features(_ images: Tensor) throws -> [Tensor] {
        try noGrad {
            func constant(_ list: [Double], _ value: (Double) -> Double) throws -> Tensor {
                try Tensor(list.map { Float(value($0)) }, [list.count, 1, 1])
            }
            var maps = try (images - constant(normalisation.means) { $0 }) * constant(normalisation.stds) { 1 / $0 }
            return try extractor.stages.indices.map { stage in
                maps = try extractor.forward(maps, stages: stage..<stage + 1)
                return maps
            }
        }
    }

    /// The stages and transformations for which fewer than four places of the map can be compared, on one side of T_g or the other: there is
    /// the edge, or padding that a blank image feels.
    func withoutPlaces(_ cases: [Case]) throws -> [(stage: String, title: String)] {
        let blank = try features(Tensor.zeros([1] + Array(images.shape.dropFirst())))
        let defined = try blank.map(Self.defined)
        return try extractor.stages.indices.flatMap { stage in
            try cases.filter { item in
                let g = try item.transformation.onMap(of: extractor.stages[stage], like: blank[stage], side: images.size(-1))
                return [g, g.inverted].contains { $0.region(defined[stage], like: blank[stage]).count { $0 } < Self.fewest }
            }.map { (extractor.stages[stage].name, $0.transformation.name) }
        }
    }

    /// Places of a map below which nothing is concluded, and a region without them where there are fewer.
    private static let fewest = 4
    private static func enough(_ region: [Bool]) -> [Bool] {
        region.count { $0 } < fewest ? [Bool](repeating: false, count: region.count) : region
    }

    /// Measures every stage under every transformation.
    func run(_ cases: [Case], progress: () -> Void = {}) throws -> [AlignmentResult] {
        let upright = try features(images)
        let blank = try features(Tensor.zeros([1] + Array(images.shape.dropFirst())))
        let defined = try blank.map(Self.defined)
        let half = Transformation.shift(x: 0.5, y: 0.5, height: try images.size(-2), width: try images.size(-1))
        let blurred = try features(half.inverted.applied(to: half.applied(to: images, padding: .zeros), padding: .zeros))
        return try cases.flatMap { item in
            try Interrupt.check("the alignment is not measured")
            let g = item.transformation
            let moved = try g.applied(to: images, padding: .zeros)
            let restored = try g.inverted.applied(to: moved, padding: .zeros)
            let everywhere = [Bool](repeating: true, count: try images.size(-1) * images.size(-2))
            // Where something leaves the canvas there is nothing to compare. What only moves pixels gives them all back, if none has left it.
            let isWhole = try frame.stays(under: g) && (g.exact == nil || Self.distance(restored, images, everywhere) == 0)
            let imageFloor = try Self.distance(restored, images, g.inverted.region(everywhere, like: images))
            let (transformed, aligned) = (try features(moved), try features(restored))
            let results = try extractor.stages.indices.map { stage in
                try result(
                    item, stage, upright: upright[stage], transformed: transformed[stage], aligned: aligned[stage],
                    blurred: blurred[stage], defined: isWhole ? defined[stage] : defined[stage].map { _ in false },
                    imageFloor: imageFloor)
            }
            progress()
            return results
        }
    }

    private func result(
        _ item: Case, _ stage: Int, upright: Tensor, transformed: Tensor, aligned: Tensor, blurred: Tensor, defined: [Bool],
        imageFloor: Double
    ) throws -> AlignmentResult {
        let info = extractor.stages[stage]
        let g = try item.transformation.onMap(of: info, like: upright, side: images.size(-1))
        let back = g.inverted
        let region = Self.enough(back.region(defined, like: upright))
        let undone = try back.applied(to: transformed, padding: .border)
        let permuted = try permutation(stage, item.transformation).map { try upright.indexSelect(dim: 1, index: $0) } ?? nil
        let forward = try g.applied(to: permuted ?? upright, padding: .border)
        let gap = try Self.distance(undone, upright, region)
        let search = try AlignmentSearch(transformed, upright, mask: region)
        let found = search.minimise(hints: [back.sampling, Perturbation.identity, g.sampling], restarts: restarts, seed: seed)
        // On the maps themselves, which the search may have averaged down.
        let nearest = try Self.distance(
            Transformation(name: "", sampling: found.sampling, exact: nil).applied(to: transformed, padding: .border), upright, region)
        let floor = try Self.distance(back.applied(to: g.applied(to: upright, padding: .border), padding: .border), upright, region)
        return AlignmentResult(
            transformation: item.name, title: item.transformation.name, stage: info.name, depth: stage + 1,
            equivariance: try Self.distance(transformed, forward, Self.enough(g.region(defined, like: upright))), gap: gap,
            permuted: try permuted.map { try Self.distance(undone, $0, region) }, best: min(gap, nearest),
            bestMap: gap <= nearest ? back.sampling : found.sampling, inputAligned: try Self.distance(aligned, upright, region),
            imageFloor: imageFloor, featureFloor: g.exact == nil ? try Self.distance(blurred, upright, region) : 0,
            mapFloor: floor, coverage: Double(region.count { $0 }) / Double(region.count))
    }

    /// Channel c of the transformed image's features holds what was in channel result[c]; nil where the stage declares nothing.
    private func permutation(_ stage: Int, _ g: Transformation) throws -> Tensor? {
        let symmetry = extractor.stages[stage].symmetry
        let order: [Int]
        switch g.exact {
        case .mirror:
            guard symmetry.mirror else { return nil }
            order = try extractor.permutation(stage: stage, rotation: 0, mirror: true)
        case .shift: return nil
        case .quarters, nil:
            guard let degrees = g.degrees, symmetry.rotations > 1 else { return nil }
            let steps = degrees / 360 * Double(symmetry.rotations)
            guard abs(steps - steps.rounded()) < 1e-9 else { return nil }
            let turn = Int(steps.rounded()) % symmetry.rotations
            order = try extractor.permutation(stage: stage, rotation: turn < 0 ? turn + symmetry.rotations : turn, mirror: false)
        }
        return try Tensor(order.map(Int64.init), [order.count])
    }

    /// Where a blank image gives the same as in the middle, 1×C×H×W to H×W: padding does not reach there.
    private static func defined(_ blank: Tensor) throws -> [Bool] {
        let (channels, height, width) = (try blank.size(1), try blank.size(2), try blank.size(3))
        let values = try blank.doubles()
        let plane = height * width
        let middle = height / 2 * width + width / 2
        let scale = values.reduce(0) { max($0, abs($1)) }
        return (0..<plane).map { place in
            (0..<channels).allSatisfy { abs(values[$0 * plane + place] - values[$0 * plane + middle]) <= 1e-4 * scale }
        }
    }

    /// ‖x − y‖ / ‖y‖ over a region of the map, all images and channels; NaN if y is zero there, or the region empty.
    static func distance(_ x: Tensor, _ y: Tensor, _ region: [Bool]) throws -> Double {
        try noGrad {
            let mask = try Tensor(region.map { $0 ? 1.0 : 0 }, [y.size(-2), y.size(-1)])
            let (a, b) = (try x.to(dtype: .float64), try y.to(dtype: .float64))
            let difference = try (a - b) * mask
            let reference = try b * mask
            return try ((difference * difference).sum().item() / (reference * reference).sum().item()).squareRoot()
        }
    }
}

// MARK: Transformations of tensors

extension Transformation {
    private static let pad = Operator("aten::constant_pad_nd")

    /// T_g⁻¹.
    var inverted: Transformation {
        let opposite: Exact? =
            switch exact {
            case .quarters(let turns): .quarters(-turns)
            case .mirror: .mirror
            case .shift(let x, let y): .shift(-x, -y)
            case nil: nil
            }
        return Transformation(name: name, sampling: inverse, exact: opposite)
    }

    /// The angle of a rotation; nil for anything else.
    var degrees: Double? {
        let s = sampling
        guard s[2] == 0, s[5] == 0, abs(s[0] - s[4]) < 1e-9, abs(s[1] + s[3]) < 1e-9, abs(s[0] * s[4] - s[1] * s[3] - 1) < 1e-9 else {
            return nil
        }
        return Pose(sampling: s, height: 2, width: 2)?.rotation
    }

    /// T_g of N×C×H×W, without interpolation where that is possible.
    func applied(to x: Tensor, padding: PaddingMode) throws -> Tensor {
        switch exact {
        case .quarters(let turns): return try x.rot90(turns)
        case .mirror: return try x.flip(dims: [-1])
        case .shift(let right, let down): return try Self.pad(x, [right, -right, down, -down], 0.0)
        case nil:
            let count = try x.size(0)
            let theta = try Tensor(sampling, [1, 2, 3]).to(dtype: x.dtype).expand([count, 2, 3]).contiguous()
            return try x.warp(theta, height: x.size(-2), width: x.size(-1), paddingMode: padding)
        }
    }

    /// The same transformation of a stage's map, in that map's own coordinates: about the same centre, a shift in the map's pixels.
    func onMap(of stage: Stage, like map: Tensor, side: Int) throws -> Transformation {
        let (height, width) = (Double(try map.size(-2)), Double(try map.size(-1)))
        var s = sampling
        s[1] *= height / width
        s[3] *= width / height
        s[2] *= Double(side) / (stage.stride * width)
        s[5] *= Double(side) / (stage.stride * height)
        var exact = exact
        switch exact {
        case .shift(let x, let y):
            let (across, down) = (Double(x) / stage.stride, Double(y) / stage.stride)
            exact = across == across.rounded() && down == down.rounded() ? .shift(Int(across), Int(down)) : nil
        case .quarters(let turns) where turns % 2 != 0 && height != width: exact = nil
        default: break
        }
        return Transformation(name: name, sampling: s, exact: exact)
    }

    /// The places u of a map whose S·u lies on it, between pixels that all are `defined`; as the map lies, H×W.
    func region(_ defined: [Bool], like map: Tensor) -> [Bool] {
        let shape = map.shape
        let (height, width) = (shape[shape.count - 2], shape[shape.count - 1])
        let (h, w) = (Double(height), Double(width))
        return (0..<height * width).map { place in
            let x = (2 * Double(place % width) + 1) / w - 1
            let y = (2 * Double(place / width) + 1) / h - 1
            let px = ((sampling[0] * x + sampling[1] * y + sampling[2]) * w + w - 1) / 2
            let py = ((sampling[3] * x + sampling[4] * y + sampling[5]) * h + h - 1) / 2
            // A place that is a pixel up to rounding needs that pixel alone.
            func taps(_ p: Double) -> ClosedRange<Double> {
                abs(p - p.rounded()) < 1e-6 ? p.rounded()...p.rounded() : p.rounded(.down)...p.rounded(.up)
            }
            guard defined[place], px.isFinite, py.isFinite else { return false }
            let (columns, rows) = (taps(px), taps(py))
            guard columns.lowerBound >= 0, columns.upperBound <= w - 1, rows.lowerBound >= 0, rows.upperBound <= h - 1 else { return false }
            return [rows.lowerBound, rows.upperBound].allSatisfy { row in
                [columns.lowerBound, columns.upperBound].allSatisfy { defined[Int(row) * width + Int($0)] }
            }
        }
    }
}
