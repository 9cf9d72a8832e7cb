import Foundation
import Glibc
public import ZooCore
import ZooData
public import ZooHost
import ZooKit
public import ZooManifest
import ZooPlugins

/// What `zoo doctor` finds: the state of everything the zoo needs, and what to do where something is wrong.
public struct Diagnosis: Encodable, Sendable {
    public enum State: String, Encodable, Sendable {
        case ok
        /// Not there, and not needed for what was asked.
        case absent
        case problem
    }

    public struct Finding: Encodable, Sendable {
        public let area: String
        public let subject: String
        public let state: State
        public let detail: String
        public let cure: String?
    }

    public private(set) var findings: [Finding] = []
    public var isHealthy: Bool { !findings.contains { $0.state == .problem } }

    /// Looks at everything; nothing is changed, and nothing stops at the first problem.
    ///
    /// - Parameters:
    ///   - cuda: what `EngineControl.enableCUDA` said, which has to be asked before anything else runs; nil: it works.
    ///   - manifest: the manifest, or why there is none.
    ///   - dataDirectory: as for `Laboratory`.
    ///   - runs: the directory of training runs.
    public init(host: HostRuntime, cuda: HostError?, manifest: Result<Manifest, Failure>, dataDirectory: String?, runs: String) {
        examineEngine(cuda)
        examinePlugins(host)
        // What is wrong with a description of data is said where the data are examined.
        let dataSets = Result { try (try? manifest.get()).map(DataSetCatalogue.init) ?? DataSetCatalogue.builtIn }
        examine(manifest, host, try? dataSets.get())
        examineData(dataSets, dataDirectory)
        examine(runs: runs)
    }

    private mutating func add(_ area: String, _ subject: String, _ state: State, _ detail: String, cure: String? = nil) {
        findings.append(Finding(area: area, subject: subject, state: state, detail: singleLine(detail), cure: cure))
    }

    private mutating func examineEngine(_ cuda: HostError?) {
        add("engine", "libtorch", .ok, "\(EngineControl.version), \(EngineControl.libraryPath)")
        add("engine", "threads", .ok, "\(EngineControl.threads) of \(ProcessInfo.processInfo.activeProcessorCount) processors")
        add("engine", "processor", .ok, Self.processor())
        do throws(HostError) {
            let set = try EngineControl.instructions()
            let bfloat16 = set == "off" ? "no bf16" : (try? PrecisionTiming.measured().text) ?? "bf16 could not be measured"
            add("engine", "kernels", .ok, "\(set); \(bfloat16)")
        } catch {
            add("engine", "kernels", .problem, error.message, cure: "unset ZOO_CPU, or set it to what the processor has")
        }
        add("engine", "CUDA", cuda == nil ? .ok : .absent, cuda?.message ?? "usable, \(EngineControl.cudaLibraries)")
        guard case .success(let driver) = CUDADriver.here else { return }
        for (index, gpu) in driver.gpus.enumerated() {
            let detail = "\(gpu.name), \(inBinaryUnits(gpu.memory)), compute capability \(gpu.capability)"
            let version = driver.version.isEmpty ? "" : " \(driver.version)"
            add(
                "engine", "\(Device.cuda(index))", cuda == nil ? .ok : .absent, "\(detail), driver\(version) for CUDA \(driver.cuda)",
                cure: cuda == nil ? nil : "run 'make setup CUDA=1' and build again, if networks are to be computed there")
        }
    }

