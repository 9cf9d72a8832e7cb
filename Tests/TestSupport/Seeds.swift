public import Foundation

/// The seeds of a property test. A seed decides one case entirely: its shape and its numbers.
///
/// By default a test tries seeds 0, 1, …, count − 1, so every run of the tests is the same. Three variables of the environment change
/// that, for `make explore` and to repeat a case: ZOO_TEST_SEED is the first seed, ZOO_TEST_CASES the number of seeds of each test,
/// and ZOO_TEST_SECONDS tries further seeds until that time is over.
///
/// `make explore` finds the tests by their names, which therefore end in `OverSeeds`.
public struct Seeds: Sequence, IteratorProtocol {
    public struct Invalid: Error, CustomStringConvertible {
        public let description: String
    }

    private let test: String
    private let first: UInt64
    private let count: UInt64
    private let seconds: Double?
    private let began = ContinuousClock.now
    private let announces: Bool
    private var tried: UInt64 = 0

    public init(
        _ count: Int, environment: [String: String] = ProcessInfo.processInfo.environment, file: String = #fileID,
        function: String = #function
    ) throws {
        test = "\(file.split(separator: "/").last?.split(separator: ".").first ?? ""): \(function)"
        guard function.prefix(while: { $0 != "(" }).hasSuffix("OverSeeds") else {
            throw Invalid(description: "\(test): the name of a test over seeds must end in 'OverSeeds', as 'make explore' looks for that")
        }
        func number<N: LosslessStringConvertible & Comparable>(_ name: String, above least: N?) throws -> N? {
            guard let text = environment[name] else { return nil }
            guard let number = N(text), number == number, least.map({ number > $0 }) ?? true else {
                throw Invalid(description: "\(name) is '\(text)', expected a number\(least.map { " above \($0)" } ?? "")")
            }
            return number
        }
        let (seed, cases): (UInt64?, UInt64?) = (try number("ZOO_TEST_SEED", above: nil), try number("ZOO_TEST_CASES", above: 0))
        (first, self.count) = (seed ?? 0, cases ?? UInt64(count))
        seconds = try number("ZOO_TEST_SECONDS", above: 0)
        announces = seed != nil || cases != nil || seconds != nil
        guard self.count > 0 else { throw Invalid(description: "\(test): no seeds") }
    }

    public mutating func next() -> UInt64? {
        let isOver = seconds.map { tried > 0 && ContinuousClock.now - began > .seconds(Swift.min($0, 1e9)) } ?? (tried == count)
        guard !isOver else {
            if announces { print("\(test) tried \(tried) seeds from \(first)") }
            return nil
        }
        tried += 1
        return first &+ (tried - 1)
    }
}
