/// p-values corrected for their number, so that the chance of any false claim among them stays at the level (S. Holm, *A simple
/// sequentially rejective multiple test procedure*, Scandinavian Journal of Statistics 6, 1979). No assumption about dependence.
public enum Holm {
    /// In the order given; never below the original, never above 1.
    public static func corrected(_ values: [Double]) -> [Double] {
        var result = values
        var largest = 0.0
        for (rank, index) in values.indices.sorted(by: { values[$0] < values[$1] }).enumerated() {
            largest = max(largest, min(1, Double(values.count - rank) * values[index]))
            result[index] = largest
        }
        return result
    }
}
