import ZooKit

/// Shifts: θ = [1 0 tx; 0 1 ty], with tx and ty in half sides of the image.
final class Translation: AffineFamily {
    static let id = "translation"
    static let summary = "Translations: 2 parameters, along x and y in half sides of the image"
    static let paper = "arXiv:1506.02025"

    let parameters = Parameters()
    let identity: [Double] = [0, 0]
    let settings: WarpSettings

    init(_ build: Build) throws { settings = try WarpSettings(build) }

    func transformation(_ parameters: Tensor) throws -> Tensor {
        let p = try columns(parameters)
        let zero = try Tensor.zerosLike(p[0])
        let one = try zero + 1
        return try matrix([one, zero, p[0], zero, one, p[1]])
    }
}
