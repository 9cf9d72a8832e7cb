import CEngine
import Foundation
import ZooCore
import ZooKit
public import ZooPlugins

/// One plugin, loaded into this process and looked at, whatever else lies on the search path.
public enum PluginTrial {
    /// Starts the engine, and loads the plugin.
    ///
    /// - Throws: `unavailable` or `data`, naming why it cannot be used.
    public static func components(of file: PluginFile) throws -> [ComponentInfo] {
        try EngineControl.start()
        try file.requireLoadable(engine: Engine.name)
        let path = URL(fileURLWithPath: file.library.path).standardizedFileURL.path
        let vault = try PluginVault(cacheDirectory: SearchPath().cacheDirectory)
        let sha256 = try Checksum.sha256(of: file.library.contents)
        // Who names a plugin to be looked at vouches for it.
        let pin = try vault.keep(RegularFile(path), sha256: sha256, trust: Trust(allowed: [path]), vouched: true)
        return try PluginLoader.load(file, from: vault.place(of: path, pin), host: EngineLibrary.table.host).map(\.info)
    }
}
