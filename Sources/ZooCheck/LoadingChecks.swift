import CZooPlugin
import ZooCore
import ZooHost
import ZooKit
import ZooPlugins

extension Check {
    /// Files, tables, loading.
    static let loading = [
        Check("descriptor", "the file says what it is before any of its code runs: processor, contract, entry symbol, descriptor") {
            bench in
            guard let file = try PluginFile(path: bench.path) else {
                return bench.complain("\(bench.path): carries neither a descriptor nor an entry symbol")
            }
            try file.requireContract()
        },
        Check("load", "it loads with every symbol found, and takes this host") { bench in
            try bench.requireDescriptor()
            if case .failure(let cause) = try bench.scanned(), cause.kind != .data { bench.complain(cause.message) }
        },
        Check("tables", "magic, versions, struct sizes and ids of its tables are as the contract wants them") { bench in
            try bench.requireDescriptor()
            let plugin: KnownPlugin
            switch try bench.scanned() {
            case .success(let found): plugin = found
            case .failure(let cause) where cause.kind == .data: return bench.complain(cause.message)
            case .failure(let cause): throw Skip(reason: "it does not load: \(cause.message)")
            }
            try bench.host().startEngine()
            for component in plugin.components {
                let table = try bench.host().table(of: component).pointee
                let (size, name) =
                    switch component.kind {
                    case .extractor: (MemoryLayout<zoo_extractor_v1>.size, "zoo_extractor_v1")
                    case .transformer: (MemoryLayout<zoo_transformer_v1>.size, "zoo_transformer_v1")
                    case .localization: (MemoryLayout<zoo_localization_v1>.size, "zoo_localization_v1")
                    case .architecture: (MemoryLayout<zoo_architecture_v1>.size, "zoo_architecture_v1")
                    }
                let found = Int(table.table.load(as: UInt32.self))
                bench.expect(found >= size, "\(component.kind) '\(component.id)': its \(name) has \(found) bytes, expected \(size)")
                let fits = component.id.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
                bench.expect(fits, "\(component.kind) '\(component.id)': expected an id of lower case letters, digits and '-'")
                bench.expect(!component.summary.isEmpty, "\(component.kind) '\(component.id)': no summary")
                bench.expect(component.slots.isEmpty || component.kind == .architecture, "\(component.kind) '\(component.id)': has slots")
            }
        },
        Check("scan-time", "it loads within a second, not counting time in which the machine was busy with other work") { bench in
            let seconds = try bench.plugin().loadSeconds
            bench.expect(seconds < 1, "loading it took \(seconds) s, expected less than 1")
        },
        Check("extension", "what it does not know by name is NULL") { bench in
            let plugin = try bench.plugin()
            for component in plugin.components {
                let table = try bench.host().table(of: component)
                for id in ["zoo.no-such-thing/1", ""] {
                    let found = table.pointee.extension.flatMap { $0(table, id) }
                    bench.expect(found == nil, "\(component.kind) '\(component.id)': extension(\"\(id)\") is not NULL")
                }
            }
        },
    ]
}

extension Bench {
    func requireDescriptor() throws {
        do {
            guard let file = try PluginFile(path: path) else { throw Check.Skip(reason: "it is no plugin") }
            try file.requireContract()
        } catch { throw Check.Skip(reason: "\(error)") }
    }
}
