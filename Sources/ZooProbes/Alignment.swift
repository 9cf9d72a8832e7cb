import Glibc
import ZooCore
import ZooData
import ZooKit

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
                try Tensor(list.map { Float(value($0)) }, [list.count, 1, 1]).to(device: images.device)
            }
            var maps = try (images - constant(normalisation.means) { $0 }) * constant(normalisation.stds) { 1 / $0 }
            if let network = extractor as? WholeNetwork { return try network.maps(maps) }
            return try extractor.stages.indices.map { stage in
                maps = try extractor.forward(maps, stages: stage..<stage + 1)
                return maps
            }
        }
    }

    /// The stages and transformations for which fewer than four places of the map can be compared, on one side of T_g
    /// or the other: there is the edge, or padding that a blank image feels.
    func withoutPlaces(_ cases: [Case]) throws -> [(stage: String, title: String)] {
        let blank = try features(Tensor.zeros([1] + Array(images.shape.dropFirst())).to(device: images.device))
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
        let blank = try features(Tensor.zeros([1] + Array(images.shape.dropFirst())).to(device: images.device))
        let defined = try blank.map(Self.defined)
        let half = Transformation.shift(x: 0.5, y: 0.5, height: try images.size(-2), width: try images.size(-1))
        let blurred = try features(half.inverted.applied(to: half.applied(to: images, padding: .zeros), padding: .zeros))
        return try cases.flatMap { item in
            try Interrupt.check("the alignment is not measured")
            let g = item.transformation
            var (images, upright) = (images, upright)
            if case .enlarged? = g.exact {
                // What smoothing has spread beyond the frame would leave the canvas, and be missed.
                images = try frame.cut(images)
                upright = try features(images)
            }
            let moved = try g.applied(to: images, padding: .zeros)
            let restored = try g.inverted.applied(to: moved, padding: .zeros)
            let everywhere = [Bool](repeating: true, count: try images.size(-1) * images.size(-2))
            // Where something leaves the canvas there is nothing to compare. What only moves pixels gives them all
            // back, if none has left it.
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
        let inPlace = try scaled(stage, item.transformation, transformed, upright)
        let gap = try Self.distance(undone, upright, region)
        let search = try AlignmentSearch(transformed, upright, mask: region)
        let found = search.minimise(hints: [back.sampling, Perturbation.identity, g.sampling], restarts: restarts, seed: seed)
        // On the maps themselves, which the search may have averaged down.
        let nearest = try Self.distance(
            Transformation(name: "", sampling: found.sampling, exact: nil).applied(to: transformed, padding: .border), upright, region)
        let floor = try Self.distance(back.applied(to: g.applied(to: upright, padding: .border), padding: .border), upright, region)
        return AlignmentResult(
            transformation: item.name, title: item.transformation.name, stage: info.name, depth: stage + 1,
            equivariance: try inPlace ?? Self.distance(transformed, forward, Self.enough(g.region(defined, like: upright))), gap: gap,
            permuted: try inPlace ?? permuted.map { try Self.distance(undone, $0, region) }, best: min(gap, nearest),
            bestMap: gap <= nearest ? back.sampling : found.sampling, inputAligned: try Self.distance(aligned, upright, region),
            imageFloor: imageFloor, featureFloor: item.transformation.exact == nil ? try Self.distance(blurred, upright, region) : 0,
            mapFloor: floor, coverage: Double(region.count { $0 }) / Double(region.count))
    }

    /// The distance of the features of a scaled image from those of the image, both where they are, over the channels that have a
    /// counterpart; nil where the stage declares nothing for this scaling.
    private func scaled(_ stage: Int, _ g: Transformation, _ transformed: Tensor, _ upright: Tensor) throws -> Double? {
        let ratio = extractor.stages[stage].symmetry.scaleRatio
        guard ratio > 1, let factor = g.factor, factor != 1 else { return nil }
        let steps = log(factor) / log(ratio)
        guard abs(steps - steps.rounded()) < 1e-9 else { return nil }
        let sources = try extractor.scaling(stage: stage, steps: Int(steps.rounded()))
        let kept = sources.indices.filter { sources[$0] >= 0 }
        func channels(_ list: [Int], of maps: Tensor) throws -> Tensor {
            try maps.indexSelect(dim: 1, index: Tensor(list.map(Int64.init), [list.count]).to(device: maps.device))
        }
        let everywhere = try [Bool](repeating: true, count: upright.size(-1) * upright.size(-2))
        return try Self.distance(channels(kept, of: transformed), channels(kept.map { sources[$0] }, of: upright), everywhere)
    }

    /// Channel c of the transformed image's features holds what was in channel result[c]; nil where the stage declares nothing.
    private func permutation(_ stage: Int, _ g: Transformation) throws -> Tensor? {
        let symmetry = extractor.stages[stage].symmetry
        let order: [Int]
        switch g.exact {
        case .mirror:
            guard symmetry.mirror else { return nil }
            order = try extractor.permutation(stage: stage, rotation: 0, mirror: true)
        case .shift, .enlarged, .reduced: return nil
        case .quarters, nil:
            guard let degrees = g.degrees, symmetry.rotations > 1 else { return nil }
            let steps = degrees / 360 * Double(symmetry.rotations)
            guard abs(steps - steps.rounded()) < 1e-9 else { return nil }
            let turn = Int(steps.rounded()) % symmetry.rotations
            order = try extractor.permutation(stage: stage, rotation: turn < 0 ? turn + symmetry.rotations : turn, mirror: false)
        }
        return try Tensor(order.map(Int64.init), [order.count]).to(device: images.device)
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
            let mask = try Tensor(region.map { $0 ? 1.0 : 0 }, [y.size(-2), y.size(-1)]).to(device: y.device)
            let (a, b) = (try x.to(dtype: .float64), try y.to(dtype: .float64))
            let difference = try (a - b) * mask
            let reference = try b * mask
            return try ((difference * difference).sum().item() / (reference * reference).sum().item()).squareRoot()
        }
    }
}
