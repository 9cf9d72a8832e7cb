import Foundation
import ZooCore
package import ZooData
import ZooHost
package import ZooKit
import ZooManifest

/// What an entry's spatial transformer makes of one test image in several poses: the figures of [FJL20, arXiv:2004.11678].
package struct PosedPictures: Sendable {
    /// The image in one pose.
    package struct Frame: Sendable {
        package let pose: String
        package let input: Picture
        /// Where each iteration samples the image: corners of the output in the input, clockwise from the upper left, in [-1, 1]; the last
        /// one is what counts. Empty where θ is no matrix.
        package let corners: [[(x: Double, y: Double)]]
        /// What each iteration makes of the image; of the last one, what the classifier sees. Empty for transformers of feature maps.
        package let aligned: [Picture]
        /// Features before they are transformed, of transformers of feature maps, and what the classifier goes on with.
        package let before: Picture?
        package let features: Picture
        /// ‖X − X₀‖ / ‖X₀‖ of these features X against those of the first pose.
        package let distance: Double
        package let label, prediction: String
        package let confidence: Double
    }

    package let frames: [Frame]
    /// Whether feature maps are transformed.
    package let transformsFeatures: Bool
}

/// A pose to see an image in.
package struct NamedPose: Sendable {
    package let name: String
    /// Output to input, 2×3.
    package let sampling: [Double]

    /// Poses that show what a data set does: the first one upright.
    package static func typical(of dataSet: DataSet, shape: ImageShape) -> [NamedPose] {
        let upright = NamedPose(name: "upright", sampling: Perturbation.identity)
        switch dataSet.imageProtocol.perturbation {
        case .translation(let pixels):
            let far = Double(pixels) * 0.75
            let shifts: [(Double, Double)] = [(-far, -far), (far, -far), (-far, far), (far, far)]
            return [upright]
                + shifts.map { x, y in
                    let shift = Transformation.shift(x: x, y: y, height: shape.height, width: shape.width)
                    return NamedPose(name: "\(plain(x)), \(plain(y)) px", sampling: shift.sampling)
                }
        case .scaling(let exponents):
            let (least, most) = (exponents.lowerBound, exponents.upperBound)
            let factors: [Double] = [least, least / 2, most / 2, most].filter { $0 != 0 }.map { exp2($0) }
            return [upright]
                + factors.map { factor in
                    NamedPose(name: "×\(plain((100 * factor).rounded() / 100))", sampling: Perturbation.scaling(factor))
                }
        case .none, .rotation, .similarity, .homography:
            return [upright] + [-90, -45, 45, 90].map { rotation(degrees: $0, shape: shape) }
        }
    }

    package static func rotation(degrees: Double, shape: ImageShape) -> NamedPose {
        let aspect = Double(shape.height) / Double(shape.width)
        return NamedPose(name: "\(plain(degrees))°", sampling: Perturbation.rotation(degrees: degrees, aspect: aspect))
    }
}

extension ProbeSubject {
    /// Looks at one test image in several poses.
    ///
    /// - Parameters:
    ///   - image: its index.
    ///   - poses: the first is what the others' features are compared with.
    /// - Throws: `NotApplicable` if the entry transforms nothing.
    package func pictures(of image: Int, in poses: [NamedPose]) throws -> PosedPictures {
        var loader = try BatchLoader(
            images, of: dataSet.upright, split: .test, batchSize: max(1, poses.count), seed: TestImages.seed, device: EngineControl.device)
        loader.drawsUpright = network.wantsUpright
        let batch = try loader.batch(of: poses.map { _ in image }, thetas: poses.map(\.sampling))
        let recording = Recording()
        let logits = try logits(batch, trace: recording.trace)
        let walk = try PictureWalk(recording, channels: loader.shape.channels)
        let drawing = PictureDrawing(normalisation: dataSet.normalisation)
        let corners = try corners(recording, walk, shape: loader.shape, count: batch.count, strides: strides)
        let inputs = try drawing.images(batch.images)
        let aligned = try alignedImages(batch, walk).map { try drawing.images($0) }
        let channels = try drawing.strongest(walk.features)
        let features = try drawing.features(walk.features, channels)
        let before = try walk.before.map { try drawing.features($0, channels) }
        let distances = try distances(walk.features)
        let answers = try answers(logits, batch)
        return PosedPictures(
            frames: poses.indices.map { place in
                PosedPictures.Frame(
                    pose: poses[place].name, input: inputs[place], corners: corners.map { $0[place] }, aligned: aligned.map { $0[place] },
                    before: before?[place], features: features[place], distance: distances[place], label: answers[place].label,
                    prediction: answers[place].prediction, confidence: answers[place].confidence)
            }, transformsFeatures: walk.before != nil)
    }

