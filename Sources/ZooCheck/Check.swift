/// One thing that the contract promises and that can be tried on any plugin.
///
/// A check looks at a plugin through the same tables as the host does, and complains. It is repeatable: what is random
/// in it follows from the bench's seed.
public struct Check: Sendable {
    public let name: String
    /// One line: what must hold.
    public let summary: String
    let body: @Sendable (Bench) throws -> Void

    init(_ name: String, _ summary: String, _ body: @escaping @Sendable (Bench) throws -> Void) {
        self.name = name
        self.summary = summary
        self.body = body
    }

    /// All checks, those first that need least of the plugin.
    public static let all: [Check] = loading + settings + inputs + repetition + laws + resources

    /// What a check ended with.
    public enum Verdict: String, Codable, Sendable {
        case passed, failed
        /// It does not apply, or the plugin does not get that far.
        case skipped
    }

    public struct Result: Codable, Sendable {
        public let check: String
        public let verdict: Verdict
        /// What is wrong, or why it was skipped.
        public let details: [String]
        public let seconds: Double
    }

    /// Thrown by a check that does not apply.
    struct Skip: Error { let reason: String }

    /// Runs the check in this process.
    public func run(on bench: Bench) -> Result {
        let start = ContinuousClock.now
        bench.complaints = []
        var verdict = Verdict.passed
        var details: [String] = []
        do {
            try body(bench)
        } catch let skip as Skip {
            verdict = .skipped
            details = [skip.reason]
        } catch {
            bench.complain("\(error)")
        }
        if !bench.complaints.isEmpty { (verdict, details) = (.failed, bench.complaints) }
        return Result(check: name, verdict: verdict, details: details, seconds: (ContinuousClock.now - start) / .seconds(1))
    }
}
