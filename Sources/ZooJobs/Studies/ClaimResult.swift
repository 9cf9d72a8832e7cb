import ZooManifest
public import ZooStatistics

/// What the results say about a claim.
public struct ClaimResult: Codable, Sendable {
    public enum Verdict: String, Codable, Sendable {
        case supported, contradicted
        /// Not significant at this budget, or not measured.
        case undecided
    }

    public let claim: String
    public let statement: String
    public let source: String
    /// Its full name.
    public let figure: String
    /// nil where it could not be computed; `reason` says why.
    public let contrast: Contrast?
    public let interval: Interval?
    /// The two-sided p-value: against 0 or, for claims of nearness, against lying at the margin.
    public let p: Double?
    /// The p-value after Holm's correction over the claims of the study that could be computed.
    public internal(set) var correctedP: Double?
    public internal(set) var verdict: Verdict = .undecided
    public let reason: String
}

extension StudyResults {
    /// The verdicts on all claims of the study.
    ///
    /// - Throws: `data` where what is stored cannot be read.
    public func claims() throws -> [ClaimResult] {
        var results = try run.study.claims.map(result)
        let known = results.indices.filter { results[$0].p != nil }
        for (index, p) in zip(known, Holm.corrected(known.compactMap { results[$0].p })) {
            results[index].correctedP = p
            results[index].verdict = verdict(run.study.claims[index].expectation, results[index].contrast?.estimate ?? 0, p)
        }
        return results
    }

    private func verdict(_ expectation: Claim.Expectation, _ estimate: Double, _ p: Double) -> ClaimResult.Verdict {
        guard p < 1 - run.study.level else { return .undecided }
        let holds =
            switch expectation {
            case .positive: estimate > 0
            case .negative: estimate < 0
            case .near(let target, let margin): abs(estimate - target) < margin
            }
        return holds ? .supported : .contradicted
    }

    private func result(_ claim: Claim) throws -> ClaimResult {
        let found = try contrast(claim)
        let contrast: Contrast?
        let reason: String
        switch found {
        case .success(let value): (contrast, reason) = (value, "")
        case .failure(let gap): (contrast, reason) = (nil, gap.text)
        }
        let p =
            switch claim.expectation {
            case .positive, .negative: contrast?.p(against: 0)
            case .near(let target, let margin): contrast?.p(of: target, margin: margin)
            }
        return ClaimResult(
            claim: claim.id, statement: claim.statement, source: claim.source, figure: fullName(claim.figure, on: claim.dataset),
            contrast: contrast, interval: contrast?.interval(level: run.study.level), p: p, reason: reason)
    }

    /// Why a contrast cannot be computed.
    private struct Gap: Error { let text: String }

    private func contrast(_ claim: Claim) throws -> Result<Contrast, Gap> {
        let terms = claim.contrast.filter { $0.value != 0 }.sorted { $0.key < $1.key }
        var values: [(entry: String, weight: Double, bySeed: [UInt64: Double])] = []
        for (entry, weight) in terms {
            guard let row = rows.first(where: { $0.entry == entry }) else { continue }
            values.append((entry, weight, self.values(claim.figure, of: row, on: claim.dataset).filter { $0.value.isFinite }))
        }
        if claim.statistic == .deviation {
            guard let first = values.first(where: { $0.weight > 0 }), let second = values.first(where: { $0.weight < 0 }),
                let contrast = Contrast(deviations: Self.ordered(first.bySeed), minus: Self.ordered(second.bySeed))
            else { return .failure(Gap(text: "fewer than three seeds are stored of one of the entries")) }
            return .success(contrast)
        }
        let seeds = values.map { Set($0.bySeed.keys) }.reduce(nil as Set<UInt64>?) { $0?.intersection($1) ?? $1 } ?? []
        guard seeds.count > 1 else {
            let poorest = values.min { $0.bySeed.count < $1.bySeed.count }
            return .failure(
                Gap(
                    text: "\(seeds.count) common \(seeds.count == 1 ? "seed is" : "seeds are") stored, two are needed"
                        + (poorest.map { "; \($0.entry) has \($0.bySeed.count)" } ?? "")))
        }
        if let tables = try answers(claim, terms, seeds.sorted()) {
            guard let contrast = Contrast(images: tables) else {
                return .failure(Gap(text: "the entries were not measured on the same images"))
            }
            return .success(contrast)
        }
        guard let contrast = Contrast(values: values.map { value in (value.weight, seeds.sorted().compactMap { value.bySeed[$0] }) }) else {
            return .failure(Gap(text: "a value is not finite"))
        }
        return .success(contrast)
    }

    private static func ordered(_ values: [UInt64: Double]) -> [Double] { values.sorted { $0.key < $1.key }.map(\.value) }

    /// Wrong answers per image, where the figure has them; if the images differ, the rows are empty, and no contrast can be made of them.
    private func answers(
        _ claim: Claim, _ terms: [(key: String, value: Double)], _ seeds: [UInt64]
    ) throws -> [(weight: Double, rows: [[Double]])]? {
        var tables: [(weight: Double, rows: [[Double]])] = []
        var images: Set<String> = []
        for (entry, weight) in terms {
            guard let row = rows.first(where: { $0.entry == entry }),
                let wrong = try wrong(claim.figure, of: row, on: claim.dataset)
            else { return nil }
            let found = seeds.compactMap { wrong[$0] }
            guard found.count == seeds.count else { return nil }
            images.formUnion(found.map(\.images))
            tables.append((weight, found.map(\.values)))
        }
        return images.count == 1 ? tables : tables.map { ($0.weight, []) }
    }
}
