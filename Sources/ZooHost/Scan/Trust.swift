import Foundation
import Glibc

/// Whose plugins may run: those that nobody but the user and root could have put there or changed.
///
/// - A plugin is a file that belongs to the user or to root, and that nobody else may write.
/// - So is every directory on its path, up to the root. A directory with the sticky bit (`/tmp`) may be writable by all, since
///   in it nobody can replace what belongs to another.
/// - The user's own group, of the user's name and with no other member, is the user: with the umask 002 that many systems
///   set, all files are writable by it.
/// - Beside the program, its own permissions are the measure. Whoever can replace the program need not bother with its plugins, so
///   a checkout in a container, on a file system without owners, or of another user works as it stands.
///
/// Paths that the user vouches for (`--allow`) are not looked at. Access control lists are not read; those that let others write show as the
/// group's permission and are refused with it, unless the group is the user's own.
struct Trust {
    private let user = geteuid()
    /// Absolute, symbolic links resolved.
    private let allowed: [String]
    private let program: (owner: uid_t, mode: mode_t)?

    init(allowed: [String]) {
        self.allowed = allowed.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path }
        var status = stat()
        program = stat(Program.path, &status) == 0 ? (status.st_uid, status.st_mode) : nil
    }

    /// Checks a directory of the search path, an absolute path without symbolic links, and all above it.
    ///
    /// - Throws: `noPermission` that says whose fault it is, and the cure.
    func check(directory: String) throws(HostError) {
        guard directory != Program.directory, !isAllowed(directory) else { return }
        var path = ""
        for name in directory.split(separator: "/", omittingEmptySubsequences: false) {
            if !path.hasSuffix("/") { path += "/" }
            path += name
            let status = try facts(path, about: directory)
            try check(path, status, writable: status.st_mode & S_ISVTX == 0 ? 0 : S_IWGRP | S_IWOTH, about: directory)
        }
    }

    /// Checks a file in a directory that has been checked; where it is a symbolic link, what it leads to as well.
    func check(file: String) throws(HostError) {
        guard !isAllowed(file) else { return }
        let real = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
        let folder = (real as NSString).deletingLastPathComponent
        if real != file, folder != (file as NSString).deletingLastPathComponent {
            guard !isAllowed(real) else { return }
            try check(directory: folder)
        }
        let status = try facts(real, about: file)
        let isBeside = folder == Program.directory
        if isBeside, status.st_uid == program?.owner { return try check(mode: status, real, writable: program?.mode ?? 0, about: file) }
        try check(real, status, writable: isBeside ? program?.mode ?? 0 : 0, about: file)
    }

    func isAllowed(_ path: String) -> Bool { allowed.contains { path == $0 || path.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") } }

    private func facts(_ path: String, about plugin: String) throws(HostError) -> stat {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw HostError(.noInput, "\(plugin): \(path) cannot be looked at: \(String(cString: strerror(errno)))")
        }
        return status
    }

    /// - Parameter writable: permission bits that are no fault here.
    private func check(_ path: String, _ status: stat, writable: mode_t, about plugin: String) throws(HostError) {
        guard status.st_uid == 0 || status.st_uid == user else {
            let name = getpwuid(status.st_uid).map { " (\(String(cString: $0.pointee.pw_name)))" } ?? ""
            throw refusal(plugin, path, "belongs to user \(status.st_uid)\(name), expected you or root", nil)
        }
        try check(mode: status, path, writable: writable, about: plugin)
    }

    private func check(mode status: stat, _ path: String, writable: mode_t, about plugin: String) throws(HostError) {
        let excess = status.st_mode & (S_IWGRP | S_IWOTH) & ~writable
        let mode = String(status.st_mode & 0o7777, radix: 8)
        if excess & S_IWOTH != 0 { throw refusal(plugin, path, "can be written by everyone (mode \(mode))", "chmod go-w") }
        if excess & S_IWGRP != 0, !isOwn(group: status.st_gid) {
            let name = getgrgid(status.st_gid).map { " (\(String(cString: $0.pointee.gr_name)))" } ?? ""
            throw refusal(plugin, path, "can be written by group \(status.st_gid)\(name) (mode \(mode))", "chmod g-w")
        }
    }

    private func refusal(_ plugin: String, _ path: String, _ reason: String, _ cure: String?) -> HostError {
        let what = path == plugin ? "it" : path
        let repair = cure.map { "'\($0) \(path)' cures it, " } ?? ""
        return HostError(.noPermission, "\(plugin): not trusted: \(what) \(reason); \(repair)--allow \(plugin) loads it anyway")
    }

    /// Whether only the user and root are in that group.
    private func isOwn(group: gid_t) -> Bool {
        guard let account = getpwuid(user)?.pointee, let name = account.pw_name.map({ String(cString: $0) }) else { return false }
        let primary = account.pw_gid
        guard let entry = getgrgid(group)?.pointee, let title = entry.gr_name.map({ String(cString: $0) }) else { return false }
        var members: [String] = []
        var next = entry.gr_mem
        while let member = next?.pointee {
            members.append(String(cString: member))
            next = next?.successor()
        }
        return (title == name && group == primary || group == 0) && members.allSatisfy { $0 == name || $0 == "root" }
    }
}
