import struct Foundation.URL
import Glibc
import TestSupport
import Testing
import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooManifest
import ZooProbes
import ZooStore

/// Settings of probes, and the probes that have closed forms or exact symmetries.
@Suite struct ProbeTests {
    @Test func settingsAreReadFromText() throws {
        let probe = try ProbeCatalogue.probe("invariance?images=50&angles=-90,0,90&scales=")
        #expect(probe.settings["images"] == .int(50))
        #expect(probe.settings["angles"] == .array([.double(-90), .double(0), .double(90)]))
        #expect(probe.settings["scales"] == .array([]))
        // Defaults are a part of the identity, and the same probe by name and settings is the same.
        #expect(probe.settings["shears"] != nil)
        #expect(try ProbeCatalogue.probe(named: "invariance", settings: probe.settings).settings == probe.settings)
        #expect(Set(ProbeCatalogue.all.map(\.name)).count == ProbeCatalogue.all.count)
    }

    @Test(arguments: [
        ("poze", "did you mean 'pose'"), ("pose?imges=3", "did you mean 'images'"), ("pose?images=many", "'images': expected an integer"),
        ("pose?images=-3", "expected 0 to"), ("pose?images", "expected key=value"), ("pose?images=1&images=2", "set twice"),
        ("consistency?mirror=yes", "expected true or false"), ("invariance?angles=1,x", "'angles'[1]: expected a number"),
        ("lie?step=0", "'step': expected"), ("lie?version=1", "'version': expected 2, found 1"), ("error?bins=3", "it has none"),
    ])
    func wrongSettingsAreNamed(_ text: String, _ reason: String) {
        let error = #expect(throws: HostError.self) { try ProbeCatalogue.probe(text) }
        #expect(error?.kind == .usage)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("\n") == false)
    }

    /// A result of an older definition answers for none of this one, and its probe's settings say which it is of.
    @Test func resultsOfAnotherDefinitionAreToldApart() throws {
        for probe in ProbeCatalogue.all {
            var subject = ResultSubject(
                entry: "cnn", dataset: "strokes", seed: 0, trainedOn: "strokes", origin: .trained, weights: "w", probe: probe.name,
                settings: probe.settings)
            #expect(ProbeCatalogue.isCurrent(subject), "\(probe.name)")
            guard probe.settings["version"] != nil else { continue }
            subject.settings["version"] = nil
            #expect(!ProbeCatalogue.isCurrent(subject), "\(probe.name)")
        }
        for (name, version) in [("cost", 2), ("lie", 2), ("pose", 2), ("equivariance", 3)] {
            #expect(try ProbeCatalogue.probe(name).settings["version"] == .int(version))
        }
    }

    /// A look answers for every entry, whatever its θ is: an angle where θ is a matrix, none for a spline's control points or a warp
    /// without θ.
    @Test func everyEntryCanBeLookedAt() throws {
        let zoo = try ShippedZoo()
        let turn: [Double] = Perturbation.rotation(degrees: 30)
        for entry in zoo.manifest.entries {
            let subject = try zoo.subject(entry, on: "strokes-rotated?limit=20")
            let glance = try noGrad { try subject.glance(at: 3, sampling: turn, strides: subject.strides) }
            var hasPose = true
            do { _ = try zoo.run("pose?images=20", subject) } catch is NotApplicable { hasPose = false }
            #expect((glance.angle != nil) == hasPose, "\(entry.id)")
            #expect(glance.confidence > 0 && glance.confidence <= 1, "\(entry.id)")
        }
    }

