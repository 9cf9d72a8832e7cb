import Glibc
import ZooHost
public import ZooKit
import ZooStore

/// The derivative of a network's output under an infinitesimal transformation of its input [Gruver et al., arXiv:2210.02984].
struct LieProbe: ConfigurableProbe {
    static let name = "lie"
    static let summary = "Lie-derivative error of logits and probabilities under rotation, scaling, shear and translation"
    static let needs: Set<ProbeNeed> = []
    static let options = [
        images(default: 250),
        Option.double("step", default: 0.1, in: 0.0001...10, "pixels that the image's edge moves by in the central difference"),
    ]

    let configuration: ProbeSettings

    func run(on subject: ProbeSubject, progress: any ProgressListener) throws -> Measurement {
        let images = try ProbeImages(subject, count: configuration.int("images"), upright: true)
        progress.begin("\(subject.network.entry.id): Lie derivatives", total: LieGenerator.allCases.count, unit: "generators")
        defer { progress.finish() }
        var figures: [Measurement.Figure] = []
        for generator in LieGenerator.allCases {
            var (logits, probabilities, values) = (0.0, 0.0, 0)
            let step = generator.step(pixels: configuration.double("step"), height: images.shape.height, width: images.shape.width)
            func outputs(_ amount: Double) throws -> [Tensor] {
                let theta = generator.transformation(amount, height: images.shape.height, width: images.shape.width)
                var list: [Tensor] = []
                try images.forEachBatch(through: theta) { list.append(try subject.logits($0).to(dtype: .float64)) }
                return list
            }
            for (up, down) in zip(try outputs(step), try outputs(-step)) {
                func square(_ up: Tensor, _ down: Tensor) throws -> Double {
                    let derivative = try (up - down) * (0.5 / step)
                    return try (derivative * derivative).sum().item()
                }
                logits += try square(up, down)
                probabilities += try square(up.softmax(-1), down.softmax(-1))
                values += up.count
            }
            figures += [
                .init("lie.\(generator.rawValue)", logits / Double(values)),
                .init("lie.\(generator.rawValue).probabilities", probabilities / Double(values)),
            ]
            progress.advance(1)
        }
        figures.append(.init("lie.images", Double(images.indices.count)))
        return Measurement(figures: figures)
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

    /// The t that moves the middle of an edge of the image by that many pixels.
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
            let theta = try Tensor(transformation(t, height: height, width: width), [1, 2, 3]).to(dtype: images.dtype)
            return try function(
                images.warped(theta.expanded([count, 2, 3]).contiguous(), height: height, width: width, padding: .zeros))
        }
        return try (value(step) - value(-step)) * (0.5 / step)
    }
}
