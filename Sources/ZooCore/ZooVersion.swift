/// The version of this code.
public enum ZooVersion {
    public static let current = "0.1.0"
}
