import Foundation
import ZooHost

/// Where data sets are kept that have a name of their own.
public enum DataDirectory {
    /// The environment variable that names it where no option does.
    public static let environmentVariable = "ZOO_DATA"

    /// Where files that are missing are to be put.
    static let advice = "in a directory, and name that with --data-dir or \(environmentVariable)"

    /// The directory to read: `given`, or else what the environment says.
    ///
    /// - Parameters:
    ///   - dataSet: whose images are wanted.
    ///   - contents: what of it should be there.
    /// - Throws: `noInput` if neither names one, or it is no directory.
    static func find(_ given: String?, for dataSet: String, holding contents: String) throws -> String {
        let environment = ProcessInfo.processInfo.environment[environmentVariable]
        guard let directory = given ?? environment, !directory.isEmpty else {
            throw HostError(
                .noInput, file: dataSet, field: "data directory",
                expected: "--data-dir DIR or \(environmentVariable)=DIR, with \(contents)", found: "neither")
        }
        guard DataFile.isDirectory(directory) else {
            throw HostError(
                .noInput, file: directory, field: "data directory", expected: "a directory with \(contents)",
                found: DataFile.exists(directory) ? "something else" : "nothing of that name")
        }
        return directory
    }
}
