package import ZooCore
package import ZooKit

extension Option {
    /// What a manifest gives for this option.
    ///
    /// - Throws: `config` naming file, JSON path, and what was expected.
    package func setting(_ place: JSONPlace) throws(HostError) -> Setting {
        // As integers the bounds may be open, and then no Int can hold them.
        let low = range.lowerBound > -9e18 ? Int(range.lowerBound.rounded(.up)) : Int.min
        let high = range.upperBound < 9e18 ? Int(range.upperBound.rounded(.down)) : Int.max
        switch type {
        case .bool: return .bool(try place.bool())
        case .int: return .int(try place.int(in: low...max(low, high)))
        case .double: return .double(try place.double(in: range))
        case .string:
            let text = try place.string()
            if let choices, !choices.contains(text) {
                throw place.error("expected one of \(choices.joined(separator: ", ")), found \"\(text)\"\(suggestion(text, choices))")
            }
            return .string(text)
        case .ints:
            var list: [Int] = []
            for item in try place.array() { list.append(try item.int(in: low...max(low, high))) }
            return .ints(list)
        case .doubles:
            var list: [Double] = []
            for item in try place.array() { list.append(try item.double(in: range)) }
            return .doubles(list)
        }
    }
}
