import Foundation
import ZooCore
import ZooStore

/// The images that a result is about, as far as results of the same data set can be told apart by them.
enum SeenImages: Hashable {
    /// The result carries their fingerprint.
    case known(String)
    /// The result is older than fingerprints, and the program draws the images; the value is their number.
    case drawn(Int)
    /// The result is older than fingerprints, and the images come from files that are not known.
    case unknown

    init(_ result: StoredResult, isDrawn: Bool) {
        let fingerprint = result.provenance.identity.images
        self = !fingerprint.isEmpty ? .known(fingerprint) : isDrawn ? .drawn(Int(result["images"] ?? 0)) : .unknown
    }

    /// What messages call them.
    var name: String {
        switch self {
        case .known(let fingerprint): "\(fingerprint.prefix(12))…"
        case .drawn: "those of earlier versions"
        case .unknown: "unknown"
        }
    }
}

extension SeenImages {
    /// The results that count: the newest for each subject and each set of images. A newer failure on the same data hides a
    /// result, as it does elsewhere, but no failure hides a result of the very same job.
    static func current(_ history: [StoredResult], isDrawn: Bool) -> [StoredResult] {
        struct Subject: Hashable { let entry: String, seed: UInt64, origin: ResultSubject.Origin, probe, settings: String }
        func isOlder(_ a: StoredResult, _ b: StoredResult) -> Bool { (a.provenance.date, a.id) < (b.provenance.date, b.id) }
        let jobs = Dictionary(grouping: history, by: \.job).values.compactMap { rows in
            rows.filter { $0.status != .failed }.max(by: isOlder) ?? rows.max(by: isOlder)
        }
        let subjects = Dictionary(grouping: jobs) {
            Subject(
                entry: $0.subject.entry, seed: $0.subject.seed, origin: $0.subject.origin, probe: $0.subject.probe,
                settings: $0.settingsText)
        }
        let kept = subjects.values.flatMap { rows -> [StoredResult] in
            let rows = rows.sorted(by: isOlder)
            var byImages: [SeenImages: StoredResult] = [:]
            for row in rows where row.status == .measured { byImages[SeenImages(row, isDrawn: isDrawn)] = row }
            guard let newest = rows.last, newest.status != .measured else { return Array(byImages.values) }
            let data = newest.provenance.identity.data
            let others = byImages.values.filter { row in
                let other = row.provenance.identity.data
                return !data.isEmpty && !other.isEmpty && data != other
            }
            return others + [newest]
        }
        return kept.sorted(by: isOlder)
    }
}

extension StoredEntries {
    /// Results that cannot be set beside the others, as they are of other images.
    public struct LeftOut: Codable, Sendable, Equatable, CustomStringConvertible {
        public let entry: String
        public let seeds: [UInt64]
        /// The reason.
        public let reason: String
        /// The command that measures it again, on the data that are there now.
        public let command: String

        public var description: String {
            "\(entry), seed \(seeds.map { "\($0)" }.joined(separator: ", ")): left out: \(reason); to measure again: \(command)"
        }
    }

    /// What was measured alike: on the same images, with the same settings of the probe.
    struct Group: Hashable { let images: SeenImages, probe, settings: String }

    /// The results that can be set beside each other: those on the images that most of the entries saw, of equally many the newest.
    ///
    /// - Parameters:
    ///   - figure: what is to be compared, a full name.
    ///   - seeds: nil for all there are.
    ///   - reference: an entry that has to be among them.
    public func comparable(_ entries: [String], figure: String, seeds: [UInt64]? = nil, reference: String? = nil) -> StoredEntries {
        let wanted = Set(entries)
        var rows = all.filter { row in
            row.status == .measured && row[figure] != nil && wanted.contains(row.subject.entry)
                && seeds.map { $0.contains(row.subject.seed) } ?? true
        }
        // A training run ends with the errors that a probe measures too, but keeps no answers per image.
        let probed = rows.filter { $0.subject.probe != "training" }
        if !probed.isEmpty { rows = probed }
        guard !rows.isEmpty else { return self }
        let groups = Dictionary(grouping: rows, by: group)
        func rank(_ rows: [StoredResult]) -> (Int, Int, Int, Date) {
            (
                rows.contains { $0.subject.entry == reference } ? 1 : 0, Set(rows.map(\.subject.entry)).count, rows.count,
                rows.map(\.provenance.date).max() ?? .distantPast
            )
        }
        // Images that are not known may differ: they cannot be chosen.
        let chosen = groups.filter { $0.key.images != .unknown }.max { rank($0.value) < rank($1.value) }?.key
        var part = self
        part.chosen = chosen
        part.results = all.filter { row in
            guard let chosen, row.status == .measured else { return row.status != .measured }
            return SeenImages(row, isDrawn: isDrawn) == chosen.images && (row[figure] == nil || group(row) == chosen)
        }
        part.leftOut = others(rows.filter { group($0) != chosen }, beside: Set(rows.filter { group($0) == chosen }.map(Run.init)), chosen)
        return part
    }

    private func group(_ row: StoredResult) -> Group {
        Group(images: SeenImages(row, isDrawn: isDrawn), probe: row.subject.probe, settings: row.settingsText)
    }

    private struct Run: Hashable {
        let entry: String, seed: UInt64
        init(_ row: StoredResult) { (entry, seed) = (row.subject.entry, row.subject.seed) }
    }

    private func others(_ rows: [StoredResult], beside kept: Set<Run>, _ chosen: Group?) -> [LeftOut] {
        var list: [LeftOut] = []
        for (entry, rows) in Dictionary(grouping: rows.filter { !kept.contains(Run($0)) }, by: \.subject.entry).sorted(by: {
            $0.key < $1.key
        }) {
            guard let newest = rows.last else { continue }
            let seeds = Set(rows.map(\.subject.seed)).sorted()
            let seen = group(newest)
            let reason =
                if seen.images == .unknown {
                    "it was measured before results said which images they saw"
                } else if seen.images == chosen?.images {
                    "it was measured with other settings, \(seen.settings), than the others, \(chosen?.settings ?? "")"
                } else {
                    "it was measured on other images, \(seen.images.name), than the others, \(chosen?.images.name ?? "none")"
                }
            list.append(
                LeftOut(entry: entry, seeds: seeds, reason: reason, command: command(entry, seeds: seeds, probe: newest.subject.probe)))
        }
        return list
    }

    /// The fingerprint of the images that the results are of; nil where they do not say it.
    public var images: String? {
        if case .known(let fingerprint) = chosen?.images { fingerprint } else { nil }
    }
}
