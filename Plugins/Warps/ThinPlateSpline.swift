import ZooKit

/// Thin-plate splines: K control points on a regular grid over the warped image, each told where in the image to
/// sample; between them the smoothest interpolation there is [JSZK15, arXiv:1506.02025, section 3.2; Bookstein, IEEE
/// TPAMI 11(6), 1989].
///
/// The points lie row by row from (-1, -1) to (1, 1), edges included. Parameters are their offsets x₁ y₁ … x_K y_K; θ,
/// N×K×2, is where they sample. Splines are closed neither under composition nor under inversion.
final class ThinPlateSpline: SpatialTransformer, Component {
    static let id = "tps"
    static let summary = "Thin-plate splines: an x and y offset for every control point of a grid"
    static let paper = "arXiv:1506.02025"
    static let options =
        WarpSettings.options + [Option.ints("grid", default: [4, 4], in: 2...32, "rows and columns of control points")]

    let parameters = Parameters()
    let parameterCount: Int
    let identity: [Double]
    let composes = false
    let inverts = false
    private let settings: WarpSettings
    /// The control points, K×2, float64.
    private let points: Tensor
    /// Values at the control points to the spline's weights and affine part, (K + 3)×K, float64.
    private let solution: Tensor
    private var bases: [Size: Basis] = [:]

    private struct Size: Hashable { let height, width: Int, dtype: DType?, device: Device }

    /// What a warp to one size needs, however often: pixel centres P×2, control points K×2, and the P×K weights of the
    /// points.
    private struct Basis { let centres, points, weights: Tensor }

    init(_ build: Build) throws {
        settings = try WarpSettings(build)
        let grid = try build.ints("grid")
        guard grid.count == 2 else {
            throw ZooError("'grid' is rows and columns; \(grid.count) numbers were given", .badArgument)
        }
        let (rows, columns) = (grid[0], grid[1])
        let count = rows * columns
        parameterCount = 2 * count
        identity = [Double](repeating: 0, count: 2 * count)
        points = try Self.lattice(rows, columns) { 2 * Double($0) / Double($1 - 1) - 1 }
        // [U P; Pᵀ 0] · [weights; affine] = [values; 0], with P = [1 x y] at the control points.
        let affine = try Tensor.cat([Tensor.ones([count, 1], dtype: .float64), points], dim: 1)
        let system = try Tensor.cat(
            [
                Tensor.cat([Self.kernel(points, points), affine], dim: 1),
                Tensor.cat([affine.transpose(), Tensor.zeros([3, 3], dtype: .float64)], dim: 1),
            ])
        solution = try system.solve(Tensor.eye(count + 3, dtype: .float64).narrow(dim: 1, start: 0, length: count))
    }

    func outputSize(height: Int, width: Int) -> (height: Int, width: Int) { settings.outputSize(height: height, width: width) }

    func transformation(_ parameters: Tensor) throws -> Tensor {
        let shape = parameters.shape
        guard shape.count == 2, shape[1] == parameterCount else {
            throw ZooError("family 'tps' takes parameters of shape N×\(parameterCount), not \(shape)", .badArgument)
        }
        return try parameters.reshape([-1, parameterCount / 2, 2]) + points.to(device: parameters.device, dtype: parameters.dtype)
    }

    func warp(_ images: Tensor, _ theta: Tensor, height: Int, width: Int) throws -> Tensor {
        let shape = theta.shape
        guard shape.count == 3, shape[1] == parameterCount / 2, shape[2] == 2 else {
            throw ZooError("θ of family 'tps' is N×\(parameterCount / 2)×2, not \(shape)", .badArgument)
        }
        guard height > 0, width > 0 else { throw ZooError("a warp to \(height)×\(width) pixels", .badArgument) }
        let basis = try basis(height, width, like: theta)
        // The spline of the offsets on top of the pixel centres, so that no offset is exactly the identity.
        let grid = try basis.centres + basis.weights.matmul(theta - basis.points)
        return try images.gridSample(grid.reshape([-1, height, width, 2]), paddingMode: settings.paddingMode)
    }

    private func basis(_ height: Int, _ width: Int, like theta: Tensor) throws -> Basis {
        let size = Size(height: height, width: width, dtype: theta.dtype, device: theta.device)
        if let known = bases[size] { return known }
        let made = try noGrad {
            let centres = try Self.lattice(height, width) { (2 * Double($0) + 1) / Double($1) - 1 }
            let count = try centres.size(0)
            let terms = try Tensor.cat([Self.kernel(centres, points), Tensor.ones([count, 1], dtype: .float64), centres], dim: 1)
            let list = try [centres, points, terms.matmul(solution)].map { try $0.to(device: theta.device, dtype: theta.dtype) }
            return Basis(centres: list[0], points: list[1], weights: list[2])
        }
        bases[size] = made
        return made
    }

    /// Points row by row, (rows · columns)×2, x before y, float64.
    private static func lattice(_ rows: Int, _ columns: Int, _ place: (_ index: Int, _ count: Int) -> Double) throws -> Tensor {
        let values = (0..<rows).flatMap { row in (0..<columns).flatMap { [place($0, columns), place(row, rows)] } }
        return try Tensor(values, [rows * columns, 2])
    }

    /// U(r) = r² log r² between every point of `a` (A×2) and of `b` (B×2), A×B; 0 where they meet.
    private static func kernel(_ a: Tensor, _ b: Tensor) throws -> Tensor {
        let difference = try a.unsqueeze(dim: 1) - b.unsqueeze(dim: 0)
        let square = try (difference * difference).sum(dim: [2])
        let meeting = try square.eq(square * 0).to(dtype: .float64)
        return try square * (square + meeting).log()
    }
}
