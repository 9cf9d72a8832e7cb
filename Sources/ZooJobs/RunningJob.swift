/// A job that a worker is at, and how far it is.
public struct RunningJob: Codable, Sendable, Equatable {
    public let entry, dataset, probe: String
    public let seed: UInt64
    /// Units of work, images for example; a total of 0 where none is known yet.
    public let done, total: Int
    /// What the job says of itself: "epoch 3/10  loss 0.0421".
    public let note: String

    /// "stn-c0, seed 1, pose on strokes 40% (epoch 3/10)"
    public var text: String {
        let share = total > 0 ? " \(min(100, 100 * done / total))%" : ""
        return "\(entry), seed \(seed), \(probe) on \(dataset)\(share)\(note.isEmpty ? "" : " (\(note))")"
    }
}
