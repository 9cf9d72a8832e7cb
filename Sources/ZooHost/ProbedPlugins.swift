import CEngine
public import ZooCore
public import ZooPlugins

extension Prober {
    /// The other side of `probe`: starts the engine, loads the plugins one after the other and tells of each on standard output.
    ///
    /// - Parameter paths: for each plugin the path at which it was found, and that of the copy to load.
    /// - Throws: `unavailable` if the engine does not start.
    public static func answer(_ paths: [String]) throws(HostError) {
        try answer(paths) { () throws(HostError) in
            try EngineControl.start()
            return EngineLibrary.table.host
        }
    }
}
