/// Tasks that are submitted as one array: index + `offset` is a task's number.
public struct SlurmArray: Codable, Sendable, Equatable {
    public let offset: Int
    /// Ascending, from 0.
    public let indices: [ClosedRange<Int>]

    public var count: Int { indices.reduce(0) { $0 + $1.count } }
    public var tasks: [Int] { indices.flatMap { $0.map { $0 + offset } } }

    /// "0-11,14%2": the indices as sbatch takes them.
    public func text(throttle: Int?) -> String {
        indices.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
            + (throttle.map { "%\($0)" } ?? "")
    }

    /// Divides tasks into arrays.
    ///
    /// - Parameters:
    ///   - tasks: their numbers, ascending.
    ///   - limit: `MaxArraySize`, which every index has to be smaller than.
    public static func arrays(of tasks: [Int], limit: Int) -> [SlurmArray] {
        var arrays: [(offset: Int, indices: [ClosedRange<Int>])] = []
        for task in tasks {
            let (offset, index) = (task / limit * limit, task % limit)
            guard let last = arrays.last, last.offset == offset else {
                arrays.append((offset, [index...index]))
                continue
            }
            if let range = last.indices.last, range.upperBound + 1 == index {
                arrays[arrays.count - 1].indices[last.indices.count - 1] = range.lowerBound...index
            } else {
                arrays[arrays.count - 1].indices.append(index...index)
            }
        }
        return arrays.map { SlurmArray(offset: $0.offset, indices: $0.indices) }
    }
}
