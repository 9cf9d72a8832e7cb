import ZooCore
import ZooData
public import ZooKit

/// The affine map of the plane that brings one set of feature maps nearest to another, one map for all images and channels.
///
/// T_h is linear in the values of a map and the same for all channels and images. So the squared distance of T_h A and B, for
/// maps A and B of P positions, depends on A and B only through the P×P matrices A·Aᵀ and A·Bᵀ, summed over images and channels
/// once. After that a map h costs some 20 multiplications per position, however many images and channels there are, and
/// thousands can be tried.
public struct AlignmentSearch {
    private let height, width: Int
    /// Positions u where T_h A and B are compared.
    private let region: [Int]
    private let aa, ab: [Double]
    private let norm, bb: Double

    /// The most positions that are searched on; larger maps are averaged down.
    private static let most = 1024

    /// - Parameters:
    ///   - a, b: N×C×H×W.
    ///   - mask: H×W, where the two are compared: not 0.
    public init(_ a: Tensor, _ b: Tensor, mask: [Bool]) throws {
        var (a, b, mask) = (a, b, mask)
        var (height, width) = (try a.size(-2), try a.size(-1))
        while height * width > Self.most, height >= 4, width >= 4 {
            a = try a.avgPool2d(kernelSize: 2)
            b = try b.avgPool2d(kernelSize: 2)
            let wide = width
            let old = mask
            (height, width) = (height / 2, width / 2)
            let narrow = width
            mask = (0..<height * width).map { place in
                let corner = place / narrow * 2 * wide + place % narrow * 2
                return old[corner] && old[corner + 1] && old[corner + wide] && old[corner + wide + 1]
            }
        }
        (self.height, self.width) = (height, width)
        region = mask.indices.filter { mask[$0] }
        let positions = height * width
        func matrix(_ maps: Tensor) throws -> Tensor {
            try maps.permute([2, 3, 0, 1]).reshape([positions, maps.size(0) * maps.size(1)]).to(dtype: .float64)
        }
        let (rowsA, rowsB) = (try matrix(a), try matrix(b))
        aa = try rowsA.matmul(rowsA.transpose()).doubles()
        // Row u, so that one position's products lie together.
        ab = try rowsB.matmul(rowsA.transpose()).doubles()
        let squares = try (rowsB * rowsB).sum(dim: [1]).doubles()
        bb = region.reduce(0) { $0 + squares[$1] }
        norm = bb
    }

    /// ‖T_h A − B‖ / ‖B‖ over the region, for the sampling matrix of T_h; outside the map is its edge.
    public func distance(_ h: [Double]) -> Double {
        guard norm > 0 else { return .nan }
        let (w, hgt) = (Double(width), Double(height))
        let positions = width * height
        var sum = bb
        aa.withUnsafeBufferPointer { aa in
            ab.withUnsafeBufferPointer { ab in
                for u in region {
                    let x = (2 * Double(u % width) + 1) / w - 1
                    let y = (2 * Double(u / width) + 1) / hgt - 1
                    // From coordinates of [-1, 1] to pixels, kept within the map.
                    let px = min(max(((h[0] * x + h[1] * y + h[2]) * w + w - 1) / 2, 0), w - 1)
                    let py = min(max(((h[3] * x + h[4] * y + h[5]) * hgt + hgt - 1) / 2, 0), hgt - 1)
                    guard px == px, py == py else { continue }
                    let (x0, y0) = (Int(px), Int(py))
                    let (x1, y1) = (min(x0 + 1, width - 1), min(y0 + 1, height - 1))
                    let (fx, fy) = (px - Double(x0), py - Double(y0))
                    let (p00, p01, p10, p11) = (y0 * width + x0, y0 * width + x1, y1 * width + x0, y1 * width + x1)
                    let (w00, w01, w10, w11) = ((1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy)
                    let (r00, r01, r10, r11) = (p00 * positions, p01 * positions, p10 * positions, p11 * positions)
                    let squares =
                        w00 * w00 * aa[r00 + p00] + w01 * w01 * aa[r01 + p01] + w10 * w10 * aa[r10 + p10] + w11 * w11 * aa[r11 + p11]
                    let mixed =
                        w00 * (w01 * aa[r00 + p01] + w10 * aa[r00 + p10] + w11 * aa[r00 + p11])
                        + w01 * (w10 * aa[r01 + p10] + w11 * aa[r01 + p11]) + w10 * w11 * aa[r10 + p11]
                    let row = u * positions
                    let product = w00 * ab[row + p00] + w01 * ab[row + p01] + w10 * ab[row + p10] + w11 * ab[row + p11]
                    sum += squares + 2 * mixed - 2 * product
                }
            }
        }
        return (max(0, sum) / norm).squareRoot()
    }

    /// The nearest map found: all of a coarse grid of rotations, mirrorings and scalings, `hints` and as many random affine maps
    /// as there are restarts are tried, and the simplex method goes on from the best `restarts` of them.
    public func minimise(hints: [[Double]], restarts: Int, seed: UInt64) -> (sampling: [Double], distance: Double) {
        let aspect = Double(height) / Double(width)
        var starts = hints
        for mirror in [1.0, -1.0] {
            for step in 0..<24 {
                let turn = Transformation.rotation(degrees: Double(step) * 15, aspect: aspect).sampling
                for factor in [0.5, 0.7, 1, 1.4, 2] {
                    starts.append([mirror * turn[0] / factor, mirror * turn[1] / factor, 0, turn[3] / factor, turn[4] / factor, 0])
                }
            }
        }
        var random = RandomStream(seed: seed, "probe/alignment").sequence()
        for _ in 0..<restarts { starts.append((0..<6).map { random.normal() * ($0 % 3 == 2 ? 0.3 : 0.8) }) }
        let ranked = starts.map { (point: $0, value: distance($0)) }.sorted { $0.value < $1.value }
        var best = ranked.first ?? (Perturbation.identity, .infinity)
        for start in ranked.prefix(restarts) {
            let found = NelderMead.minimise(from: start.point, step: 0.1, evaluations: 400) { distance($0) }
            if found.value < best.value { best = found }
        }
        return (best.point, best.value)
    }
}
