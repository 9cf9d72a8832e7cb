/// Which half of a data set.
public enum Split: String, Sendable, Hashable, CaseIterable, Codable {
    case train, test
}
