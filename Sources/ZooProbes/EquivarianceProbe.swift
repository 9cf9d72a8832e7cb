import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooManifest
import ZooStore

/// The theorem of [JMFL20, arXiv:2004.14716] measured on the stages of an entry's own extractor: see `Alignment`.
struct EquivarianceProbe: ConfigurableProbe {
    static let name = "equivariance"
    static let summary = "per stage: equivariance error, alignment gap at g⁻¹ and over all affine maps, input aligned instead, floors"
    static let needs: Set<ProbeNeed> = [.stages]
    static let options = AlignmentSettings.options

    let configuration: ProbeSettings

    func run(on subject: ProbeSubject, progress: any ProgressListener) throws -> Measurement {
        let settings = AlignmentSettings(configuration)
        let scene = try settings.scene(subject.images, subject.dataSet) { try subject.extractor(input: $0) }
        progress.begin("\(subject.network.entry.id): alignment", total: scene.cases.count, unit: "transformations")
        defer { progress.finish() }
        let results = try settings.results(of: scene, normalisation: subject.dataSet.normalisation) { progress.advance(1) }
        var figures: [Measurement.Figure] = []
        for result in results where result.depth == scene.extractor.stages.count {
            let name = "alignment.\(result.transformation)"
            figures += [
                .init("\(name).equivariance", result.equivariance), .init("\(name).gap", result.gap), .init("\(name).best", result.best),
                .init("\(name).input", result.inputAligned), .init("\(name).floor", result.floor),
            ]
        }
        func numbers(_ name: String, _ of: (AlignmentResult) -> Double) -> Measurement.Column { .init(name, .numbers(results.map(of))) }
        var columns: [Measurement.Column] = [
            .init("transformation", .texts(results.map(\.transformation))), .init("title", .texts(results.map(\.title))),
            .init("stage", .texts(results.map(\.stage))), .init("depth", .integers(results.map(\.depth))),
            numbers("equivariance") { $0.equivariance }, numbers("gap") { $0.gap }, numbers("permuted") { $0.permuted ?? .nan },
            numbers("best") { $0.best }, numbers("input") { $0.inputAligned }, numbers("floor.image") { $0.imageFloor },
            numbers("floor.features") { $0.featureFloor }, numbers("floor.map") { $0.mapFloor }, numbers("coverage") { $0.coverage },
            .init("verdict", .texts(results.map(\.verdict.rawValue))), .init("verdict.input", .texts(results.map(\.inputVerdict.rawValue))),
        ]
        for place in 0..<6 { columns.append(numbers("best.h\(place + 1)") { $0.bestMap[place] }) }
        figures.append(.init("alignment.canvas", Double(scene.side), unit: "px"))
        return Measurement(
            figures: figures,
            tables: [.init("alignment", columns), ProbeImages.table(settings.chosen(subject.images), of: subject.images)],
            warnings: scene.remarks)
    }
}
