import ZooKit

/// Mean and deviation of what the protocols draw.
private struct Protocols {
    let translated, scaled: Normalisation

    /// The figures of the authors' code and paper [FJL20].
    static let mnist = Protocols(
        translated: Normalisation(mean: 0.0363, std: 0.1870), scaled: Normalisation(mean: 0.0414, std: 0.1751))
    /// Measured over one epoch of the default training set (see the tests).
    static let strokes = Protocols(
        translated: Normalisation(mean: 0.0358, std: 0.1679), scaled: Normalisation(mean: 0.0377, std: 0.1649))
}

extension DataSet {
    /// All of them, in the order of a listing. Each that transforms its images has a namesake ending in "-upright" besides.
    public static let all =
        digits("strokes", .strokes, "drawn digits", StrokeDigits.normalisation, Protocols.strokes)
        + digits("mnist", .mnist, "MNIST", MNIST.normalisation, Protocols.mnist)
        + ([.fashion, .kmnist, .qmnist] + IDXFamily.emnist).map {
            DataSet($0.name, .idx(IDXSource(place: .family($0))), normalisation: $0.normalisation, summary: $0.title)
        }
        + photographs

    /// The protocols of [FJL20, arXiv:2004.11678] (MNIST-R, MNIST-T, MNIST-S) and of [LL17, arXiv:1612.03897] (perturbed) over
    /// one set of 28×28 digits.
    private static func digits(
        _ name: String, _ source: Source, _ title: String, _ normalisation: Normalisation, _ drawn: Protocols
    ) -> [DataSet] {
        [
            DataSet(name, source, normalisation: normalisation, summary: "\(title), upright"),
            DataSet(
                "\(name)-rotated", source, .rotation(degrees: 90), normalisation: normalisation, summary: "\(title), rotated within ±90°"),
            DataSet(
                "\(name)-translated", source, .translation(pixels: 16), canvas: 60, clutter: Clutter(count: 6, crop: 6, sides: 6...6),
                normalisation: drawn.translated, summary: "\(title), moved within ±16 pixels of 60×60, cluttered"),
            DataSet(
                "\(name)-scaled", source, .scaling(exponents: -1...2), canvas: 112, clutter: Clutter(count: 6, crop: 6, sides: 2...18),
                normalisation: drawn.scaled, summary: "\(title), scaled by 1/2 to 4 on 112×112, cluttered"),
            DataSet(
                "\(name)-perturbed", source, .homography(corner: 0.25, shift: 0.25), normalisation: .none,
                summary: "\(title), warped by homographies"),
        ]
    }

    /// Sets of photographs.
    private static let photographs: [DataSet] = {
        var plankton = FolderSource(path: "plankton/plankton_ndsb_train.tar")
        plankton.isInDataDirectory = true
        // On white, in the files; and what a rotation brings in from outside is black.
        plankton.isInverted = true
        var digits = FolderSource(path: "svhn/svhn_cropped_test_first10000.tar")
        digits.isInDataDirectory = true
        digits.size = 32
        digits.color = .rgb
        digits.resize = .stretch
        // Neighbours often come from one photograph.
        digits.split = .order
        return [
            DataSet("plankton", .folder(plankton), normalisation: planktonNormalisation, summary: "PlanktonSet, 121 classes, 64×64"),
            DataSet(
                "plankton-rotated", .folder(plankton), .rotation(degrees: 180), normalisation: planktonNormalisation,
                summary: "PlanktonSet, 121 classes, 64×64, rotated at random"),
            DataSet(
                "svhn-digits", .folder(digits), normalisation: svhnDigitsNormalisation, summary: "SVHN, single digits, 32×32 in colour"),
            DataSet(
                "svhn", .houseNumbers, normalisation: HouseNumbers.normalisation, summary: "SVHN, house numbers of up to five digits, 64×64"
            ),
        ]
    }()

    /// Measured over the training split (see the tests).
    private static let planktonNormalisation = Normalisation(mean: 0.0455, std: 0.1427)
    private static let svhnDigitsNormalisation = Normalisation(
        channels: [(0.4537, 0.2201), (0.4543, 0.2270), (0.4714, 0.2287)])
}