    /// Every probe says which images it took, by their numbers in the whole split, and those with the same number took the same ones.
    @Test func theImagesAreStored() throws {
        let zoo = try ShippedZoo()
        let subject = try zoo.subject("stn-c0", on: "strokes-rotated?limit=40")
        // The part that `?limit=` takes: a spread choice, not the first ones.
        let places = (0..<40).map(subject.images.place)
        #expect(places != Array(0..<40) && Set(places).count == 40)
        var lists: [[Int]] = []
        for probe in [
            "error", "invariance?images=9&angles=0&scales=&shears=&shifts=", "consistency?images=9&rotations=2", "pose?images=9",
            "equivariance?images=9&restarts=1", "lie?images=9", "cost?runs=1&warmup=0&batch=3&rounds=1",
        ] {
            guard case .integers(let list)? = try zoo.run(probe, subject).table("images")?["image"] else {
                Issue.record("\(probe): the images are not named")
                continue
            }
            if probe == "error" { #expect(list == places) }
            if probe.hasPrefix("cost") { #expect(list == Array(places.prefix(3))) }
            if probe.contains("images=9") { lists.append(list) }
        }
        #expect(lists.count == 5 && Set(lists).count == 1 && lists[0].count == 9 && lists[0] == lists[0].sorted())
        #expect(Set(lists[0]).isSubset(of: places))
    }

    /// Of I(x, y) = a + b·x + c·y (pixels from the centre), which bilinear sampling gives exactly, and the function Σ w·I:
    /// the derivative along a flow that moves the picture is Σ w·(−∇I·v), with v the flow's velocity.
    @Test func lieDerivativesOfALinearImageAreExact() throws {
        try EngineControl.start()
        let side = 16
        let (b, c) = (0.3, -0.7)
        func centre(_ index: Int) -> Double { Double(index) - Double(side - 1) / 2 }
        let pixels = (0..<side * side).map { 2 + b * centre($0 % side) + c * centre($0 / side) }
        // Zero near the edge, where the sampling would see the outside.
        let weights = (0..<side * side).map { place -> Double in
            let (x, y) = (place % side, place / side)
            return (4..<12).contains(x) && (4..<12).contains(y) ? sin(Double(place)) : 0
        }
        let (image, weight) = (try Tensor(pixels, [1, 1, side, side]), try Tensor(weights, [1, 1, side, side]))
        for generator in LieGenerator.allCases {
            let expected = (0..<side * side).reduce(0.0) { sum, place in
                let (x, y) = (centre(place % side), centre(place / side))
                let velocity = generator.velocity(x, y)
                return sum - weights[place] * (b * velocity.0 + c * velocity.1)
            }
            let step = generator.step(pixels: 0.01, height: side, width: side)
            let found = try generator.derivative(of: { try ($0 * weight).sum() }, at: image, step: step).item()
            // Central differences are exact for shear and translation, to step²/6 ≈ 3e-7 for the others.
            #expect(abs(found - expected) < 1e-6 * max(1, abs(expected)), "\(generator)")
        }
    }

    /// mnist-cnn on 28×28, by hand: 20² places of 64 filters of 9², 4² of 64 of 64·7², and 256·10.
    @Test func multiplyAddsAreCountedByRunning() throws {
        let zoo = try ShippedZoo()
        let found = try zoo.run("cost?runs=2&warmup=0&batch=4&rounds=1", zoo.subject("cnn", on: "strokes"))
        #expect(found["cost.multiply-adds"] == Double(400 * 64 * 81 + 16 * 64 * 64 * 49 + 256 * 10))
        #expect(found["parameters"] == 208_586)
        for name in ["cost.latency.p50", "cost.latency.p99", "cost.throughput"] {
            let figure = try #require(found.figures.first { $0.name == name })
            #expect(figure.value > 0 && figure.isTiming)
        }
        #expect(try #require(found["cost.latency.p99"]) >= #require(found["cost.latency.p50"]))
        // A transformer adds its localization net and a warp of 28² values, 4 each.
        let calls = try OperatorMeter.record {
            let image = try Tensor.zeros([1, 1, 28, 28])
            _ = try image.warp(Tensor([1, 0, 0, 0, 1, 0] as [Float], [1, 2, 3]), height: 28, width: 28, paddingMode: .zeros)
            _ = try Tensor.zeros([3, 5]).linear(Tensor.zeros([7, 5]))
        }
        #expect(MultiplyAdds(calls).total == 4 * 28 * 28 + 3 * 5 * 7, "\(MultiplyAdds(calls))")
    }

    /// p4's logits do not change under quarter turns, up to rounding; the plain net's do.
    @Test func consistencyTellsTheGroupNetFromThePlainOne() throws {
        let zoo = try ShippedZoo()
        let orbit = "consistency?images=200&rotations=4"
        let group = try zoo.run(orbit, zoo.subject("p4-cnn", on: "strokes", trainedOn: "strokes"))
        #expect(try #require(group["consistency.whole-orbit"]) >= 0.995)
        let plain = try zoo.run(orbit, zoo.subject("cnn", on: "strokes", trainedOn: "strokes"))
        #expect(try #require(plain["consistency.mean"]) < 0.8)
        #expect(plain.table("consistency")?["element"] == .texts(["90°", "180°", "270°"]))
    }

    /// The curve at the identity is the accuracy; far from it the plain net trained on upright digits is lost.
    @Test func invarianceCurves() throws {
        let zoo = try ShippedZoo()
        let found = try zoo.run(
            "invariance?images=300&angles=0,90,180&scales=1&shears=0&shifts=0", zoo.subject("cnn", on: "strokes", trainedOn: "strokes"))
        guard case .numbers(let rotation) = found.table("invariance.rotation")?["accuracy"] else {
            Issue.record("the tables are not there")
            return
        }
        #expect(rotation[0] > 0.9 && rotation[1] < 0.6)
        #expect(found["invariance.rotation.worst"] == rotation.min())
        for curve in ["scale", "shear", "shift"] { #expect(found["invariance.\(curve).mean"] == rotation[0], "\(curve)") }
    }

    /// Four answers at 0.9, three right; four at 0.6, one right: (4·0.15 + 4·0.35) / 8 = 0.25.
    @Test func calibrationAndConfusion() {
        let calibration = Calibration(
            confidences: [0.9, 0.9, 0.9, 0.9, 0.6, 0.6, 0.6, 0.6], isRight: [true, true, true, false, true, false, false, false])
        #expect(abs(calibration.error - 0.25) < 1e-12)
        #expect(calibration.bins.count == 15)
        #expect(Calibration(confidences: [0, 1], isRight: [false, true]).error == 0)
        let confusion = Confusion(labels: [0, 0, 1, 1, 1], predictions: [0, 1, 1, 1, 0], classes: ["a", "b"])
        #expect(confusion.counts == [[1, 1], [1, 2]])
        #expect(confusion.error(of: 0) == 0.5)
        #expect(confusion.error(of: 2).isNaN)
    }

    /// The error probe's parts agree with one another.
    @Test func theErrorProbeAddsUp() throws {
        let zoo = try ShippedZoo()
        let found = try zoo.run("error", zoo.subject("cnn", on: "strokes-rotated", trainedOn: "strokes-rotated"))
        for name in ["upright", "transformed"] {
            guard case .integers(let right) = found.samples("\(name).correct"),
                case .texts(let labels) = found.table("confusion.\(name)")?["label"],
                case .texts(let read) = found.table("confusion.\(name)")?["prediction"],
                case .integers(let counts) = found.table("confusion.\(name)")?["images"]
            else {
                Issue.record("the tables are not there")
                return
            }
            let hits = zip(zip(labels, read), counts).reduce(0) { $0 + ($1.0.0 == $1.0.1 ? $1.1 : 0) }
            #expect(hits == right.reduce(0, +) && counts.reduce(0, +) == right.count)
            #expect(try #require(found["ece.\(name)"]) < 0.1)
        }
    }

    /// Measures nothing of any network, and needs something.
    private struct Needing: Probe {
        let name = "needing"
        let summary = ""
        let settings: [String: JSON] = [:]
        let needs: Set<ProbeNeed>
        func run(on subject: ProbeSubject, progress: any ProgressListener) throws -> Measurement { Measurement() }
    }

    /// What a probe says that it needs is looked for before it runs.
    @Test(arguments: ProbeNeed.allCases)
    func needsAreEnforced(_ need: ProbeNeed) throws {
        let zoo = try ShippedZoo()
        let model = #"{"id": "torchscript", "config": {"torchscript": "\#(Repository.fixture("torchscript.pt").path)"}}"#
        let whole = try manifest(#"{"version": 1, "entries": [{"id": "whole", "architecture": \#(model)}]}"#).entry("whole")
        let lacking =
            switch need {
            case .transformedSet: try zoo.subject("stn-c0", on: "strokes?limit=20")
            case .transformer: try zoo.subject("cnn", on: "strokes-rotated?limit=20")
            case .stages: try zoo.subject(whole, on: "strokes-rotated?limit=20")
            }
        let probe = Needing(needs: [need])
        #expect(throws: NotApplicable.self) { try probe.measure(lacking, progress: SilentProgress()) }
        let whatIsThere = try zoo.subject("stn-c0", on: "strokes-rotated?limit=20")
        #expect(try probe.measure(whatIsThere, progress: SilentProgress()) == Measurement())
        #expect(try Needing(needs: []).measure(lacking, progress: SilentProgress()) == Measurement())
    }
}
