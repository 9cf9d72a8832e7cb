/// p-values corrected for their number, so that the chance of any false claim among them stays at the level (S. Holm, *A simple
/// sequentially rejective multiple test procedure*, Scandinavian Journal of Statistics 6, 1979). No assumption about dependence.
public enum Holm {
    /// In the order given; never below the original, never above 1.
    public static func corrected(_ values: [Double]) -> [Double] {
        var result = values
        var largest = 0.0
        // Values beside their places, as there are half a million of a thousand entries.
        let order = zip(values, values.indices).sorted { $0.0 < $1.0 }
        for (rank, (value, index)) in order.enumerated() {
            largest = max(largest, min(1, Double(values.count - rank) * value))
            result[index] = largest
        }
        return result
    }
}
