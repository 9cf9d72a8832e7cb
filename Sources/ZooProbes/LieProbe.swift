import Glibc
import ZooCore
import ZooHost
public import ZooKit
import ZooManifest
import ZooStore

/// The derivative of a network's output under an infinitesimal transformation of its input [Gruver et al., arXiv:2210.02984].
///
/// An image that is sampled bilinearly has a kink at t = 0: it changes otherwise forwards than backwards. So has a network whose own
/// sampling, pooling or rectification stands at one. The figure is of the mean of both sides, and half their difference has one of its own.
struct LieProbe: ConfigurableProbe {
    static let name = "lie"
    static let summary = "Lie-derivative error of logits and probabilities under rotation, scaling, shear and translation"
    static let needs: Set<ProbeNeed> = []
    static let options = [
        version(2), images(default: 250),
        Option.double("step", default: 0.001, in: 0.0001...10, "pixels that the image's edge moves by, forwards and backwards"),
    ]

    let configuration: ProbeSettings

    /// Sums of squares over images and outputs.
    private struct Squares {
        /// The sum for the mean of the two one-sided derivatives, and that for half their difference.
        var (derivative, kink) = (0.0, 0.0)

        /// - Parameters: values at t = step, -step and 0.
        mutating func add(_ up: Tensor, _ down: Tensor, _ here: Tensor, step: Double) throws {
            func square(_ values: Tensor) throws -> Double { try (values * values).sum().item() }
            derivative += try square((up - down) * (0.5 / step))
            kink += try square((up + down - here * 2.0) * (0.5 / step))
        }
    }

    func run(on subject: ProbeSubject, progress: any ProgressListener) throws -> Measurement {
        let images = try ProbeImages(subject, count: configuration.int("images"), upright: true)
        let (height, width) = (images.shape.height, images.shape.width)
        progress.begin("\(subject.network.entry.id): Lie derivatives", total: LieGenerator.allCases.count, unit: "generators")
        defer { progress.finish() }
        /// What the network says of the images under one transformation, batch by batch, in float64.
        func outputs(_ theta: [Double]) throws -> [Tensor] {
            var list: [Tensor] = []
            try images.forEachBatch(through: theta) { batch in
                let drawn = try images.exact(batch, through: theta).to(dtype: .float32)
                list.append(try subject.logits(batch, images: drawn).to(dtype: .float64))
            }
            return list
        }
        let here = try outputs(Transformation.identity.sampling)
        let values = Double(here.reduce(0) { $0 + $1.count })
        var figures: [Measurement.Figure] = []
        for generator in LieGenerator.allCases {
            let step = generator.step(pixels: configuration.double("step"), height: height, width: width)
            let up = try outputs(generator.transformation(step, height: height, width: width))
            let down = try outputs(generator.transformation(-step, height: height, width: width))
            var (logits, probabilities) = (Squares(), Squares())
            for (place, plain) in here.enumerated() {
                try logits.add(up[place], down[place], plain, step: step)
                try probabilities.add(up[place].softmax(dim: -1), down[place].softmax(dim: -1), plain.softmax(dim: -1), step: step)
            }
            let name = "lie.\(generator.rawValue)"
            figures += [
                .init(name, logits.derivative / values), .init("\(name).kink", logits.kink / values),
                .init("\(name).probabilities", probabilities.derivative / values),
                .init("\(name).probabilities.kink", probabilities.kink / values),
            ]
            progress.advance(1)
        }
        figures.append(.init("lie.images", Double(images.indices.count)))
        return Measurement(figures: figures, tables: [images.table])
    }
}

/// One-parameter groups of the plane: g(t) = exp(tX).
public enum LieGenerator: String, CaseIterable, Sendable {
    /// t in radians, anticlockwise.
    case rotation
    /// The picture becomes e^t times as large.
    case scale
    /// x ← x + t·y, in pixels.
    case shear
    /// t in pixels, to the right.
    case translationX = "translation-x"
    /// t in pixels, down.
    case translationY = "translation-y"

    /// The sampling matrix of T_g(t) on an image of that size.
    public func transformation(_ t: Double, height: Int, width: Int) -> [Double] {
        let aspect = Double(height) / Double(width)
        return switch self {
        case .rotation: Transformation.rotation(degrees: t * 180 / .pi, aspect: aspect).sampling
        case .scale: Transformation.scaling(exp(t)).sampling
        case .shear: Transformation.shear(t, aspect: aspect).sampling
        case .translationX: Transformation.shift(x: t, y: 0, height: height, width: width).sampling
        case .translationY: Transformation.shift(x: 0, y: t, height: height, width: width).sampling
        }
    }

    /// The t that moves the middle of a side of the image by that many pixels: of the right or left side under a
    /// rotation or scaling, of the upper or lower under a shear, in an image that is as high as wide; else of the
    /// longer one.
    public func step(pixels: Double, height: Int, width: Int) -> Double {
        switch self {
        case .translationX, .translationY: pixels
        case .rotation, .scale, .shear: 2 * pixels / Double(max(height, width))
        }
    }

    /// d/dt f(T_g(t) x) at t = 0, by a central difference; images N×C×H×W, zeros outside.
    public func derivative(of function: (Tensor) throws -> Tensor, at images: Tensor, step: Double) throws -> Tensor {
        let (count, height, width) = (try images.size(0), try images.size(-2), try images.size(-1))
        func value(_ t: Double) throws -> Tensor {
            let theta = try Tensor(transformation(t, height: height, width: width), [1, 2, 3]).to(
                device: images.device, dtype: images.dtype)
            return try function(
                images.warp(theta.expand([count, 2, 3]).contiguous(), height: height, width: width, paddingMode: .zeros))
        }
        return try (value(step) - value(-step)) * (0.5 / step)
    }
}
