import Foundation
import ZooKit

/// Watches what spatial transformers do to the images, so that a collapse is reported with the result and not hidden in it.
struct Health {
    /// Beyond these, a crop shows a twentieth of the image's area or less, or the image in a twentieth of the crop.
    private static let determinants = 0.05...20
    /// Share of the images from which a warning is given.
    private static let share = 0.05

    private var images = 0
    private var collapsed = 0
    private var exploded = 0
    private var blank = 0
    /// Images whose logits are not all numbers.
    private(set) var notFinite = 0

    /// Takes in one batch's trace.
    mutating func watch(_ recording: Recording, input: Tensor, logits: Tensor) throws {
        let count = try input.size(0)
        images += count
        notFinite += try count - rows(logits).count { $0.allSatisfy(\.isFinite) }
        if let theta = recording.thetas.last, theta.ndim == 3, [[2, 3], [3, 3]].contains(Array(theta.shape.dropFirst())) {
            for matrix in try rows(theta) {
                let width = matrix.count / theta.shape[1]
                let determinant = abs(matrix[0] * matrix[width + 1] - matrix[1] * matrix[width])
                if determinant < Self.determinants.lowerBound { collapsed += 1 }
                if !(determinant <= Self.determinants.upperBound) { exploded += 1 }
            }
        }
        // A crop with next to no contrast, of an image that has some. Feature maps are no crops of the image.
        if let warped = recording["warped"], try warped.ndim == input.ndim && warped.size(1) == input.size(1) {
            let (before, after) = (try contrast(input), try contrast(warped))
            blank += zip(before, after).count { $0 > 0 && $1 < 0.02 * $0 }
        }
    }

    /// The values of each image.
    private func rows(_ tensor: Tensor) throws -> [[Double]] {
        let values = try tensor.doubles()
        let width = max(1, values.count / max(1, tensor.shape.first ?? 1))
        return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<min($0 + width, values.count)]) }
    }

    /// Standard deviation of each image's pixels.
    private func contrast(_ images: Tensor) throws -> [Double] {
        let pixels = try images.flatten()
        let centred = try pixels - pixels.mean(dim: [1], keepdim: true)
        return try (centred * centred).mean(dim: [1]).sqrt().doubles()
    }

    var warnings: [String] {
        guard images > 0 else { return [] }
        func said(_ count: Int, _ text: String) -> String? {
            Double(count) >= Self.share * Double(images)
                ? "\(text) for \(String(format: "%.0f", 100 * Double(count) / Double(images))) % of the images" : nil
        }
        return [
            said(collapsed, "θ has collapsed (determinant below \(Self.determinants.lowerBound))"),
            said(exploded, "θ has exploded (determinant above \(Self.determinants.upperBound))"),
            said(blank, "the warped image is blank"),
        ].compactMap { $0 }
    }
}
