/// What is cheaper or better than everything else.
public enum ParetoFront {
    /// Whether each point of cost and error, less of both being better, is dominated by none: there is no other that is no worse in both
    /// and better in one.
    public static func members(_ points: [(cost: Double, value: Double)]) -> [Bool] {
        points.map { point in
            !points.contains { other in
                other.cost <= point.cost && other.value <= point.value && (other.cost < point.cost || other.value < point.value)
            }
        }
    }
}
