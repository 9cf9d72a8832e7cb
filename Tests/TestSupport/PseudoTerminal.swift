import Glibc

/// Both ends of a terminal that is no device. Containers do not always have one to give.
public struct PseudoTerminal: Sendable {
    public let leader, follower: CInt

    public init?() {
        // posix_openpt and its kin are not in the Glibc module; these are the requests behind them.
        let (unlock, number): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
        leader = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (locked, index): (CInt, CInt) = (0, 0)
        guard leader >= 0, ioctl(leader, unlock, &locked) == 0, ioctl(leader, number, &index) == 0 else {
            if leader >= 0 { close(leader) }
            return nil
        }
        follower = open("/dev/pts/\(index)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard follower >= 0 else {
            close(leader)
            return nil
        }
    }

    public static let isThere: Bool = {
        guard let terminal = PseudoTerminal() else { return false }
        close(terminal.leader)
        close(terminal.follower)
        return true
    }()
}
