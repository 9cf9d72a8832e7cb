package import CZooPlugin
import Foundation
package import ZooCore
public import ZooKit

/// A component as its plugin declares it.
public struct ComponentInfo: Codable, Sendable {
    public let kind: Kind
    public let id: String
    public let summary: String
    public let paper: String
    public let options: [Option]
    public let slots: [Slot]
    /// What an architecture says of its wiring, if it does.
    public let wiring: Wiring?
    /// What an architecture lets training minimise beside the cross entropy.
    public let losses: [Loss]
    /// The library it comes from.
    public let file: String

    /// - Throws: `data` if the table is not as the contract wants it.
    package init(_ table: UnsafePointer<zoo_component_v1>?, file: String) throws(HostError) {
        func bad(_ what: String) -> HostError { HostError(.data, "\(file): \(what)") }
        guard let table else { throw bad("a component's table is missing") }
        let component = table.pointee
        guard component.struct_size >= MemoryLayout<zoo_component_v1>.size else {
            throw bad("a component's table has \(component.struct_size) bytes, expected \(MemoryLayout<zoo_component_v1>.size)")
        }
        guard let kind = Kind(rawValue: component.kind.rawValue) else {
            throw bad("a component of the unknown kind \(component.kind.rawValue)")
        }
        guard let id = component.id.map({ String(cString: $0) }), !id.isEmpty else { throw bad("a component without an id") }
        guard component.create != nil, component.destroy != nil, component.state != nil, component.set_training != nil,
            component.table != nil
        else {
            throw bad("component '\(id)' lacks one of create, destroy, state, set_training and table")
        }
        guard component.option_count <= 1000, component.option_count == 0 || component.options != nil,
            component.slot_count <= 1000, component.slot_count == 0 || component.slots != nil
        else { throw bad("component '\(id)' announces options or slots that are not there") }
        let files = Self.files(table)
        var options: [Option] = []
        for index in 0..<Int(component.option_count) {
            guard let name = component.options[index].name.map({ String(cString: $0) }),
                let type = Option.ValueType(rawValue: component.options[index].type.rawValue)
            else { throw bad("component '\(id)': option \(index) has no name or no type of a setting") }
            let source = component.options[index]
            var fallback = source.fallback
            let value = Setting(&fallback)
            guard value != nil || fallback.tag == ZOO_NONE else {
                throw bad("component '\(id)': the default of option '\(name)' is garbled")
            }
            let range = source.minimum <= source.maximum ? source.minimum...source.maximum : -Double.infinity...Double.infinity
            options.append(
                Option(
                    name: name, help: source.help.map { String(cString: $0) } ?? "", type: type, fallback: value, range: range,
                    choices: Self.strings(source.choices), file: type == .string ? files[name] : nil))
        }
        var slots: [Slot] = []
        for index in 0..<Int(component.slot_count) {
            let source = component.slots[index]
            guard let name = source.name.map({ String(cString: $0) }), let kind = Kind(rawValue: source.kind.rawValue) else {
                throw bad("component '\(id)': slot \(index) has no name or no kind")
            }
            slots.append(Slot(name, kind, required: source.required != 0, source.help.map { String(cString: $0) } ?? ""))
        }
        self.kind = kind
        self.id = id
        wiring = table.offered(ZOO_EXT_WIRING, as: zoo_wiring_v1.self).flatMap { wiring in
            Wiring.Target(rawValue: wiring.pointee.target.rawValue).map {
                Wiring($0, wiring.pointee.drawing.map { String(cString: $0) } ?? "")
            }
        }
        losses = try Self.losses(table, bad)
        summary = component.summary.map { String(cString: $0) } ?? ""
        paper = component.paper.map { String(cString: $0) } ?? ""
        self.options = options
        self.slots = slots
        self.file = file
    }

    /// What an architecture declares of its losses.
    private static func losses(
        _ table: UnsafePointer<zoo_component_v1>, _ bad: (String) -> HostError
    ) throws(HostError) -> [Loss] {
        guard table.pointee.kind == ZOO_ARCHITECTURE, let found = table.offered(ZOO_EXT_LOSSES, as: zoo_losses_v1.self) else { return [] }
        let id = table.pointee.id.map { String(cString: $0) } ?? "?"
        guard found.pointee.count <= 100, found.pointee.count == 0 || found.pointee.losses != nil else {
            throw bad("component '\(id)' announces losses that are not there")
        }
        var losses: [Loss] = []
        for loss in UnsafeBufferPointer(start: found.pointee.losses, count: Int(found.pointee.count)) {
            guard let name = loss.name.map({ String(cString: $0) }), isName(name), !losses.contains(where: { $0.name == name }),
                loss.weight.isFinite
            else { throw bad("component '\(id)': a loss has no name of its own in lower-case letters, digits and '-', or no weight") }
            losses.append(Loss(name, weight: loss.weight, loss.help.map { String(cString: $0) } ?? ""))
        }
        return losses
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    }

    /// What lies in the files that options name, by option.
    private static func files(_ table: UnsafePointer<zoo_component_v1>) -> [String: Option.FileContents] {
        guard let found = table.offered(ZOO_EXT_FILES, as: zoo_files_v1.self), found.pointee.count <= 1000 else { return [:] }
        let list = UnsafeBufferPointer(start: found.pointee.files, count: found.pointee.files == nil ? 0 : Int(found.pointee.count))
        var contents: [String: Option.FileContents] = [:]
        for file in list where file.option != nil {
            // What a later minor version may add is taken for the most that is known.
            contents[String(cString: file.option)] = Option.FileContents(rawValue: file.contents.rawValue) ?? .code
        }
        return contents
    }

    private static func strings(_ list: UnsafePointer<UnsafePointer<CChar>?>?) -> [String]? {
        guard var next = list else { return nil }
        var result: [String] = []
        while let text = next.pointee, result.count < 1000 {
            result.append(String(cString: text))
            next += 1
        }
        return result
    }
}
