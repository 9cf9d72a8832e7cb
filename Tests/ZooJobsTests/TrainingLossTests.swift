import Foundation
import Testing
import ZooCore
import ZooJobs
import ZooStore
import ZooTraining

/// Losses that an architecture declares: weighed by the recipe, minimised beside the cross entropy, and stored.
@Suite struct TrainingLossTests {
    private func zoo(_ losses: String = "") throws -> TinyZoo {
        try TinyZoo { text in
            let start = text.range(of: "\"stn-input\"")?.lowerBound ?? text.endIndex
            return text[..<start] + """
                {"id": "canonicalization", "config": {"rotations": 4, "width": 2}},
                  "parts": {"extractor": {"id": "mnist-cnn", "config": {"width": 2}}},
                  "recipes": {"default": {"epochs": 3, "batch": 300, "learning_rate": 0.05\(losses)}}}]}
                """
        }
    }

    /// The prior is the mean of −log softmax over four poses: log 4 without a preference. It is stored with every epoch also where its
    /// weight is 0, and falls where that is 1.
    @Test func aWeightedLossIsMinimisedAndStored() throws {
        func prior(_ losses: String) throws -> [Double] {
            let run = try zoo(losses).train()
            let measurement = Measurement(run)
            let curve = try #require(measurement.tables.first { $0.name == "learning curve" })
            guard case .numbers(let values)? = curve["loss.train.prior"] else { throw HostError(.software, "no column") }
            #expect(values == run.history.map { $0.losses?["prior"] })
            #expect(measurement.figures.contains { $0.name == "loss.train.prior" && $0.value == values.last })
            return values
        }
        let (free, minimised) = (try prior(""), try prior(#", "losses": {"prior": 1}"#))
        #expect(free.count == 3 && minimised.count == 3)
        #expect(minimised[2] < minimised[0] && minimised[2] < free[2] - 0.01, "\(minimised) beside \(free)")
    }

    /// An architecture without losses has none in its curve, and its history says nothing of them.
    @Test func othersHaveNone() throws {
        let run = try TinyZoo().train()
        #expect(run.history.allSatisfy { $0.losses == nil })
        #expect(Measurement(run).tables.first?.columns.map(\.name) == ["epoch", "loss.train", "learning_rate"])
    }

    @Test func lossesThatNobodyDeclaresAreNamed() throws {
        let misspelt = #expect(throws: HostError.self) { try zoo(#", "losses": {"priorr": 1}"#).train() }
        #expect(misspelt?.kind == .config)
        #expect(misspelt?.message.contains("recipe.losses.priorr") == true && misspelt?.message.contains("prior") == true)
        let none = #expect(throws: HostError.self) {
            try TinyZoo { $0.replacingOccurrences(of: "\"batch\": 300", with: #""batch": 300, "losses": {"prior": 1}"#) }.train()
        }
        #expect(none?.message.contains("the architecture declares no loss") == true)
        let text = #expect(throws: HostError.self) { try zoo(#", "losses": {"prior": "much"}"#) }
        #expect(text?.message.contains("losses.prior") == true)
    }
}
