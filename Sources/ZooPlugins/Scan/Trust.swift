import Foundation
package import Glibc
package import ZooCore

/// Whose plugins may run: those that nobody but the user and root could have put there or changed.
///
/// - A plugin is a file that belongs to the user or to root, and that nobody else may write.
/// - So is every directory on its path, up to the root. A directory with the sticky bit (`/tmp`) may be writable by all, since
///   in it nobody can replace what belongs to another.
/// - The user's own group, of the user's name and with no other member, is the user: with the umask 002 that many systems
///   set, all files are writable by it.
/// - Beside the program, its own permissions are the measure. A user who can replace the program need not bother with its plugins, so
///   a checkout in a container, on a file system without owners, or of another user works as it stands.
///
/// Paths that the user vouches for (`--allow`) are not looked at. Access control lists are not read; those that let
/// others write show as the group's permission and are refused with it, unless the group is the user's own.
package struct Trust: Sendable {
    private let user = geteuid()
    /// Absolute, symbolic links resolved.
    private let allowed: [String]
    private let program: (owner: uid_t, mode: mode_t)?

    package init(allowed: [String]) {
        self.allowed = allowed.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path }
        var status = stat()
        program = stat(Program.path, &status) == 0 ? (status.st_uid, status.st_mode) : nil
    }

    /// Checks a directory of the search path, an absolute path without symbolic links, and all above it.
    ///
    /// - Throws: `noPermission` that says whose fault it is, and the cure.
    package func check(directory: String) throws(HostError) {
        guard directory != Program.directory, !isAllowed(directory) else { return }
        var path = ""
        for name in directory.split(separator: "/", omittingEmptySubsequences: false) {
            if !path.hasSuffix("/") { path += "/" }
            path += name
            try check(directory: facts(path, about: directory), path, about: directory)
        }
    }

    /// Opens a file that may run: the file itself, every directory on the way to it, and every symbolic link with the directories that it
    /// leads through are checked, each step from the directory that was checked before it. What is opened is what was checked.
    ///
    /// - Throws: `noPermission` that says whose fault it is, and the cure; `noInput` if there is no such file.
    package func open(_ path: String) throws(HostError) -> RegularFile {
        let path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        let file = try RegularFile(path)
        if isAllowed(file) { return file }
        var walk = try TrustedWalk(to: path, trust: self)
        return try walk.open()
    }

    /// Whether the user vouches for it, by the path that was asked for or the one that it really has.
    package func isAllowed(_ file: RegularFile) -> Bool {
        // An allowed directory says nothing about what lies beside it.
        let staysBelow = !file.path.split(separator: "/").contains("..")
        return staysBelow && isAllowed(file.path) || file.realPath.map(isAllowed) == true
    }

    package func isAllowed(_ path: String) -> Bool { allowed.contains { path == $0 || path.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") } }

    private func facts(_ path: String, about plugin: String) throws(HostError) -> stat {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw HostError(.noInput, "\(plugin): \(path) cannot be looked at: \(String(cString: strerror(errno)))")
        }
        return status
    }

    /// Others may add files to a directory with the sticky bit, and touch none of ours.
    package func check(directory status: stat, _ path: String, about plugin: String) throws(HostError) {
        try check(path, status, writable: status.st_mode & S_ISVTX == 0 ? 0 : S_IWGRP | S_IWOTH, about: plugin)
    }

    /// A file or link; beside the program it may be of the program's owner, and as writable as the program.
    package func check(entry status: stat, _ path: String, besideProgram: Bool, about plugin: String) throws(HostError) {
        // Nobody writes into a symbolic link; its mode is always 777.
        let isLink = status.st_mode & S_IFMT == S_IFLNK
        let writable = isLink ? S_IWGRP | S_IWOTH : besideProgram ? program?.mode ?? 0 : 0
        if besideProgram, status.st_uid == program?.owner { return try check(mode: status, path, writable: writable, about: plugin) }
        try check(path, status, writable: writable, about: plugin)
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
        return HostError(
            .noPermission, "\(plugin): not trusted: \(what) \(reason); \(repair)\(ProgramOption.allow) \(plugin) loads it anyway")
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
