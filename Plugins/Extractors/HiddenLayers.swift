import ZooKit

/// Linear layers between the last stage and the classes, each with the layers that belong to it.
struct HiddenLayers {
    private(set) var layers: [any Layer] = [Flatten()]
    /// What comes out of the last one.
    private(set) var features: Int

    /// - Parameters:
    ///   - sizes: their outputs; the weights are named `fc1`, `fc2` and so on.
    ///   - complete: a linear layer with what stands before and after it.
    init(_ sizes: [Int], inFeatures: Int, in parameters: Parameters, complete: (Linear) -> [any Layer]) throws {
        features = inFeatures
        for (index, size) in sizes.enumerated() {
            layers += complete(try Linear(inFeatures: features, outFeatures: size, in: parameters["fc\(index + 1)"]))
            features = size
        }
    }
}
