import Foundation
public import ZooCore

/// How an entry is trained.
public struct Recipe: Sendable, Equatable, Codable {
    public enum Optimizer: String, Sendable, CaseIterable, Codable { case sgd, adam }
    public enum Schedule: String, Sendable, CaseIterable, Codable { case constant, cosine, step }

    public var optimizer: Optimizer = .sgd
    public var learningRate: Double = 0.01
    /// Factor on the learning rate of parameters whose name begins with "localization.".
    public var localizationRate: Double = 1
    public var momentum: Double = 0.9
    public var nesterov: Bool = true
    public var weightDecay: Double = 0
    public var schedule: Schedule = .cosine
    /// For `step`: the epochs after which the rate is divided by 10, as fractions of all epochs.
    public var steps: [Double] = [0.5, 0.75]
    public var epochs: Int = 10
    /// Images per step.
    public var batch: Int = 256
    /// Weights of losses that the architecture declares, by name; nil: the architecture's own.
    public var losses: [String: Double]?

    public init() {}

    /// Its fields by their names in a manifest.
    public var settings: [String: JSON] {
        get throws {
            try JSONDecoder().decode([String: JSON].self, from: JSONEncoder().encode(self))
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case optimizer
        case learningRate = "learning_rate"
        case localizationRate = "localization_rate"
        case momentum, nesterov
        case weightDecay = "weight_decay"
        case schedule, steps, epochs, batch, losses
    }

    /// Reads the fields that are there, keeping `base`'s values for the others.
    init(_ place: JSONPlace, over base: Recipe = Recipe()) throws(HostError) {
        self = base
        for (key, value) in try place.object(CodingKeys.allCases.map(\.rawValue)) {
            switch CodingKeys(rawValue: key) {
            case .optimizer: optimizer = try value.choice(Optimizer.self)
            case .learningRate: learningRate = try value.double(in: 1e-9...100)
            case .localizationRate: localizationRate = try value.double(in: 0...1000)
            case .momentum: momentum = try value.double(in: 0...0.9999)
            case .nesterov: nesterov = try value.bool()
            case .weightDecay: weightDecay = try value.double(in: 0...10)
            case .schedule: schedule = try value.choice(Schedule.self)
            case .steps:
                var list: [Double] = []
                for step in try value.array() { list.append(try step.double(in: 0...1)) }
                steps = list
            case .epochs: epochs = try value.int(in: 1...100_000)
            case .batch: batch = try value.int(in: 1...65_536)
            case .losses:
                var weights: [String: Double] = [:]
                for (name, weight) in try value.members() { weights[name] = try value.child(name, weight).double(in: -1e6...1e6) }
                losses = weights
            case nil: break
            }
        }
    }
}
