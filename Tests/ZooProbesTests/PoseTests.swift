import Glibc
import Testing
import ZooData
import ZooHost
import ZooKit
import ZooProbes
import ZooStore

/// Poses taken apart and fitted, against closed forms.
@Suite struct PoseTests {
    static let applied = (0..<200).map { Double($0) * 1.79 - 179 }
    static let classes = (0..<200).map { $0 % 7 }

    /// A transformer that aligns, with a canonical pose of its own for every class: slope 1, no spread, R² 1, whatever the whole
    /// turns are that an angle is given with. The tolerance is float64 rounding of sums over 200 angles of up to 180°.
    @Test func perfectAlignmentHasSlopeOneAndNoSpread() throws {
        for offset in [0.0, 37, 179, -150] {
            let predicted = Self.applied.map { angle in
                let turned = angle + offset
                return turned - 360 * (turned / 360).rounded()
            }
            let fit = try #require(PoseFit(applied: Self.applied, predicted: predicted, classes: Self.classes, period: 360))
            #expect(abs(fit.slope - 1) < 1e-12)
            #expect(fit.spread < 1e-9)
            #expect(abs(fit.r2 - 1) < 1e-12)
            #expect(abs(fit.intercept - offset) < 1e-9)
        }
        // Class by class another pose: no spread within classes, though the line cannot go through all.
        let predicted = zip(Self.applied, Self.classes).map { $0 + 5 * Double($1) }
        let fit = try #require(PoseFit(applied: Self.applied, predicted: predicted, classes: Self.classes, period: 360))
        #expect(fit.spread < 1e-9)
        #expect(fit.r2 < 1)
    }

