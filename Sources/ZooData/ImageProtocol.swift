import ZooCore

/// What is done to every image of a data set before a network sees it.
///
/// The recorded image is put in the middle of the canvas, posed, cluttered and normalised.
public struct ImageProtocol: Sendable, Hashable {
    /// The random pose.
    public internal(set) var perturbation = Perturbation.none
    /// Height and width of the image that is drawn, the recorded one in its middle; nil: of the recorded one.
    public internal(set) var canvas: Int?
    public internal(set) var clutter: Clutter?
    /// Whether a training image has one pose and one clutter, where others have new ones in every epoch.
    public internal(set) var isFixed = false
    /// Applied to every drawn image.
    public internal(set) var normalisation: Normalisation

    init(normalisation: Normalisation) { self.normalisation = normalisation }

    /// Whether images are seen otherwise than as recorded, in the middle of the canvas.
    var transforms: Bool { perturbation != .none || clutter != nil }

    /// The same canvas and normalisation, and nothing else.
    var upright: ImageProtocol {
        var plain = ImageProtocol(normalisation: normalisation)
        plain.canvas = canvas
        return plain
    }

    // MARK: Settings

    /// What is done to an image, in the order of canonical names.
    static let settings =
        [
            // Names have been written with `rotate` since before there were other poses.
            SettingName("rotate", json: "rotation", or: ["rotation"]), SettingName("translation"), SettingName("scale"),
            SettingName("homography"), SettingName("shift"), SettingName("canvas"),
        ] + ["clutter", "clutter-crop", "clutter-sides", "fixed"].map { SettingName($0) }
    /// What the result is normalised by, which stands behind a source's late fields.
    static let normalisationSettings = [SettingName("mean"), SettingName("std")]

    private static let similarities = ["rotate", "translation", "scale"]
    private static let poses = similarities + ["homography"]
    /// The fields that an upright set is without.
    static let transforming = Set(poses + ["shift", "clutter", "clutter-crop", "clutter-sides", "fixed"])

    /// Takes over the settings that are there.
    ///
    /// - Throws: `HostError` naming the setting that is wrong, or that does not go with another.
    mutating func apply(_ settings: DataSettings) throws {
        try applyPose(settings)
        if let setting = settings["canvas"] { canvas = try setting.integer(1...4096, "pixels") }
        try applyClutter(settings)
        if let setting = settings["fixed"] {
            isFixed = try setting.flag()
            if isFixed, !transforms { throw setting.wrong("a pose or clutter that 'fixed' is about") }
        }
        let (mean, std) = (settings["mean"], settings["std"])
        guard let either = std ?? mean else { return }
        let means = try mean?.numbers(0...1) ?? normalisation.means
        let stds = try std?.numbers(0.001...1000) ?? normalisation.stds
        guard let both = Normalisation(means: means, stds: stds) else {
            throw either.wrong("as many numbers for 'mean' as for 'std', or one; there are \(means.count) and \(stds.count)")
        }
        normalisation = both
    }

    private mutating func applyPose(_ settings: DataSettings) throws {
        let given = Self.poses.compactMap { settings[$0] }
        if let first = given.first, perturbation != .none { throw first.wrong("a data set whose images are not posed already") }
        let degrees = try settings["rotate"]?.number(0...180) ?? 0
        let pixels = try settings["translation"]?.integer(0...4096, "pixels") ?? 0
        let exponents = try settings["scale"]?.interval(-6...6) ?? 0...0
        switch (degrees > 0, pixels > 0, exponents != 0...0) {
        case (false, false, false): break
        case (true, false, false): perturbation = .rotation(degrees: degrees)
        case (false, true, false): perturbation = .translation(pixels: pixels)
        case (false, false, true): perturbation = .scaling(exponents: exponents)
        default: perturbation = .similarity(degrees: degrees, exponents: exponents, pixels: pixels)
        }
        if let setting = settings["homography"] {
            if given.count > 1 { throw given[0].wrong("no other pose beside a homography: \(Self.poses.joined(separator: ", "))") }
            let corner = try setting.number(0...2)
            let shift = try settings["shift"]?.number(0...2) ?? corner
            if corner > 0 || shift > 0 { perturbation = .homography(corner: corner, shift: shift) }
        } else if let shift = settings["shift"] {
            throw shift.wrong("'homography', which 'shift' goes with")
        }
    }

