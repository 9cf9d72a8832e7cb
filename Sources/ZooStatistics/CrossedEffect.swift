/// Whether a mean over seeds × images differs from 0, when both the seeds and the images are a sample of many: the test and interval
/// that a claim about two architectures needs.
///
/// The difference of seed s on image i is taken as μ + a_s + b_i + e_si with random a, b and e. From the mean squares of a two-way
/// table without repetition,
///
///     Var(mean) = (MS_seed + max(MS_image − MS_rest, 0)) / (S·N)
///
/// and mean / √Var is compared with Student's t of (MS_seed + max(MS_image − MS_rest, 0))² / (MS_seed² / (S − 1)) degrees of freedom.
/// This is the analysis of readers × cases in radiology, readers being our seeds: D. D. Dorfman, K. S. Berbaum, C. E. Metz,
/// *Investigative Radiology* 27, 1992, with the degrees of freedom of S. L. Hillis, *Statistics in Medicine* 26, 2007. Unlike a t
/// test over seeds it knows that the test images are a sample; unlike a test over images that training is.
public struct CrossedEffect: Codable, Sendable, Equatable {
    public let mean: Double
    public let standardError: Double
    public let degreesOfFreedom: Double
    /// Two-sided.
    public let p: Double
    public let interval: Interval
    /// Components of the variance of a single value: what seeds, images and all else add. Estimates, not below 0.
    public let seedVariance, imageVariance, restVariance: Double

    /// nil for fewer than two seeds or two images.
    public init?(_ values: PairedDifferences, level: Double = 0.95) {
        let (s, n) = (Double(values.seeds), Double(values.images))
        guard values.seeds > 1, values.images > 1 else { return nil }
        var rest = 0.0
        for seed in 0..<values.seeds {
            let offset = values.mean - values.seedMeans[seed]
            for image in 0..<values.images {
                let residual = values[seed, image] - values.imageMeans[image] + offset
                rest += residual * residual
            }
        }
        self.init(
            CrossedSquares(
                mean: values.mean, seeds: s, images: n, seedSquares: n * values.seedMeans.variance,
                imageSquares: s * values.imageMeans.variance, rest: rest / ((s - 1) * (n - 1))),
            level: level)
    }

    init(_ squares: CrossedSquares, level: Double) {
        (mean, standardError, degreesOfFreedom, p) = (squares.mean, squares.standardError, squares.degreesOfFreedom, squares.p)
        let half = StudentT(degrees: degreesOfFreedom).quantile((1 + level) / 2) * standardError
        interval = Interval(low: mean - half, high: mean + half, level: level, method: .crossed)
        seedVariance = max(0, (squares.seedSquares - squares.rest) / squares.images)
        imageVariance = max(0, (squares.imageSquares - squares.rest) / squares.seeds)
        restVariance = squares.rest
    }
}

/// The mean squares of a two-way table of seeds × images, and what they say of its mean.
struct CrossedSquares {
    let mean, seeds, images, seedSquares, imageSquares, rest: Double

    private var numerator: Double { seedSquares + max(imageSquares - rest, 0) }
    var standardError: Double { (numerator / (seeds * images)).squareRoot() }

    var degreesOfFreedom: Double {
        // Without any variation between seeds the images alone decide.
        seedSquares > 0 ? min(numerator * numerator / (seedSquares * seedSquares) * (seeds - 1), Self.most) : images - 1
    }

    /// Two-sided.
    var p: Double {
        standardError > 0 ? StudentT(degrees: degreesOfFreedom).twoSided(mean / standardError) : mean == 0 ? 1 : 0
    }

    /// Beyond which t is the normal distribution to all digits that are shown.
    private static let most = 1e9
}
