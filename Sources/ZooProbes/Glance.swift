package import ZooData
import ZooHost
import ZooKit

/// What an entry makes of one image in one pose, without its features: fast enough to follow a slider.
package struct Glance: Sendable {
    package let input: Picture
    /// What the classifier sees; nil where no image is transformed.
    package let aligned: Picture?
    /// As `PosedPictures.Frame.corners`.
    package let corners: [[(x: Double, y: Double)]]
    /// The angle in degrees by which θ says that the image is turned, as the pose probe takes it; nil without θ, or if θ is no matrix.
    package let angle: Double?
    package let label, prediction: String
    package let confidence: Double
}

extension ProbeSubject {
    /// Looks at one test image in one pose.
    ///
    /// - Parameters:
    ///   - sampling: output to input, 2×3.
    ///   - strides: `self.strides`, which callers keep, since to learn them takes longer than to look.
    package func glance(at image: Int, sampling: [Double], strides: [Double]?) throws -> Glance {
        var loader = try BatchLoader(
            images, of: dataSet.upright, split: .test, batchSize: 1, seed: TestImages.seed, device: EngineControl.device)
        loader.drawsUpright = network.wantsUpright
        let batch = try loader.batch(of: [image], thetas: [sampling])
        let recording = Recording()
        let logits = try logits(batch, trace: recording.trace)
        let drawing = PictureDrawing(normalisation: dataSet.normalisation)
        let answer = try answers(logits, batch)[0]
        let input = try drawing.images(batch.images)[0]
        let walk: PictureWalk
        do { walk = try PictureWalk(recording, channels: loader.shape.channels) } catch is NotApplicable {
            return Glance(
                input: input, aligned: nil, corners: [], angle: nil, label: answer.label, prediction: answer.prediction,
                confidence: answer.confidence)
        }
        let found = try sampled(recording, shape: loader.shape, strides: strides)
        return Glance(
            input: input, aligned: try alignedImages(batch, walk).last.map { try drawing.images($0)[0] },
            corners: try corners(recording, walk, shape: loader.shape, count: 1, strides: strides).map { $0[0] },
            angle: found?.rotation, label: answer.label, prediction: answer.prediction, confidence: answer.confidence)
    }

    /// How the image lies as θ says; nil where no θ is a matrix, as a spline's control points are not, or where it is singular.
    private func sampled(_ recording: Recording, shape: ImageShape, strides: [Double]?) throws -> Pose? {
        let path: SamplingPath
        do { path = try SamplingPath(recording, input: shape, strides: strides) } catch is NotApplicable { return nil }
        return try path.total(count: 1).first.flatMap(Pose.inverse).flatMap {
            Pose(sampling: $0, height: shape.height, width: shape.width)
        }
    }
}