    private mutating func applyClutter(_ settings: DataSettings) throws {
        let (crop, sides) = (settings["clutter-crop"], settings["clutter-sides"])
        let count = try settings["clutter"]?.integer(0...10_000, "pieces") ?? clutter?.count ?? 0
        guard count > 0 else {
            if let other = crop ?? sides { throw other.wrong("'clutter', the number of pieces, which this goes with") }
            clutter = nil
            return
        }
        let side = try crop?.integer(1...1024, "pixels") ?? clutter?.crop ?? Self.usualCrop
        let drawn = try sides?.wholeInterval(1...4096, "pixels") ?? (crop == nil ? clutter?.sides : nil) ?? side...side
        clutter = Clutter(count: count, crop: side, sides: drawn)
    }

    /// What a name has to say to make this protocol of another, by field.
    func fields(beyond base: ImageProtocol) -> [String: String] {
        var fields: [String: String] = [:]
        switch perturbation {
        case base.perturbation, .none: break
        case .rotation(let degrees): fields["rotate"] = "\(degrees)"
        case .translation(let pixels): fields["translation"] = "\(pixels)"
        case .scaling(let exponents): fields["scale"] = "\(exponents.lowerBound)..\(exponents.upperBound)"
        case .similarity(let degrees, let exponents, let pixels):
            if degrees > 0 { fields["rotate"] = "\(degrees)" }
            if exponents != 0...0 { fields["scale"] = "\(exponents.lowerBound)..\(exponents.upperBound)" }
            if pixels > 0 { fields["translation"] = "\(pixels)" }
        case .homography(let corner, let shift):
            fields["homography"] = "\(corner)"
            if shift != corner { fields["shift"] = "\(shift)" }
        }
        if canvas != base.canvas { fields["canvas"] = canvas.map { "\($0)" } }
        if clutter?.count != base.clutter?.count { fields["clutter"] = "\(clutter?.count ?? 0)" }
        if let clutter {
            let hasCrop = clutter.crop != base.clutter?.crop ?? Self.usualCrop
            if hasCrop { fields["clutter-crop"] = "\(clutter.crop)" }
            let usual = (hasCrop ? nil : base.clutter?.sides) ?? clutter.crop...clutter.crop
            if clutter.sides != usual { fields["clutter-sides"] = "\(clutter.sides.lowerBound)..\(clutter.sides.upperBound)" }
        }
        if isFixed != base.isFixed { fields["fixed"] = "\(isFixed)" }
        if normalisation.means != base.normalisation.means { fields["mean"] = Self.list(normalisation.means) }
        if normalisation.stds != base.normalisation.stds { fields["std"] = Self.list(normalisation.stds) }
        return fields
    }

    private static func rotated(_ degrees: Double) -> String { "rotated within ±\(degrees)°" }
    private static func moved(_ pixels: Int) -> String { "moved within ±\(pixels) pixels" }
    private static func scaled(_ exponents: ClosedRange<Double>) -> String {
        "scaled by 2^\(exponents.lowerBound) to 2^\(exponents.upperBound)"
    }

    /// Side of a crop in pixels where none is named.
    private static let usualCrop = 6

    private static func list(_ numbers: [Double]) -> String { numbers.map { "\($0)" }.joined(separator: ",") }

    /// What is done to an image, in words, for people.
    public var summary: String {
        var parts: [String] = []
        switch perturbation {
        case .none: break
        case .rotation(let degrees): parts.append(Self.rotated(degrees))
        case .translation(let pixels): parts.append(Self.moved(pixels))
        case .scaling(let exponents): parts.append(Self.scaled(exponents))
        case .similarity(let degrees, let exponents, let pixels):
            if exponents != 0...0 { parts.append(Self.scaled(exponents)) }
            if degrees > 0 { parts.append(Self.rotated(degrees)) }
            if pixels > 0 { parts.append(Self.moved(pixels)) }
        case .homography(let corner, let shift): parts.append("warped by homographies, corners ±\(corner), shift ±\(shift)")
        }
        if let canvas { parts.append("on \(canvas)×\(canvas)") }
        if let clutter {
            parts.append("\(clutter.count) pieces of clutter of \(clutter.sides.lowerBound) to \(clutter.sides.upperBound) pixels")
        }
        if isFixed { parts.append("the same in every epoch") }
        return parts.joined(separator: ", ")
    }
}
