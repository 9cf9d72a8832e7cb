import ZooCore
import ZooHost
import ZooKit
import ZooManifest
import ZooStore

/// How often a network says of a transformed image what it says of the image itself, right or wrong.
struct ConsistencyProbe: ConfigurableProbe {
    static let name = "consistency"
    static let summary = "how often the prediction stays the same over an orbit of rotations and mirrorings"
    static let needs: Set<ProbeNeed> = []
    static let options = [
        images(default: 500),
        Option.int("rotations", default: 8, in: 1...360, "of the orbit, evenly spaced over the full turn"),
        Option.bool("mirror", default: false, "mirrored images too"),
    ]

    let configuration: ProbeSettings

    func run(on subject: ProbeSubject, progress: any ProgressListener) throws -> Measurement {
        let images = try ProbeImages(subject, count: configuration.int("images"), upright: true)
        let rotations = configuration.int("rotations")
        let aspect = images.aspect
        // The identity comes first and is what the others are compared with.
        var orbit: [(name: String, sampling: [Double])] = []
        for mirrored in configuration.bool("mirror") ? [false, true] : [false] {
            for step in 0..<rotations {
                let angle = 360 * Double(step) / Double(rotations)
                var sampling = Transformation.rotation(degrees: angle, aspect: aspect).sampling
                // The image is mirrored first, then turned: the turn's places are looked up in the mirror.
                if mirrored { for place in 0..<3 { sampling[place] = -sampling[place] } }
                orbit.append(("\(mirrored ? "mirror, " : "")\(plain(angle))°", sampling))
            }
        }
        guard orbit.count > 1 else {
            throw HostError(.usage, "probe 'consistency': 'rotations': expected 2 or more, or mirror=true, found 1: nothing to compare")
        }
        progress.begin("\(subject.network.entry.id): consistency", total: orbit.count, unit: "elements")
        defer { progress.finish() }
        let plain = try images.answers(through: orbit[0].sampling).classes
        progress.advance(1)
        var agreement: [Double] = []
        var always = [Bool](repeating: true, count: plain.count)
        for element in orbit.dropFirst() {
            let same = zip(try images.answers(through: element.sampling).classes, plain).map { $0 == $1 }
            agreement.append(Double(same.count { $0 }) / Double(same.count))
            always = zip(always, same).map { $0 && $1 }
            progress.advance(1)
        }
        return Measurement(
            figures: [
                .init("consistency.mean", agreement.reduce(0, +) / Double(agreement.count)),
                .init("consistency.worst", agreement.min() ?? .nan),
                .init("consistency.whole-orbit", Double(always.count { $0 }) / Double(always.count)),
                .init("consistency.images", Double(plain.count)),
            ],
            tables: [
                .init(
                    "consistency",
                    [.init("element", .texts(orbit.dropFirst().map(\.name))), .init("agreement", .numbers(agreement))]),
                images.table,
            ])
    }
}
