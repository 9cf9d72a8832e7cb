import Glibc
import ZooData
import ZooHost
import ZooKit
import ZooStore

/// The theorem of [JMFL20, arXiv:2004.14716] measured on the stages of an entry's own extractor: see `Alignment`.
struct EquivarianceProbe: ConfigurableProbe {
    static let name = "equivariance"
    static let summary = "per stage: equivariance error, alignment gap at g⁻¹ and over all affine maps, input aligned instead, floors"
    static let needs: Set<ProbeNeed> = [.stages]
    static let options = AlignmentSettings.options

    let configuration: ProbeSettings

    func run(on subject: ProbeSubject, progress: any ProgressListener) throws -> Measurement {
        let settings = AlignmentSettings(configuration)
        let canvas = try settings.canvas(subject.images, subject.dataSet)
        let side = try canvas.size(-1)
        let extractor = try subject.extractor(input: ImageShape(canvas.size(1), side, side))
        let cases = settings.cases(for: extractor, side: side)
        progress.begin("\(subject.network.entry.id): alignment", total: cases.count, unit: "transformations")
        defer { progress.finish() }
        let alignment = Alignment(
            extractor: extractor, images: canvas, normalisation: subject.dataSet.normalisation, restarts: settings.restarts,
            seed: settings.seed)
        let results = try alignment.run(cases) { progress.advance(1) }
        var figures: [Measurement.Figure] = []
        for result in results where result.depth == extractor.stages.count {
            let name = "alignment.\(result.transformation)"
            figures += [
                .init("\(name).equivariance", result.equivariance), .init("\(name).gap", result.gap), .init("\(name).best", result.best),
                .init("\(name).input", result.inputAligned), .init("\(name).floor", result.floor),
            ]
        }
        func numbers(_ name: String, _ of: (AlignmentResult) -> Double) -> Measurement.Column { .init(name, .numbers(results.map(of))) }
        var columns: [Measurement.Column] = [
            .init("transformation", .texts(results.map(\.transformation))), .init("title", .texts(results.map(\.title))),
            .init("stage", .texts(results.map(\.stage))), .init("depth", .integers(results.map(\.depth))),
            numbers("equivariance") { $0.equivariance }, numbers("gap") { $0.gap }, numbers("permuted") { $0.permuted ?? .nan },
            numbers("best") { $0.best }, numbers("input") { $0.inputAligned }, numbers("floor.image") { $0.imageFloor },
            numbers("floor.features") { $0.featureFloor }, numbers("floor.map") { $0.mapFloor }, numbers("coverage") { $0.coverage },
            .init("verdict", .texts(results.map(\.verdict.rawValue))), .init("verdict.input", .texts(results.map(\.inputVerdict.rawValue))),
        ]
        for place in 0..<6 { columns.append(numbers("best.h\(place + 1)") { $0.bestMap[place] }) }
        return Measurement(figures: figures, tables: [.init("alignment", columns)])
    }
}

/// What is transformed and how, for `zoo theorem` and the probe.
struct AlignmentSettings {
    static let options = [
        Option.int("images", default: 24, in: 1...100_000, "upright test images, a fixed random choice"),
        Option.int(
            "canvas", default: 0, in: 0...4096, "side of the square that they lie in; 0: twice their own up to 32 pixels, else theirs"),
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

    /// The images on their canvas, N×C×S×S, background 0.
    ///
    /// - Throws: `usage` if the canvas is smaller than they are.
    func canvas(_ images: ImageSet, _ dataSet: DataSet) throws -> Tensor {
        let own = dataSet.shape(of: images)
        let longest = max(own.height, own.width)
        let side = configuration.int("canvas") > 0 ? configuration.int("canvas") : longest <= 32 ? 2 * longest : longest
        guard side >= longest else {
            throw HostError(.usage, "probe 'equivariance': 'canvas': expected at least \(longest), the images' side, found \(side)")
        }
        let chosen = ProbeImages.choice(configuration.int("images"), of: images.count)
        let bytes = chosen.flatMap { images.image($0) }
        let pixels = try Tensor(bytes, [chosen.count, images.channels, images.height, images.width]).to(dtype: .float32) * (1 / 255.0)
        let (down, right) = ((side - images.height) / 2, (side - images.width) / 2)
        let padded = try Operator("aten::constant_pad_nd")(
            pixels, [right, side - images.width - right, down, side - images.height - down], 0.0)
        return try Self.smoothed(padded, deviation: configuration.double("blur"))
    }

    /// Convolution with a Gaussian, cut off at three deviations.
    private static func smoothed(_ images: Tensor, deviation: Double) throws -> Tensor {
        guard deviation > 0 else { return images }
        let reach = Int((3 * deviation).rounded(.up))
        let line = (-reach...reach).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
        let sum = line.reduce(0, +)
        let kernel = try Tensor(line.flatMap { a in line.map { Float(a * $0 / (sum * sum)) } }, [1, 1, line.count, line.count])
        let shape = images.shape
        return try images.reshaped([shape[0] * shape[1], 1, shape[2], shape[3]]).conv2d(kernel, padding: reach).reshaped(shape)
    }

    /// The rows of the theorem's table.
    func cases(for extractor: any FeatureExtractor, side: Int) -> [Alignment.Case] {
        let strides = extractor.stages.map(\.stride)
        var cases: [Alignment.Case] = []
        // The shortest shift that is a whole number of pixels on every stage.
        if let step = (1...64).first(where: { step in strides.allSatisfy { Double(step).truncatingRemainder(dividingBy: $0) == 0 } }) {
            cases.append(.init(name: "translation", transformation: .shift(x: Double(step), y: Double(step), height: side, width: side)))
        }
        return cases + [
            .init(name: "quarter-turn", transformation: .rotation(degrees: 90)), .init(name: "mirror", transformation: .mirror),
            .init(name: "rotation", transformation: .rotation(degrees: configuration.double("angle"))),
            .init(name: "scaling", transformation: .scaling(configuration.double("scale"))),
            .init(name: "shear", transformation: .shear(configuration.double("shear"))),
        ]
    }
}
