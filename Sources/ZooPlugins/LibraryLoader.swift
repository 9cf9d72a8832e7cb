import CLtdl
import CZooPlugin
import Foundation
import Synchronization
import ZooCore

/// libltdl, which keeps global state without locks: everything goes through this one owner.
enum LibraryLoader {
    private static let turn = Mutex(false)  // whether libltdl is initialised

    private static func withLibltdl<R>(_ body: () throws(HostError) -> R) throws(HostError) -> R {
        // Mutex.withLock does not carry typed errors of noncopyable results; a Result does.
        let result: Result<R, HostError> = turn.withLock { ready in
            if !ready {
                guard lt_dlinit() == 0 else { return .failure(HostError(.software, "libltdl: \(lastError())")) }
                ready = true
            }
            do throws(HostError) { return .success(try body()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private static func lastError() -> String { lt_dlerror().map { String(cString: $0) } ?? "unknown error" }

    /// Files named lib*.so in the directories, in the order of the directories and then of the names.
    static func candidates(in directories: [String]) throws(HostError) -> [String] {
        try withLibltdl { () throws(HostError) in
            var found: [String] = []
            for directory in directories {
                let stems = Stems()
                let context = Unmanaged.passUnretained(stems).toOpaque()
                // It visits every file of the directory, and gives the path without the extension.
                _ = lt_dlforeachfile(
                    directory,
                    { path, context in
                        if let path, let context {
                            Unmanaged<Stems>.fromOpaque(context).takeUnretainedValue().paths.insert(String(cString: path))
                        }
                        return 0
                    }, context)
                found += stems.paths.filter { ($0 as NSString).lastPathComponent.hasPrefix("lib") }
                    .map { $0 + ".so" }.filter { FileManager.default.fileExists(atPath: $0) }.sorted()
            }
            return found
        }
    }

    private final class Stems { var paths: Set<String> = [] }

    /// Loads a library (local scope, kept for ever: unloading Swift code crashes at the next dynamic cast) and finds its entry.
    ///
    /// - Parameter name: what errors call it.
    static func load(_ path: String, symbol: String, called name: String) throws(HostError) -> zoo_plugin_fn {
        try withLibltdl { () throws(HostError) in
            var advice: lt_dladvise?
            guard lt_dladvise_init(&advice) == 0 else { throw HostError(.software, "\(name): libltdl: \(lastError())") }
            defer { lt_dladvise_destroy(&advice) }
            guard lt_dladvise_local(&advice) == 0, lt_dladvise_resident(&advice) == 0 else {
                throw HostError(.software, "\(name): libltdl: \(lastError())")
            }
            // libltdl binds functions at their first call, where one that is missing would end the process. So everything is
            // bound here first, and stays loaded as it would anyway.
            guard dlopen(path, RTLD_NOW | RTLD_LOCAL) != nil, let handle = lt_dlopenadvise(path, advice) else {
                throw HostError(.unavailable, "\(name): cannot be loaded: \(realCause(path))")
            }
            guard let address = lt_dlsym(handle, symbol) else {
                throw HostError(.data, "\(name): the entry function '\(symbol)' is not exported")
            }
            return unsafeBitCast(address, to: zoo_plugin_fn.self)
        }
    }

    /// libltdl says "file not found" for every failure; the dynamic linker knows better.
    private static func realCause(_ path: String) -> String {
        let fallback = lastError()
        if let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) {
            dlclose(handle)
            return fallback
        }
        guard let cause = dlerror() else { return fallback }
        let text = String(cString: cause)
        return text.hasPrefix(path + ": ") ? String(text.dropFirst(path.count + 2)) : text
    }
}
