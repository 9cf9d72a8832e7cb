import Glibc
import ZooKit

/// How a filter is rotated by angles that do not fit the pixel grid.
enum Interpolation: String, CaseIterable {
    /// From the four nearest pixels.
    case bilinear
    /// From all pixels, weighted by a Gaussian of the distance: smooths every copy alike, so that they differ in angle
    /// only.
    case gaussian

    /// Standard deviation in pixels.
    static let deviation = 0.6

    /// Weight of a filter's pixel at distance (dx, dy), in pixels, from the place that is read.
    func weight(_ dx: Double, _ dy: Double) -> Double {
        switch self {
        case .bilinear: max(0, 1 - abs(dx)) * max(0, 1 - abs(dy))
        case .gaussian: exp(-(dx * dx + dy * dy) / (2 * Self.deviation * Self.deviation))
        }
    }
}

/// Turns the learned filters of a layer into one copy per group element.
///
/// For a filter on the plane, O×I×k×k, copy g is the filter transformed by g. For one on the group, O×I×|G|×k×k, copy g
/// at h is the filter at g⁻¹h, transformed by g [CW16, arXiv:1602.07576, section 7]. The result is the weight of an
/// ordinary convolution with channels (o, g) and (i, h), the group element fastest.
struct FilterBank {
    let group: PointGroup
    let kernelSize: Int
    /// Whether the filters are functions on the plane: a lifting convolution.
    let lifting: Bool
    /// Share of a random filter's energy that a copy keeps, times the pixels that it uses: what an initial weight is
    /// scaled by.
    let effectivePixels: Double
    private let index: Constant
    /// k²×(N·k²): all rotated copies of a flattened filter by one product; nil where copies are permutations.
    private let rotations: Constant?

    /// - Parameter interpolation: nil for rotations of the pixel grid, where every copy is a permutation of the filter.
    init(_ group: PointGroup, kernelSize kernel: Int, lifting: Bool, interpolation: Interpolation?) throws {
        self.group = group
        kernelSize = kernel
        self.lifting = lifting
        let pixels = kernel * kernel
        let order = group.order
        if let interpolation {
            let matrix = Self.rotationMatrix(kernel, group.rotations, interpolation)
            let energy = matrix.reduce(0) { $0 + $1 * $1 } / Double(group.rotations)
            effectivePixels = energy
            let flat = try Tensor(matrix, [group.rotations * pixels, pixels])
            rotations = Constant(try flat.transpose().contiguous())
            // From (h, k): filter at h, rotated by k, to (g, h).
            let list = (0..<order).flatMap { g in
                lifting ? [Int64(g)] : (0..<order).map { h in Int64(group.product(group.inverse(g), h) * group.rotations + g) }
            }
            index = Constant(try Tensor(list, [list.count]))
        } else {
            effectivePixels = Double(pixels)
            rotations = nil
            // From (h, pixel) to (g, h, pixel).
            let list = (0..<order).flatMap { g in
                let sources = Self.sources(kernel, rotation: group.rotation(of: g), mirror: group.isMirrored(g))
                return (0..<(lifting ? 1 : order)).flatMap { h in
                    sources.map { Int64((lifting ? 0 : group.product(group.inverse(g), h)) * pixels + $0) }
                }
            }
            index = Constant(try Tensor(list, [list.count]))
        }
    }

    /// The weight of an ordinary convolution, (O·|G|)×I×k×k or (O·|G|)×(I·|G|)×k×k. Gradients flow to `weight`.
    func callAsFunction(_ weight: Tensor) throws(ZooError) -> Tensor {
        let (outputs, inputs) = (try weight.size(0), try weight.size(1))
        let over = lifting ? 1 : group.order
        let pixels = kernelSize * kernelSize
        let copies: Tensor
        if let rotations {
            copies = try weight.reshape([outputs * inputs * over, pixels]).matmul(rotations.like(weight))
                .reshape([outputs * inputs, over * group.rotations, pixels]).indexSelect(dim: 1, index: index.on(weight.device))
        } else {
            copies = try weight.reshape([outputs * inputs, over * pixels]).indexSelect(dim: 1, index: index.on(weight.device))
        }
        return try copies.reshape([outputs, inputs, group.order, over, pixels]).permute([0, 2, 1, 3, 4])
            .reshape([outputs * group.order, inputs * over, kernelSize, kernelSize])
    }

    /// Where each pixel of a k×k filter, row by row, comes from when it is mirrored and then turned by quarters
    /// anticlockwise.
    static func sources(_ kernel: Int, rotation: Int, mirror: Bool) -> [Int] {
        let last = kernel - 1
        return (0..<kernel * kernel).map { pixel in
            var (row, column) = (pixel / kernel, pixel % kernel)
            for _ in 0..<rotation { (row, column) = (column, last - row) }
            return row * kernel + (mirror ? last - column : column)
        }
    }

    /// Rows (rotation, pixel), columns pixel: what each rotated copy takes from the filter, inside the disc of radius
    /// k/2.
    ///
    /// Quarter turns are exact: copy k + N/4 is copy k with its pixels permuted.
    private static func rotationMatrix(_ kernel: Int, _ rotations: Int, _ interpolation: Interpolation) -> [Double] {
        let pixels = kernel * kernel
        let centre = Double(kernel - 1) / 2
        let radius = Double(kernel) / 2
        let places = (0..<pixels).map { (x: Double($0 % kernel) - centre, y: Double($0 / kernel) - centre) }
        let inside = places.map { $0.x * $0.x + $0.y * $0.y <= radius * radius }
        let quarter = rotations / 4
        var rows: [[Double]] = []
        for step in 0..<rotations {
            if step >= quarter {
                let before = Array(rows[(step - quarter) * pixels..<(step - quarter + 1) * pixels])
                rows += sources(kernel, rotation: 1, mirror: false).map { before[$0] }
                continue
            }
            let angle = 2 * Double.pi * Double(step) / Double(rotations)
            for (pixel, place) in places.enumerated() {
                guard inside[pixel] else {
                    rows.append([Double](repeating: 0, count: pixels))
                    continue
                }
                let x = place.x * cos(angle) - place.y * sin(angle)
                let y = place.x * sin(angle) + place.y * cos(angle)
                let row = places.indices.map { inside[$0] ? interpolation.weight(places[$0].x - x, places[$0].y - y) : 0 }
                let sum = interpolation == .gaussian ? row.reduce(0, +) : 1
                rows.append(row.map { $0 / sum })
            }
        }
        return rows.flatMap { $0 }
    }
}

/// A tensor that never changes, kept on the device and in the type that it was last wanted in.
final class Constant {
    private var tensor: Tensor
    init(_ tensor: Tensor) { self.tensor = tensor }

    func on(_ device: Device) throws(ZooError) -> Tensor {
        if tensor.device != device { tensor = try tensor.to(device: device) }
        return tensor
    }

    /// Computed in float64; a copy in another type is made at every call, because rounding it twice would lose the
    /// digits.
    func like(_ other: Tensor) throws(ZooError) -> Tensor {
        try on(other.device).to(dtype: other.dtype)
    }
}
