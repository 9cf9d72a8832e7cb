import Synchronization
import ZooCore

/// What was found about the pictures of one data set while they were read, from several threads: files that are none, files that
/// are damaged though they could be read, and blank pictures. Files go by their index in `ClassFolders.files`.
final class PictureNotes: Sendable {
    private struct State {
        var bad: [Int: HostError] = [:]
        var odd: [Int: String] = [:]
        var blank: Set<Int> = []
        var seen = 0
    }

    /// Most files that one line names.
    private static let named = 10

    private let state = Mutex(State())

    /// The files that are no whole pictures, and why.
    var bad: [Int: HostError] { state.withLock(\.bad) }

    func see(_ picture: Picture, asBlank isBlank: Bool, _ index: Int) {
        state.withLock { state in
            state.seen += 1
            if let warning = picture.warning { state.odd[index] = warning }
            if isBlank { state.blank.insert(index) }
        }
    }

    func refuse(_ index: Int, _ error: HostError) {
        state.withLock { state in
            state.seen += 1
            state.bad[index] = error
        }
    }

    /// One error that names them all, or the first of many; nothing else was read of them.
    func complaint(of folders: ClassFolders) -> HostError {
        let state = state.withLock(\.self)
        // Damage, unless no file at all could be opened.
        let kinds = Set(state.bad.values.map(\.kind))
        return HostError(
            kinds.count == 1 ? kinds.first ?? .data : .data, file: folders.path, field: "images",
            expected: "whole pictures (\(Picture.formats))",
            found: "\(state.bad.count) of \(state.seen) that \(state.bad.count == 1 ? "is none" : "are none"): "
                + Self.list(state.bad.mapValues { $0.found ?? $0.message }, of: folders)
                + "; with skip-bad=true in the data set's name they are left out")
    }

    /// - Parameter count: how many files there are.
    func warnings(of folders: ClassFolders, among count: Int) -> [String] {
        let state = state.withLock(\.self)
        var warnings: [String] = []
        func warn(_ what: String, _ files: [Int: String]) {
            guard !files.isEmpty else { return }
            warnings.append("\(folders.path): \(files.count) of \(count) images \(what): \(Self.list(files, of: folders))")
        }
        warn("left out, being no whole pictures", state.bad.mapValues { $0.found ?? $0.message })
        warn("read although something is odd about them", state.odd)
        warn("blank, with all pixels equal", Dictionary(uniqueKeysWithValues: state.blank.map { ($0, "") }))
        return warnings
    }

    /// "cat/1.png (an empty file), cat/2.png (an HTML page) and 3 more", in the order of the files.
    private static func list(_ files: [Int: String], of folders: ClassFolders) -> String {
        let parts = files.sorted { $0.key < $1.key }.prefix(named).map { index, reason in
            let file = folders.files[index]
            return "\(folders.classes[file.label])/\(file.name)" + (reason.isEmpty ? "" : " (\(reason))")
        }
        return parts.joined(separator: ", ") + (files.count > named ? " and \(files.count - named) more" : "")
    }
}