    /// The processor's name, and those of its instruction sets that libtorch has kernels for.
    private static func processor() -> String {
        let text = FileManager.default.contents(atPath: "/proc/cpuinfo").map { String(decoding: $0, as: UTF8.self) } ?? ""
        func field(_ name: String) -> String? {
            text.split(separator: "\n").first { $0.hasPrefix(name) }?.split(separator: ":", maxSplits: 1).dropFirst().first
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let flags = Set((field("flags") ?? field("Features") ?? "").split(separator: " ").map(String.init))
        let known = ["avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "sve"].filter(flags.contains)
        let name = field("model name") ?? "unknown model"
        return known.isEmpty ? name : "\(name) (\(known.joined(separator: ", ")))"
    }

    private mutating func examinePlugins(_ host: HostRuntime) {
        for plugin in host.plugins.map(PluginDescription.init) {
            add("plugins", plugin.fileName, .ok, "\(plugin.id) \(plugin.version): \(plugin.components.joined(separator: ", "))")
        }
        for (plugin, description) in zip(host.broken, host.broken.map(BrokenDescription.init)) {
            let cure: String
            switch plugin.cause.kind {
            case .config: cure = "remove one of the two, or give it another id"
            case .noPermission: cure = "do what it says, or remove it"
            case .noInput, .io: cure = "make the file readable, or remove it"
            default: cure = "rebuild it against this version's zoo_plugin.h, or remove it"
            }
            add("plugins", baseName(plugin.path), .problem, "\(description.path): \(description.cause)", cure: cure)
        }
        if host.plugins.isEmpty {
            let cure = Program.cure("build them with 'make build'", installed: "install the zoo again")
            add(
                "plugins", "search path", .problem, "no plugin in \(host.searchPath.directories.joined(separator: ", "))",
                cure: "\(cure), or name their directory with \(ProgramOption.pluginPath) or ZOO_PLUGIN_PATH")
        }
    }

    private mutating func examine(_ manifest: Result<Manifest, Failure>, _ host: HostRuntime, _ dataSets: DataSetCatalogue?) {
        let found: Manifest
        switch manifest {
        case .success(let manifest): found = manifest
        case .failure(let failure):
            add(
                "manifest", "zoo.json", .problem, failure.message,
                cure: "correct it, or name another with \(ProgramOption.manifest) or ZOO_MANIFEST")
            return
        }
        add("manifest", baseName(found.path), .ok, "\(found.path), \(found.entries.count) entr\(found.entries.count == 1 ? "y" : "ies")")
        let catalogue = Catalogue(host: host, manifest: found, dataSets: dataSets)
        for entry in catalogue.entries(checkingWeights: true) {
            guard entry.problem == nil else {
                add("manifest", entry.id, .problem, entry.problem ?? "", cure: "correct the entry, or add the plugin it needs")
                continue
            }
            let names = entry.weights.map { "\($0.dataset) seed \($0.seed)" }
            add("manifest", entry.id, .ok, names.isEmpty ? "no weights shipped" : "weights for \(names.joined(separator: ", "))")
            for weights in entry.weights where weights.state != .sound {
                let what = weights.state == .missing ? "cannot be read" : "its checksum is not the manifest's: changed or cut"
                add(
                    "manifest", entry.id, .problem, "\(weights.file): \(what)",
                    cure: "take the file from the repository again, or train: "
                        + "\(SuggestedCommand.train(entry.id, dataset: weights.dataset, seed: weights.seed))"
                )
            }
        }
    }

    private mutating func examineData(_ dataSets: Result<DataSetCatalogue, any Error>, _ directory: String?) {
        let all: [DataSet]
        let wanted: DataSet?
        do {
            let catalogue = try dataSets.get()
            all = catalogue.all
            wanted = try catalogue.named("mnist")
        } catch {
            add("data", "data sets", .problem, Failure(error).message, cure: "correct what it names")
            return
        }
        let choice = DataDirectory.choice(directory)
        let isNamed = if case .named = choice { true } else { false }
        switch choice {
        case .named(let path), .usual(let path):
            let exists = FileManager.default.fileExists(atPath: path)
            add(
                "data", "directory", exists ? .ok : .problem, exists ? path : "\(path): there is nothing of that name",
                cure: exists ? nil : "make it, or name another with \(ProgramOption.dataDirectory) or \(DataDirectory.environmentVariable)")
        case .none: add("data", "directory", .absent, "\(choice)")
        }
        var outcomes: [(dataSet: DataSet, state: State, detail: String)] = []
        for dataSet in all {
            let outcome: (state: State, detail: String)
            if let known = outcomes.first(where: { $0.dataSet.hasSource(of: dataSet) }) {
                outcome = (known.state, known.detail)
            } else {
                do { outcome = (.ok, try dataSet.survey(in: directory)) } catch {
                    // A user who names a directory wants MNIST; without one, the drawn digits are enough. The others are extras.
                    let isWanted = wanted?.hasSource(of: dataSet) == true && isNamed
                    outcome = (isWanted ? .problem : .absent, "\(error)")
                }
                outcomes.append((dataSet, outcome.state, outcome.detail))
            }
            add(
                "data", dataSet.name, outcome.state, "\(dataSet.summary): \(outcome.detail)",
                cure: outcome.state == .ok ? nil : dataSet.advice)
        }
    }

    private mutating func examine(runs: String) {
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: runs, isDirectory: &isDirectory) {
            if !isDirectory.boolValue {
                add("runs", runs, .problem, "it is a file, not a directory", cure: "name a directory with \(ProgramOption.runs)")
            } else if access(runs, W_OK | X_OK) == 0 {
                add("runs", runs, .ok, "writable")
            } else {
                add(
                    "runs", runs, .problem, String(cString: strerror(errno)),
                    cure: "make it writable, or name another with \(ProgramOption.runs)")
            }
            return
        }
        var parent = (runs as NSString).standardizingPath
        while !FileManager.default.fileExists(atPath: parent.isEmpty ? "." : parent) {
            parent = (parent as NSString).deletingLastPathComponent
        }
        let folder = parent.isEmpty ? "." : parent
        if FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue,
            access(folder, W_OK | X_OK) == 0
        {
            add("runs", runs, .ok, "will be made when it is needed")
        } else {
            let reason = isDirectory.boolValue ? String(cString: strerror(errno)) : "a file"
            add("runs", runs, .problem, "cannot be made in \(folder): \(reason)", cure: "name another directory with \(ProgramOption.runs)")
        }
    }

    /// The findings as a table, then what to do.
    public func rendered(for terminal: Terminal) -> String {
        var table = TextTable([.init(""), .init("area"), .init("what"), .init("found")])
        var area = ""
        for finding in findings {
            let mark =
                switch finding.state {
                case .ok: "ok"
                case .absent: "-"
                case .problem: "!!"
                }
            table.append([mark, finding.area == area ? "" : finding.area, finding.subject, finding.detail])
            area = finding.area
        }
        // A diagnosis cut to the terminal's width would hide what is wrong.
        let unlimited = Terminal(isTerminal: terminal.isTerminal, width: nil, usesColor: terminal.usesColor)
        var text = table.rendered(for: unlimited)
        let problems = findings.filter { $0.state == .problem }
        if !problems.isEmpty {
            text += "\n" + problems.map { "\($0.subject): \($0.detail)\n    cure: \($0.cure ?? "none known")\n" }.joined()
        }
        text += "\n" + (isHealthy ? "All is well.\n" : "\(problems.count) problem\(problems.count == 1 ? "" : "s").\n")
        return text
    }
}
