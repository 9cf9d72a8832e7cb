import ZooKit

extension Build {
    /// The value of a setting that is a list of exactly `count` numbers.
    func ints(_ name: String, count: Int) throws -> [Int] {
        let list = try ints(name)
        guard list.count == count else { throw ZooError("\(id): '\(name)' needs \(count) numbers, found \(list.count)", .badArgument) }
        return list
    }
}
