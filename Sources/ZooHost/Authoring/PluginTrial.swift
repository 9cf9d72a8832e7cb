import ZooKit

/// One plugin, loaded into this process and looked at, whatever else lies on the search path.
public enum PluginTrial {
    /// Starts the engine, and loads the plugin.
    ///
    /// - Throws: `unavailable` or `data`, naming why it cannot be used.
    public static func components(of file: PluginFile) throws -> [ComponentInfo] {
        try EngineControl.start()
        try file.requireLoadable(engine: Engine.name)
        return try PluginLoader.load(file).map(\.info)
    }
}
