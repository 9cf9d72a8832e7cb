import Foundation

/// A number without ".0".
package func plain(_ number: Double) -> String { number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)" }

/// "1.5 GiB".
package func inBinaryUnits(_ bytes: Int) -> String {
    let gigabytes = Double(bytes) / Double(1 << 30)
    return gigabytes >= 1 ? String(format: "%.1f GiB", gigabytes) : "\(bytes >> 20) MiB"
}
