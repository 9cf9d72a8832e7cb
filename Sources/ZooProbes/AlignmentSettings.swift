import Glibc
import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooManifest

/// What is transformed and how, for `zoo theorem` and the probe.
struct AlignmentSettings {
    static let options = [
        EquivarianceProbe.version(3),
        Option.int("images", default: 24, in: 1...100_000, "upright test images, a fixed random choice"),
        Option.int(
            "canvas", default: 0, in: 0...4096,
            "side of the square that they lie in; 0: twice their own up to 32 pixels, else theirs, or as much more as the network needs"),
        Option.double("blur", default: 1, in: 0...100, "pixels, deviation of the Gaussian that smooths the images first; 0: none"),
        Option.double("angle", default: 45, in: -360...360, "degrees of the rotation that is no quarter turn"),
        Option.double("scale", default: 2, in: 0.05...20, "size of the scaled picture"),
        Option.double("shear", default: 0.5, in: -10...10, "pixels of x per pixel of y"),
        Option.int("restarts", default: 8, in: 1...10_000, "of the search for the best affine map"),
        Option.int("seed", default: 0, in: 0...Int(Int32.max), "of the search's random starts"),
    ]

    private let configuration: ProbeSettings
    init(_ configuration: ProbeSettings) { self.configuration = configuration }

    var restarts: Int { configuration.int("restarts") }
    var seed: UInt64 { UInt64(configuration.int("seed")) }

    /// Which images are taken.
    func chosen(_ images: ImageSet) -> [Int] { ProbeImages.choice(configuration.int("images"), of: images.count) }

    /// What is measured: an extractor built for a canvas, the images on it, and the transformations.
    struct Scene {
        let extractor: any FeatureExtractor
        /// Pixels of a side of the canvas.
        let side: Int
        /// N×C×S×S, background 0.
        let images: Tensor
        /// Where in S×S they were recorded.
        let frame: RecordedFrame
        let cases: [Alignment.Case]
        /// Why there is no verdict for some of it, and what would give one.
        let remarks: [String]
    }

    /// The largest side that is tried unasked, and up to which one that would do is looked for.
    private static let (largest, farthest) = (384, 1024)

    /// The images on a canvas on which everything can be compared, if there is one: of the side that is set, or else the first that fits of
    /// ever larger ones.
    ///
    /// - Parameter make: builds the extractor for images of a size.
    /// - Throws: `usage` if the canvas that is set is smaller than the images.
    func scene(
        _ images: ImageSet, _ dataSet: DataSet, make: (ImageShape) throws -> any FeatureExtractor
    ) throws -> Scene {
        let own = dataSet.shape(of: images)
        let longest = max(own.height, own.width)
        let set = configuration.int("canvas")
        var side = set > 0 ? set : longest <= 32 ? 2 * longest : longest
        guard side >= longest else {
            throw HostError(.usage, "probe 'equivariance': 'canvas': expected at least \(longest), the images' side, found \(side)")
        }
        func build(_ side: Int) throws -> any FeatureExtractor { try make(ImageShape(own.channels, side, side)) }
        func gaps(_ extractor: any FeatureExtractor, _ side: Int) throws -> Gaps {
            try self.gaps(extractor, images, side: side, channels: own.channels, dataSet.normalisation)
        }
        var extractor: any FeatureExtractor
        do { extractor = try build(side) } catch let reason as NotApplicable {
            guard set == 0, side > longest else { throw reason }
            side = longest
            extractor = try build(side)
        }
        var left = try gaps(extractor, side)
        var remarks: [String] = []
        if left.count > 0 {
            var (trial, fitting): (Int, Int?) = (side, nil)
            while fitting == nil, let next = Self.larger(than: trial, extractor), next <= Self.farthest {
                // A network that takes no other size has no larger canvas.
                guard let larger = try? build(next) else { break }
                trial = next
                let found = try gaps(larger, trial)
                if found.count == 0 { fitting = trial }
                if set == 0, trial <= Self.largest, found.count < left.count { (side, extractor, left) = (trial, larger, found) }
            }
            if let reason = left.reason {
                let advice = fitting.map { "a canvas of \($0) pixels would do" } ?? "no canvas up to \(trial) pixels would do"
                remarks.append("on a canvas of \(side)×\(side) pixels \(reason); \(advice)")
            }
        }
        return Scene(
            extractor: extractor, side: side, images: try canvas(images, side: side), frame: Self.frame(of: images, side: side),
            cases: cases(for: extractor, side: side), remarks: remarks)
    }

    /// The next side to try, half as large again: a whole number of the longest strides.
    private static func larger(than side: Int, _ extractor: any FeatureExtractor) -> Int? {
        let stride = extractor.stages.map(\.stride).max() ?? 1
        guard stride.isFinite, stride >= 1 else { return nil }
        return Int((Double(3 * side) / 2 / stride).rounded(.up) * stride)
    }

    /// What cannot be compared on a canvas: how many pairs of a stage and a transformation, and why.
    private struct Gaps {
        var count = 0
        var reason: String?
    }

