/// How large a difference is, whatever the sample's size.
public enum EffectSize {
    /// Cohen's d_z of paired seeds: the mean difference in units of its standard deviation from seed to seed (J. Cohen, *Statistical
    /// Power Analysis for the Behavioral Sciences*, 1988). nil for fewer than two seeds or without variation.
    public static func dz(_ differences: [Double]) -> Double? {
        guard differences.count > 1 else { return nil }
        let deviation = differences.variance.squareRoot()
        return deviation > 0 ? differences.mean / deviation : nil
    }

    /// The odds ratio of matched pairs with its interval: how many images only the first gets for each that only the second gets.
    ///
    /// It is what McNemar's test is about, and unlike Cohen's h it uses the pairing: two networks that miss the same 2 % and two that miss
    /// different 2 % are told apart by the counts beside it. The interval is Clopper and Pearson's, of the share among the discordant.
    public static func oddsRatio(onlyFirst: Int, onlySecond: Int, level: Double = 0.95) -> (value: Double, interval: Interval)? {
        guard let share = Proportion(onlyFirst, of: onlyFirst + onlySecond) else { return nil }
        func odds(_ p: Double) -> Double { p < 1 ? p / (1 - p) : .infinity }
        let range = share.clopperPearson(level: level)
        return (
            onlySecond > 0 ? Double(onlyFirst) / Double(onlySecond) : .infinity,
            Interval(low: odds(range.low), high: odds(range.high), level: level, method: .clopperPearson)
        )
    }
}
