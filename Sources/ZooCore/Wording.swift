import Synchronization

/// What the options and commands of a program are called.
///
/// Libraries suggest by `ProgramOption` and `SuggestedCommand` what a user can do. Only the program knows how that is
/// typed: it says so once, when it starts, in `Wordings.current`.
public protocol Wording: Sendable {
    func name(of option: ProgramOption) -> String
    func text(of command: SuggestedCommand) -> String
}

/// The wording of the running program.
public enum Wordings {
    private static let stored = Mutex<any Wording>(PlainWording())

    /// Plain words until the program gives another.
    public static var current: any Wording {
        get { stored.withLock { $0 } }
        set { stored.withLock { $0 = newValue } }
    }
}

/// Words of no particular command line.
private struct PlainWording: Wording {
    func name(of option: ProgramOption) -> String { "the option '\(option.rawValue)'" }

    func text(of command: SuggestedCommand) -> String {
        switch command {
        case .list: "list what there is"
        case .train(let entry, let dataset, let seed): "train '\(entry)' on \(dataset)\(seed.map { " with seed \($0)" } ?? "")"
        case .evaluate(let evaluation):
            [
                "evaluate \(evaluation.entry.map { "'\($0)'" } ?? "all entries")", evaluation.dataset.map { " on \($0)" } ?? "",
                evaluation.seeds.isEmpty ? "" : " with seed \(evaluation.seeds.map { "\($0)" }.joined(separator: ", "))",
                evaluation.probe.map { " by the probe '\($0)'" } ?? "", evaluation.trainedOn.map { ", trained on \($0)" } ?? "",
                evaluation.isInitial ? ", untrained" : "", evaluation.weights.map { " with the weights \($0)" } ?? "",
                evaluation.store.map { " into \($0)" } ?? "",
            ].joined()
        case .importWeights(let path): "import the weights \(path)"
        case .reproduce(let study, let budget): "reproduce '\(study)' with the budget '\(budget)'"
        }
    }
}