    private func gaps(
        _ extractor: any FeatureExtractor, _ images: ImageSet, side: Int, channels: Int, _ normalisation: Normalisation
    ) throws -> Gaps {
        let cases = cases(for: extractor, side: side)
        let frame = Self.frame(of: images, side: side)
        let reach = Self.reach(configuration.double("blur"))
        // What a shift moves is compared pixel by pixel, so what the images are smoothed over counts too.
        let leaving = cases.filter { item in
            guard case .shift(let right, _)? = item.transformation.exact else { return !frame.stays(under: item.transformation) }
            return max(images.height, images.width) + 2 * (right + reach) > side
        }
        var gaps = Gaps(count: leaving.count * extractor.stages.count)
        func names(_ list: [String]) -> String {
            list.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.joined(separator: ", ")
        }
        var reasons: [String] = []
        if !leaving.isEmpty { reasons.append("the images go over the edge under \(names(leaving.map(\.transformation.name)))") }
        let blank = try Tensor.zeros([1, channels, side, side]).to(device: EngineControl.device)
        let lacking = try Alignment(extractor: extractor, images: blank, frame: frame, normalisation: normalisation).withoutPlaces(cases)
        gaps.count += lacking.count
        if !lacking.isEmpty {
            reasons.append(
                "the edge or padding reaches what would be compared after \(names(lacking.map(\.stage))) under \(names(lacking.map(\.title)))"
            )
        }
        gaps.reason = reasons.isEmpty ? nil : reasons.joined(separator: ", and ")
        return gaps
    }

    /// Measures all of a scene.
    func results(of scene: Scene, normalisation: Normalisation, progress: () -> Void) throws -> [AlignmentResult] {
        let alignment = Alignment(
            extractor: scene.extractor, images: scene.images, frame: scene.frame, normalisation: normalisation, restarts: restarts,
            seed: seed)
        return try alignment.run(scene.cases, progress: progress)
    }

    /// The middle of a canvas.
    private static func frame(of images: ImageSet, side: Int) -> RecordedFrame {
        RecordedFrame(
            left: (side - images.width) / 2, top: (side - images.height) / 2, width: images.width, height: images.height, side: side)
    }

    /// The images in the middle of a canvas, N×C×S×S, background 0.
    private func canvas(_ images: ImageSet, side: Int) throws -> Tensor {
        let chosen = chosen(images)
        let bytes = chosen.flatMap { images.image($0) }
        let pixels =
            try Tensor(bytes, [chosen.count, images.channels, images.height, images.width]).to(
                device: EngineControl.device, dtype: .float32) * (1 / 255.0)
        let (down, right) = ((side - images.height) / 2, (side - images.width) / 2)
        let padded = try Operator("aten::constant_pad_nd")(
            pixels, [right, side - images.width - right, down, side - images.height - down], 0.0)
        return try Self.smoothed(padded, deviation: configuration.double("blur"))
    }

    /// Pixels to each side over which the Gaussian smooths.
    private static func reach(_ deviation: Double) -> Int { Int((3 * deviation).rounded(.up)) }

    /// Convolution with a Gaussian, cut off at three deviations.
    private static func smoothed(_ images: Tensor, deviation: Double) throws -> Tensor {
        guard deviation > 0 else { return images }
        let reach = reach(deviation)
        let line = (-reach...reach).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
        let sum = line.reduce(0, +)
        let kernel = try Tensor(line.flatMap { a in line.map { Float(a * $0 / (sum * sum)) } }, [1, 1, line.count, line.count]).to(
            device: images.device)
        let shape = images.shape
        return try images.reshape([shape[0] * shape[1], 1, shape[2], shape[3]]).conv2d(kernel, padding: reach).reshape(shape)
    }

    /// The rows of the theorem's table.
    func cases(for extractor: any FeatureExtractor, side: Int) -> [Alignment.Case] {
        let strides = extractor.stages.map(\.stride)
        var cases: [Alignment.Case] = []
        // The shortest shift that is a whole number of pixels on every stage.
        if let step = (1...64).first(where: { step in strides.allSatisfy { Double(step).truncatingRemainder(dividingBy: $0) == 0 } }) {
            cases.append(.init(name: "translation", transformation: .shift(x: Double(step), y: Double(step), height: side, width: side)))
        }
        let scale = configuration.double("scale")
        cases += [
            .init(name: "quarter-turn", transformation: .rotation(degrees: 90)), .init(name: "mirror", transformation: .mirror),
            .init(name: "rotation", transformation: .rotation(degrees: configuration.double("angle"))),
            .init(name: "scaling", transformation: .scaling(scale)),
        ]
        // On an even margin a pixel's square begins where a pixel does.
        if scale >= 2, scale == scale.rounded(), side * (Int(scale) - 1) % 2 == 0 {
            cases.append(.init(name: "enlarging", transformation: .enlarging(Int(scale))))
        }
        return cases + [.init(name: "shear", transformation: .shear(configuration.double("shear")))]
    }
}
