import Foundation
import TestSupport

/// What SciPy says; Tests/Fixtures/make_statistics.py writes it.
struct StatisticsFixture: Decodable {
    struct Distributions: Decodable {
        /// Rows of arguments followed by the expected values.
        let normal, t_quantile, t_two_sided, beta, binomial: [[Double]]
    }
    struct Intervals: Decodable {
        struct Mean: Decodable {
            let values: [Double]
            let low, high: Double
        }
        struct Share: Decodable {
            let k, n: Int
            let wilson, exact: [Double]
        }
        let means: [Mean]
        let proportions: [Share]
    }
    struct Tests: Decodable {
        struct Discordant: Decodable {
            let b, c: Int
            let exact, mid_p: Double
        }
        struct Flips: Decodable {
            let values: [Double]
            let p: Double
        }
        struct Corrected: Decodable { let p, corrected: [Double] }
        let mcnemar: [Discordant]
        let sign_flip: [Flips]
        let holm: Corrected
    }
    struct Crossed: Decodable {
        let differences: [[Double]]
        let mean, error, degrees, low, high, p, dz: Double
    }
    struct Bootstraps: Decodable {
        struct OneRow: Decodable {
            let values: [Double]
            let low, high, error: Double
        }
        struct Table: Decodable {
            let differences: [[Double]]
            let low, high, error: Double
        }
        let one_row: OneRow
        let crossed: Table
    }
    struct Line: Decodable {
        struct Range: Decodable { let low, high, error: Double }
        let ratio: Double
        let x, y: [Double]
        let slope, intercept, spread, r_squared: Double
        let bootstrap: Range?
    }
    struct Contrasts: Decodable {
        struct Paired: Decodable {
            let weights: [Double]
            let terms: [[Double]]
            let estimate, p, low, high: Double
            /// Rows of target, margin and p.
            let near: [[Double]]
        }
        struct Deviations: Decodable {
            let first, second: [Double]
            let estimate, degrees, p: Double
        }
        let paired: [Paired]
        let deviations: [Deviations]
    }
    let distributions: Distributions
    let intervals: Intervals
    let tests: Tests
    let crossed: [Crossed]
    let bootstraps: Bootstraps
    let deming: [Line]
    let contrasts: Contrasts

    static func load() throws -> StatisticsFixture {
        try JSONDecoder().decode(StatisticsFixture.self, from: Data(contentsOf: Repository.fixture("statistics.json")))
    }
}

/// Equal to a relative and absolute 1e-6: six digits are more than any report shows.
func agrees(_ a: Double, _ b: Double, within tolerance: Double = 1e-6) -> Bool {
    abs(a - b) <= tolerance * max(1, abs(b)) || a == b
}
