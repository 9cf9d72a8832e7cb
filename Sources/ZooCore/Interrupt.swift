import Synchronization

/// A wish to stop, which a signal handler may express.
public enum Interrupt {
    private static let flag = Atomic<Bool>(false)

    /// Asks running work to stop at the next step. Safe in a signal handler.
    public static func request() { flag.store(true, ordering: .relaxed) }
    public static var isRequested: Bool { flag.load(ordering: .relaxed) }

    /// Work goes on as if nobody had asked; for tests.
    public static func clear() { flag.store(false, ordering: .relaxed) }

    /// - Throws: `Interrupted` once somebody has asked.
    public static func check(_ hint: @autoclosure () -> String) throws {
        if isRequested { throw Interrupted(hint: hint()) }
    }
}

/// The work was stopped on request; nothing that was finished is lost.
public struct Interrupted: Error, Sendable, CustomStringConvertible {
    public let hint: String

    public init(hint: String) { self.hint = hint }

    public var description: String { "interrupted; \(hint)" }
}
