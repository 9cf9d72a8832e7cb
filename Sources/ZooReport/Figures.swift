import Foundation
import ZooHarness

/// A fraction in percent with two decimals: 0.0123 as "1.23". The unit belongs into the column's title.
func percent(_ fraction: Double) -> String { fixed(100 * fraction, 2) }

/// A number with that many decimals; "nan" and "inf" stay words.
func fixed(_ number: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", number) }

/// A whole number with commas: 12,345.
func withCommas(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var result = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { result += "," }
        result.append(digit)
    }
    return result
}

/// A positive number of unknown origin, rounded and with commas.
func withCommas(_ number: Double) -> String { withCommas(Int(number.isFinite ? min(max(number.rounded(), -1e15), 1e15) : 0)) }

/// JSON for machines: indented, keys in order, so that two outputs can be compared line by line.
public func jsonText(_ value: some Encodable) throws -> String {
    String(decoding: try ResultCoding.encoder.encode(value), as: UTF8.self) + "\n"
}
