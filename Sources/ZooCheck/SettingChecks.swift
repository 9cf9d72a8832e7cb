import ZooCore
import ZooHost
import ZooKit
import ZooManifest
import ZooPlugins

extension Check {
    /// What can be set, and inputs that fit or do not.
    static let settings = [
        Check("options", "defaults fit their options; at every bound a component is made or refuses in words; beyond, the host refuses") {
            bench in
            for component in try bench.plugin().components {
                let names = component.options.map(\.name)
                bench.expect(Set(names).count == names.count, "\(component.kind) '\(component.id)': two options of one name")
                let defaults = component.options.map { $0.fallback ?? bench.anyValue(of: $0) }
                for (index, option) in component.options.enumerated() {
                    let what = "\(component.kind) '\(component.id)', option '\(option.name)'"
                    if let fallback = option.fallback {
                        bench.expect(fallback.fits(option), "\(what): its default \(fallback) is outside its own bounds")
                    }
                    for value in option.extremes {
                        var settings = defaults
                        settings[index] = value
                        do { _ = try bench.model(component, shape: Bench.shapes[0], settings: settings) } catch let error as ZooError {
                            bench.expect(error.message != ZooError.silence, "\(what) = \(value): refused without a word")
                        } catch is HostError {} catch is Skip {}
                    }
                    for value in option.beyond {
                        do {
                            _ = try bench.host().part(
                                component, config: [option.name: value], input: Bench.shapes[0], outputs: Bench.classes)
                            bench.complain("\(what): the host takes \(value), which its bounds exclude")
                        } catch {}
                    }
                }
            }
        },
        Check("configurations", "random settings within the bounds give a working component or a refusal in words") { bench in
            var random = RandomStream(seed: bench.seed, "check/configurations").sequence()
            let components = try bench.plugin().components.filter { !$0.options.isEmpty }
            guard !components.isEmpty else { throw Skip(reason: "nothing can be set") }
            for component in components {
                for _ in 0..<max(4, min(40, bench.calls / 5) / components.count) {
                    let settings = component.options.map { $0.random(&random) }
                    let what =
                        "\(component.kind) '\(component.id)' with \(zip(component.options, settings).map { "\($0.name) = \($1)" }.joined(separator: ", "))"
                    let model: Model
                    do { model = try bench.model(component, shape: Bench.shapes[0], settings: settings) } catch is Skip { continue } catch {
                        bench.expect("\(error)" != ZooError.silence, "\(what): refused without a word")
                        continue
                    }
                    do {
                        try model.parameters.setTraining(false)
                        let out = try model.evaluate(bench.images(2, model.shape))
                        bench.expect(out.shape.first == 2, "\(what): a batch of 2 gives \(out.shape)")
                        bench.expect(try out.allFinite(), "\(what): its output contains NaN or infinity")
                    } catch { bench.complain("\(what): made, but does not run: \(error)") }
                }
            }
        },
    ]
}

extension Bench {
    /// A value for an option that has no default.
    func anyValue(of option: Option) -> Setting {
        var random = RandomStream(seed: seed, "check/value").sequence()
        return option.random(&random)
    }
}

extension Setting {
    fileprivate func fits(_ option: Option) -> Bool {
        switch (self, option.type) {
        case (.bool, .bool): true
        case (.int(let value), .int): option.range.contains(Double(value))
        case (.double(let value), .double): option.range.contains(value)
        case (.string(let value), .string): option.choices?.contains(value) ?? true
        case (.ints(let list), .ints): list.allSatisfy { option.range.contains(Double($0)) }
        case (.doubles(let list), .doubles): list.allSatisfy { option.range.contains($0) }
        default: false
        }
    }
}

extension Option {
    /// Bounds as far as there are any: what is open ends at a million.
    private var bounds: ClosedRange<Double> { max(range.lowerBound, -1e6)...max(min(range.upperBound, 1e6), max(range.lowerBound, -1e6)) }
    private var fallbackCount: Int {
        switch fallback {
        case .ints(let list): list.count
        case .doubles(let list): list.count
        default: 1
        }
    }

    /// The values at its bounds, or all that it may have.
    fileprivate var extremes: [Setting] {
        let ends = [bounds.lowerBound, bounds.upperBound]
        switch type {
        case .bool: return [.bool(false), .bool(true)]
        case .int: return ends.map { .int(Int($0)) }
        case .double: return ends.map { .double($0) }
        case .string: return (choices ?? ["", "no-such-thing"]).map { .string($0) }
        case .ints: return [.ints([])] + ends.map { .ints(Array(repeating: Int($0), count: max(1, fallbackCount))) }
        case .doubles: return [.doubles([])] + ends.map { .doubles(Array(repeating: $0, count: max(1, fallbackCount))) }
        }
    }

    /// Values that it must not have.
    fileprivate var beyond: [JSON] {
        var values: [JSON] = []
        if range.lowerBound > -1e15 { values.append(.double(range.lowerBound - 1)) }
        if range.upperBound < 1e15 { values.append(.double(range.upperBound + 1)) }
        switch type {
        case .bool: return [.int(1)]
        case .int: return values.map(\.integral) + [.string("1")]
        case .double: return values + [.string("1")]
        case .string: return choices == nil ? [.int(1)] : [.string("no-such-choice"), .int(1)]
        case .ints: return values.map { .array([$0.integral]) }
        case .doubles: return values.map { .array([$0]) }
        }
    }

    /// A value strictly within the bounds, and at most four times the default, so that the component can still be built.
    fileprivate func random(_ random: inout RandomStream.Sequence) -> Setting {
        func number(near base: Double) -> Double {
            let reach = max(abs(base) * 4, 4)
            let low = max(bounds.lowerBound, base - reach)
            return low + (min(bounds.upperBound, base + reach) - low) * Double.random(in: 0.05..<0.95, using: &random)
        }
        func whole(near base: Int) -> Int {
            let value = Int(number(near: Double(base)).rounded())
            let inside = Int(bounds.lowerBound) + 1...max(Int(bounds.upperBound) - 1, Int(bounds.lowerBound) + 1)
            return bounds.upperBound - bounds.lowerBound < 2
                ? Int(bounds.lowerBound) : min(max(value, inside.lowerBound), inside.upperBound)
        }
        switch (type, fallback) {
        case (.bool, _): return .bool(Bool.random(using: &random))
        case (.int, .int(let base)): return .int(whole(near: base))
        case (.int, _): return .int(whole(near: Int(bounds.lowerBound)))
        case (.double, .double(let base)): return .double(number(near: base))
        case (.double, _): return .double(number(near: bounds.lowerBound))
        case (.string, let base):
            guard let choices, let choice = choices.randomElement(using: &random) else { return base ?? .string("") }
            return .string(choice)
        case (.ints, .ints(let list)): return .ints(list.map { whole(near: $0) })
        case (.ints, _): return .ints([])
        case (.doubles, .doubles(let list)): return .doubles(list.map { number(near: $0) })
        case (.doubles, _): return .doubles([])
        }
    }
}

extension JSON {
    fileprivate var integral: JSON { if case .double(let value) = self { .int(Int(value)) } else { self } }
}