    /// The images as each θ samples them; the last as the transformer itself did.
    func alignedImages(_ batch: Batch, _ walk: PictureWalk) throws -> [Tensor] {
        guard walk.before == nil, let last = walk.warped else { return [] }
        let (height, width) = (try last.size(-2), try last.size(-1))
        let earlier = try walk.thetas.dropLast().filter { [[2, 3], [3, 3]].contains(Array($0.shape.dropFirst())) }.map {
            try batch.images.warp($0, height: height, width: width, paddingMode: .border)
        }
        return earlier + [last]
    }

    func corners(
        _ recording: Recording, _ walk: PictureWalk, shape: ImageShape, count: Int, strides: [Double]?
    ) throws -> [[[(x: Double, y: Double)]]] {
        let square: [(x: Double, y: Double)] = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
        func places(_ matrices: [[Double]]) -> [[(x: Double, y: Double)]] {
            matrices.map { m in
                square.map { corner -> (x: Double, y: Double) in
                    func row(_ first: Int) -> Double { m[first] * corner.x + m[first + 1] * corner.y + m[first + 2] }
                    return (row(0) / row(6), row(3) / row(6))
                }
            }
        }
        guard let path = try? SamplingPath(recording, input: shape, strides: strides) else { return [] }
        let total = places(try path.total(count: count))
        // Of iterations on the input every θ is a composed one; of several placements their product alone is a place in the image.
        guard walk.before == nil else { return [total] }
        let earlier = try walk.thetas.dropLast().map { theta in
            let values = try theta.homogeneous().doubles()
            return places((0..<count).map { Array(values[$0 * 9..<($0 + 1) * 9]) })
        }
        return earlier + [total]
    }

    private func distances(_ features: Tensor) throws -> [Double] {
        let values = try features.to(dtype: .float64).doubles()
        let count = features.shape[0]
        let size = values.count / max(1, count)
        func norm(_ body: (Int) -> Double) -> Double { (0..<size).reduce(0) { $0 + body($1) * body($1) }.squareRoot() }
        let own = norm { values[$0] }
        return (0..<count).map { image in norm { values[image * size + $0] - values[$0] } / own }
    }

    func answers(_ logits: Tensor, _ batch: Batch) throws -> [(label: String, prediction: String, confidence: Double)] {
        let heads = images.heads
        let (found, labels) = try (logits.argmax(dim: -1).integers(), batch.labels.integers())
        let sure = try logits.softmax(dim: -1).amax(dim: [-1]).doubles()
        func name(_ list: [Int64], _ image: Int) -> String {
            list[image * heads..<(image + 1) * heads].map { images.classes[Int($0)] }.joined(separator: " ")
        }
        return (0..<batch.count).map { image in
            (name(labels, image), name(found, image), sure[image * heads..<(image + 1) * heads].reduce(1, *))
        }
    }
}

/// The tensors of a trace that pictures are made of.
struct PictureWalk {
    /// Of the transformer that samples the input, or of the last one that samples a feature map.
    private(set) var thetas: [Tensor] = []
    private(set) var warped: Tensor?
    /// The feature map that the last transformer of feature maps sampled.
    private(set) var before: Tensor?
    let features: Tensor

