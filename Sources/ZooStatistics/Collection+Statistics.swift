extension Collection<Double> {
    /// The arithmetic mean; NaN of an empty collection.
    package var mean: Double { reduce(0, +) / Double(count) }

    /// The sample variance, with n − 1 degrees of freedom.
    var variance: Double {
        let centre = mean
        return reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(count - 1)
    }
}

extension [Double] {
    /// A quantile of values that are sorted: linear between neighbours, as NumPy's default (type 7 of Hyndman and Fan). NaN of nothing.
    package func quantile(_ p: Double) -> Double {
        guard let last = indices.last else { return .nan }
        let place = Swift.min(Swift.max(p, 0), 1) * Double(last)
        let index = Swift.min(Int(place), last)
        return self[index] + (place - Double(index)) * (self[Swift.min(index + 1, last)] - self[index])
    }
}
