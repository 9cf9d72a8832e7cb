import Glibc
import Synchronization

/// The program's own way to standard output, on which nobody else prints.
///
/// Plugins, libtorch and C code print to descriptor 1, at any time and through buffers that are written when the process ends. So the
/// program keeps a copy of that descriptor for itself when it starts, and points descriptor 1 at standard error.
public enum StandardOutput {
    private static let own = Atomic<Int32>(STDOUT_FILENO)

    /// What results are written to. It is closed in programs that this one starts.
    public static var descriptor: Int32 { own.load(ordering: .acquiring) }

    /// Takes standard output for the program. Comes before anything else that opens files or prints; later calls do nothing.
    public static func claim() {
        guard descriptor == STDOUT_FILENO else { return }
        // Above the numbers that processes hand each other things at. -1 if it is closed: then writing results fails.
        own.store(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10), ordering: .releasing)
        // A number that is free would go to the next file that is opened, and messages into that file.
        for number in [STDIN_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) < 0 { point(number, at: open("/dev/null", O_RDWR)) }
        if dup2(STDERR_FILENO, STDOUT_FILENO) < 0 { point(STDOUT_FILENO, at: open("/dev/null", O_WRONLY)) }
    }

    private static func point(_ number: Int32, at descriptor: Int32) {
        guard descriptor >= 0, descriptor != number else { return }
        dup2(descriptor, number)
        close(descriptor)
    }
}
