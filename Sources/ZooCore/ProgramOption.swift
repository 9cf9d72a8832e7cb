/// An option of the program that a message of a library mentions; `Wording` says what it is called.
///
///     "the folder cannot be made; \(ProgramOption.dataDirectory) names another data directory"
public enum ProgramOption: String, Sendable, CaseIterable, CustomStringConvertible {
    /// Loads a plugin or program without asking who may write it.
    case allow
    case dataDirectory = "data directory"
    case dataset = "data set"
    /// The id of an entry that is made.
    case id
    case manifest
    /// The file that maps names of tensors.
    case map
    /// Where downloads come from in place of the listed places.
    case mirror = "place of the files"
    case pluginPath = "plugin path"
    /// Takes the place of a plugin that is installed.
    case replace
    /// Trains from the beginning, whatever is there.
    case restart
    /// The folder of training runs.
    case runs
    /// The folder of the zoo's sources.
    case sources
    /// The server of a tracker.
    case trackingURI = "tracking URI"
    case weights

    /// What it is called in the running program.
    public var description: String { Wordings.current.name(of: self) }
}