    /// predicted = 0.36·applied + 4: slope and intercept come back; the residual's spread is 0.64 times the applied one's.
    @Test func aKnownSlopeIsRecovered() throws {
        let angles = Self.applied.map { $0 / 2 }
        let fit = try #require(
            PoseFit(applied: angles, predicted: angles.map { 0.36 * $0 + 4 }, classes: Self.classes, period: 360))
        #expect(abs(fit.slope - 0.36) < 1e-12)
        #expect(abs(fit.intercept - 4) < 1e-9)
        #expect(abs(fit.spread - 0.64 * PoseFit.spread(angles, classes: Self.classes)) < 1e-9)
    }

    /// Over the whole circle too a prediction that stays has slope 0 and leaves all of the pose, wherever it stays, and one that follows by
    /// a share has that slope. Before, differences were continued around their mean, and 0 became 1.7.
    @Test(arguments: [-0.3, 0, 0.2, 0.36, 0.5, 0.81, 1, 1.2], [0.0, 90, -179])
    func whatStaysOverTheWholeCircleIsLevel(_ share: Double, _ offset: Double) throws {
        let predicted = Self.applied.map { angle in
            let turned = share * angle + offset
            return turned - 360 * (turned / 360).rounded()
        }
        let fit = try #require(PoseFit(applied: Self.applied, predicted: predicted, classes: Self.classes, period: 360))
        #expect(abs(fit.slope - share) < 1e-12)
        #expect(abs(fit.spread - abs(1 - share) * PoseFit.spread(Self.applied, classes: Self.classes)) < 1e-9)
    }

    /// Deming's line treats both coordinates alike: with equal variances its slope is ±1, where least squares would give the
    /// correlation, here 0.8.
    @Test func theLineIsTheOrthogonalOne() throws {
        let (x, y) = ([0.0, 1, 2, 3], [0.0, 2, 1, 3])
        let fit = try #require(PoseFit(applied: x, predicted: y, classes: [0, 0, 0, 0]))
        #expect(abs(fit.slope - 1) < 1e-14)
        #expect(abs(fit.r2 - 0.64) < 1e-14)
        // (0,0) (1,1) (2,0): sxx = 1, syy = 1/3, sxy = 0.
        let flat = try #require(PoseFit(applied: [0, 1, 2], predicted: [0, 1, 0], classes: [0, 0, 0]))
        #expect(flat.slope == 0)
        #expect(PoseFit(applied: [1, 1, 1], predicted: [0, 1, 2], classes: [0, 0, 0]) == nil)
    }

    @Test func matricesAreTakenApart() throws {
        // The picture turned by 30° and made 1.5 times as large, on an image that is twice as wide as high.
        let (c, s) = (cos(Double.pi / 6) / 1.5, sin(Double.pi / 6) / 1.5)
        let pose = try #require(Pose(sampling: [c, -s * 0.5, 0, s / 0.5, c, 0], height: 20, width: 40))
        #expect(abs(pose.rotation - 30) < 1e-12)
        #expect(abs(pose.scale - log2(1.5)) < 1e-12)
        #expect(abs(pose.shear) < 1e-12 && abs(pose.stretch) < 1e-12 && !pose.isMirrored)
        let moved = try #require(
            Pose(sampling: Perturbation.translation(x: 5, y: -3, width: 60), height: 60, width: 60))
        #expect(abs(moved.x - 5) < 1e-12 && abs(moved.y + 3) < 1e-12)
        let mirrored = try #require(Pose(sampling: [-1, 0, 0, 0, 1, 0], height: 28, width: 28))
        #expect(mirrored.isMirrored)
        // A homography whose affine map at the centre is the identity, and one that is twice an affine one.
        let projective = try #require(Pose(sampling: [1, 0, 0, 0, 1, 0, 0.2, 0.1, 1], height: 28, width: 28))
        #expect(abs(projective.rotation) < 1e-12 && abs(projective.scale) < 1e-12)
        let doubled = try #require(
            Pose(sampling: (Perturbation.rotation(degrees: 50) + [0, 0, 1]).map { 2 * $0 }, height: 28, width: 28))
        #expect(abs(doubled.rotation - 50) < 1e-12)
        #expect(Pose(sampling: [1, 1, 0, 1, 1, 0], height: 28, width: 28) == nil)
        #expect(Pose(sampling: [.nan, 0, 0, 0, 1, 0], height: 28, width: 28) == nil)
    }

    /// Iterations record composed θ and warp once; transformers at several depths warp each, and their θ multiply.
    @Test func whatIsSampledInAll() throws {
        try EngineControl.start()
        func theta(_ degrees: Double) throws -> Tensor { try Tensor(Perturbation.rotation(degrees: degrees), [1, 2, 3]) }
        let image = try Tensor.zeros([1, 1, 8, 8])
        func rotation(_ recording: Recording) throws -> Double {
            let total = try SamplingPath(recording, input: ImageShape(1, 8, 8), strides: [2]).total(count: 1)[0]
            return try #require(Pose(sampling: total, height: 8, width: 8)).rotation
        }
        let iterated = Recording()
        iterated.trace.theta(1, try theta(10))
        iterated.trace.theta(2, try theta(35))
        iterated.trace.warped(image)
        #expect(abs(try rotation(iterated) - 35) < 1e-9)
        let placed = Recording()
        placed.trace.theta(1, try theta(10))
        placed.trace.warped(image)
        placed.trace.stage(1, try Tensor.zeros([1, 4, 3, 3]))
        placed.trace.theta(2, try theta(35))
        placed.trace.warped(image)
        #expect(abs(try rotation(placed) - 45) < 1e-9)
        #expect(throws: NotApplicable.self) { try rotation(Recording()) }
    }

    /// The oracle is told the truth, so through the whole harness its slopes are 1; float32 matrices leave some 1e-5.
    @Test(arguments: [("strokes-rotated", "rotation"), ("strokes-scaled", "scale"), ("strokes-translated", "translation-x")])
    func theOracleAlignsPerfectly(_ dataset: String, _ part: String) throws {
        let zoo = try ShippedZoo()
        let found = try zoo.run("pose?images=200", zoo.subject("oracle", on: dataset))
        #expect(abs(try #require(found["pose.\(part).slope"]) - 1) < 1e-4)
        #expect(try #require(found["pose.\(part).spread"]) < 1e-3)
        #expect(try #require(found["pose.\(part).r2"]) > 0.9999)
        #expect(found.table("pose.points")?["image"]?.count == 200)
    }

    /// At initialisation θ is the identity: nothing is undone, and the spread is that of what was applied: ±90° uniformly, 52°.
    @Test func anUntrainedTransformerUndoesNothing() throws {
        let zoo = try ShippedZoo()
        for id in ["stn-c0", "stn-sl1-x2", "stn-c1", "stn-multi", "ic-stn-homography"] {
            let found = try zoo.run("pose?images=300", zoo.subject(id, on: "strokes-rotated"))
            #expect(found["pose.rotation.slope"] == 0, "\(id)")
            #expect(abs(try #require(found["pose.rotation.spread"]) - 52) < 5, "\(id)")
        }
    }

    @Test func entriesWithoutMatricesAndUprightSetsAreNotApplicable() throws {
        let zoo = try ShippedZoo()
        for (id, dataset) in [("cnn", "strokes-rotated"), ("stn-c0-tps", "strokes-rotated"), ("stn-c0", "strokes")] {
            let error = #expect(throws: NotApplicable.self, "\(id)") { try zoo.run("pose?images=10", zoo.subject(id, on: dataset)) }
            #expect(error?.description.isEmpty == false)
        }
    }

    /// An axis is followed exactly, but three images of ten get the other of its ends: half turns taken out, nothing is left over.
    @Test func halfTurnsAreCountedAndTakenOut() throws {
        let applied = (0..<400).map { Double($0) * 0.9 - 180 }
        let classes = applied.indices.map { $0 % 4 }
        let predicted = applied.indices.map { index in
            (applied[index] + 40 + (index % 10 < 3 ? 180 : 0)).remainder(dividingBy: 360)
        }
        let axis = try #require(PoseFit(applied: applied, predicted: predicted, classes: classes, period: 180))
        #expect(abs(axis.slope - 1) < 1e-9 && axis.spread < 1e-9)
        #expect(PoseFit.reversed(applied: applied, predicted: predicted, classes: classes, period: 360, tolerance: 15) == 0.3)
        #expect(try #require(PoseFit(applied: applied, predicted: predicted, classes: classes, period: 360)).spread > 60)
        // Right to the last image, and right but for a quarter turn: nothing is reversed.
        #expect(PoseFit.reversed(applied: applied, predicted: applied, classes: classes, period: 360, tolerance: 15) == 0)
        let quarter = applied.indices.map { applied[$0] + ($0 % 10 < 3 ? 90 : 0) }
        #expect(PoseFit.reversed(applied: applied, predicted: quarter, classes: classes, period: 360, tolerance: 15) == 0)
    }
}
