import CZooPlugin

/// The contract that this host keeps with plugins.
public enum PluginContract {
    /// "1.3": plugins of the same major version run under it.
    public static let version = "\(ZOO_ABI_MAJOR).\(ZOO_ABI_MINOR)"
}
