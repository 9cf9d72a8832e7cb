import Foundation
import Synchronization
import ZooCore

/// Where data sets are kept that have a name of their own.
///
/// That is the directory that an option names, or else `ZOO_DATA`, or else the first of the usual places that is there.
public enum DataDirectory {
    /// The environment variable that names it where no option does.
    public static let environmentVariable = "ZOO_DATA"

    /// What it is called in the usual places: beside the manifest, and beside the zoo.json above the program.
    public static let usualName = "data"

    private static let places = Mutex<[String]>([])

    /// The directories that are looked for where neither an option nor the environment names one, the first to be taken first. The
    /// program says it once; a library has none.
    public static var usual: [String] {
        get { places.withLock { $0 } }
        set { places.withLock { $0 = newValue } }
    }

    /// The directory that is read, and what it goes by.
    public enum Choice: Sendable, Equatable {
        /// An option or the environment names it, whether or not it is there.
        case named(String)
        /// It lies in a usual place.
        case usual(String)
        /// There is none; where it was looked for.
        case none([String])

        public var path: String? {
            switch self {
            case .named(let path), .usual(let path): path
            case .none: nil
            }
        }
    }

    /// - Parameter given: by an option.
    public static func choice(_ given: String?) -> Choice {
        let environment = ProcessInfo.processInfo.environment[environmentVariable]
        if let named = given ?? environment, !named.isEmpty { return .named(named) }
        let places = usual
        return places.first(where: DataFile.isDirectory).map(Choice.usual) ?? .none(places)
    }

    /// Where files that are missing are to be put.
    static var advice: String { "in a directory, and name that with \(ProgramOption.dataDirectory) or \(environmentVariable)" }

    /// The directory to read: `given`, or else what the environment says, or else a usual one.
    ///
    /// - Parameters:
    ///   - dataSet: whose images are wanted.
    ///   - contents: what of it should be there.
    /// - Throws: `noInput` if there is none.
    static func find(_ given: String?, for dataSet: String, holding contents: String) throws -> String {
        let choice = choice(given)
        guard let directory = choice.path else {
            throw HostError(
                .noInput, file: dataSet, field: "data directory",
                expected: "\(ProgramOption.dataDirectory) DIR or \(environmentVariable)=DIR, with \(contents)",
                found: "neither" + usual.map { ", nor a directory \($0)" }.joined())
        }
        guard DataFile.isDirectory(directory) else {
            throw HostError(
                .noInput, file: directory, field: "data directory",
                expected: "a directory with \(contents), as \(ProgramOption.dataDirectory) or \(environmentVariable) names it",
                found: DataFile.exists(directory) ? "something else" : "nothing of that name")
        }
        return directory
    }
}

extension DataDirectory.Choice: CustomStringConvertible {
    /// The path, or the places where none was found.
    public var description: String {
        switch self {
        case .named(let path), .usual(let path): path
        case .none(let places): places.isEmpty ? "none" : "none; looked for \(places.joined(separator: " and "))"
        }
    }
}
