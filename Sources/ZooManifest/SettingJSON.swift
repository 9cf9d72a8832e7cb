package import ZooCore
package import ZooKit

extension JSON {
    /// A setting as JSON.
    package init(_ setting: Setting) {
        switch setting {
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .ints(let list): self = .array(list.map(JSON.int))
        case .doubles(let list): self = .array(list.map(JSON.double))
        }
    }
}
