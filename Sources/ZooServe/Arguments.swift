import Foundation
import ZooCore
import ZooPages

/// The arguments of a request's query, checked.
struct Arguments {
    private let request: HTTPRequest

    init(_ request: HTTPRequest) { self.request = request }

    private func wrong(_ name: String, _ expected: String, _ found: String) -> HostError {
        HostError(.usage, file: "the request", field: name, expected: expected, found: "'\(found.prefix(40))'")
    }

    func text(_ name: String) throws(HostError) -> String {
        guard let text = request.argument(name), !text.isEmpty else { throw wrong(name, "a value", "") }
        return text
    }

    /// Separated by commas; nil if it is not given.
    func list(_ name: String) throws(HostError) -> [String]? {
        guard let text = request.argument(name) else { return nil }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard !parts.contains("") else { throw wrong(name, "values with commas between", text) }
        return parts
    }

    func int(_ name: String, in range: ClosedRange<Int>) throws(HostError) -> Int? {
        guard let text = request.argument(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw wrong(name, "a number from \(range.lowerBound) to \(range.upperBound)", text)
        }
        return value
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(HostError) -> Double? {
        guard let text = request.argument(name) else { return nil }
        guard let value = Double(text), range.contains(value) else {
            throw wrong(name, "a number from \(plain(range.lowerBound)) to \(plain(range.upperBound))", text)
        }
        return value
    }

    func choice(_ name: String, _ choices: [String]) throws(HostError) -> String? {
        guard let text = request.argument(name) else { return nil }
        guard choices.contains(text) else { throw wrong(name, choices.joined(separator: " or "), text) }
        return text
    }
}

/// Those of a look.
struct LookArguments {
    let request: LookRequest

    init(_ raw: HTTPRequest, _ defaultDataSet: String) throws(HostError) {
        let arguments = Arguments(raw)
        guard let entries = try arguments.list("entry"), entries.count <= 16 else {
            throw HostError(
                .usage, file: "the request", field: "entry", expected: "1 to 16 ids of entries, with commas between", found: "others")
        }
        var drawing: Data?
        if let text = raw.argument("drawing") {
            guard let levels = Data(base64Encoded: text) else {
                throw HostError(.usage, file: "the request", field: "drawing", expected: "grey levels in base64", found: "others")
            }
            drawing = levels
        }
        request = LookRequest(
            entries: entries, dataset: raw.argument("dataset") ?? defaultDataSet,
            seed: UInt64(try arguments.int("seed", in: 0...Int.max) ?? 0),
            image: try arguments.int("image", in: 0...Int(Int32.max)) ?? 0, drawing: drawing,
            rotation: try arguments.number("rotation", in: -360...360) ?? 0, scale: try arguments.number("scale", in: 0.1...10) ?? 1,
            shear: try arguments.number("shear", in: -3...3) ?? 0, x: try arguments.number("x", in: -1000...1000) ?? 0,
            y: try arguments.number("y", in: -1000...1000) ?? 0)
    }
}