    /// - Throws: `NotApplicable` if nothing was transformed or there are no features.
    init(_ recording: Recording, channels: Int) throws {
        var (open, stage): ([Tensor], Tensor?) = ([], nil)
        var features: Tensor?
        for (name, tensor) in recording.tensors {
            if name.hasPrefix("theta.") {
                open.append(tensor)
            } else if name == "warped" {
                (thetas, open, warped, before) = (open, [], tensor, stage)
                features = stage == nil ? nil : tensor
            } else if name.hasPrefix("stage.") {
                stage = tensor
                if warped != nil, features == nil { features = tensor }
            }
        }
        guard warped != nil else { throw NotApplicable("the entry transforms neither images nor feature maps") }
        guard let features, features.shape.count == 4 else { throw NotApplicable("the entry's trace has no feature maps") }
        self.features = features
    }
}

/// Tensors as pictures.
struct PictureDrawing {
    let normalisation: Normalisation

    /// Images N×C×H×W as they were before they were normalised; of other numbers than 1 and 3 channels the first.
    func images(_ images: Tensor) throws -> [Picture] {
        let channels = images.shape[1] == 3 ? 3 : 1
        let values = try images.to(dtype: .float32).contiguous().floats()
        return try pictures(images.shape, channels: Array(0..<channels), values) { value, channel in
            let (mean, std) = (normalisation.means, normalisation.stds)
            return Double(value) * std[channel % std.count] + mean[channel % mean.count]
        }
    }

    /// The three channels whose responses vary most over all poses.
    func strongest(_ features: Tensor) throws -> [Int] {
        let values = try features.to(dtype: .float32).contiguous().floats()
        let (count, channels, plane) = (features.shape[0], features.shape[1], features.shape[2] * features.shape[3])
        let variances = (0..<channels).map { channel in
            var (sum, squares) = (0.0, 0.0)
            for image in 0..<count {
                let start = (image * channels + channel) * plane
                for value in values[start..<start + plane] {
                    sum += Double(value)
                    squares += Double(value) * Double(value)
                }
            }
            let n = Double(count * plane)
            return squares / n - (sum / n) * (sum / n)
        }
        let order = variances.indices.sorted { (variances[$1], $0) < (variances[$0], $1) }
        return (0..<3).map { order[$0 % order.count] }
    }

    /// Three channels as red, green and blue, each from its least to its largest value over all poses.
    func features(_ features: Tensor, _ channels: [Int]) throws -> [Picture] {
        let values = try features.to(dtype: .float32).contiguous().floats()
        let (count, all, plane) = (features.shape[0], features.shape[1], features.shape[2] * features.shape[3])
        let ranges = channels.map { channel -> (low: Double, high: Double) in
            let own = (0..<count).flatMap { image -> ArraySlice<Float> in
                let start = (image * all + channel) * plane
                return values[start..<start + plane]
            }
            return (Double(own.min() ?? 0), Double(own.max() ?? 1))
        }
        return try pictures(features.shape, channels: channels, values) { value, place in
            let range = ranges[place]
            return range.high > range.low ? (Double(value) - range.low) / (range.high - range.low) : 0
        }
    }

    private func pictures(
        _ shape: [Int], channels: [Int], _ values: [Float], _ level: (_ value: Float, _ place: Int) -> Double
    ) throws -> [Picture] {
        let (height, width, all) = (shape[2], shape[3], shape[1])
        return (0..<shape[0]).map { image in
            var pixels = [UInt8](repeating: 0, count: height * width * channels.count)
            for (place, channel) in channels.enumerated() {
                let start = (image * all + channel) * height * width
                for pixel in 0..<height * width {
                    let value = 255 * level(values[start + pixel], place)
                    pixels[pixel * channels.count + place] = value.isFinite ? UInt8(max(0, min(255, value.rounded()))) : 0
                }
            }
            return Picture(width: width, height: height, channels: channels.count, pixels: pixels)
        }
    }
}
