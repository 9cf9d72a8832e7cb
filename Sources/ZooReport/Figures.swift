import Foundation
import ZooCore

/// A fraction in percent with two decimals: 0.0123 as "1.23". The unit belongs into the column's title.
func percent(_ fraction: Double) -> String { fixed(100 * fraction, 2) }

/// A number with that many decimals; "nan" and "inf" stay words.
func fixed(_ number: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", number) }

/// One digit and a power of ten: 3e-7.
func scientific(_ number: Double) -> String {
    guard number.isFinite, number != 0 else { return number == 0 ? "0" : "\(number)" }
    let text = String(format: "%.0e", number).components(separatedBy: "e")
    return "\(text[0])e\(text.count > 1 ? Int(text[1]) ?? 0 : 0)"
}

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
    let encoder = ResultCoding.encoder
    encoder.dateEncodingStrategy = .iso8601
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
}
