/// An instance behind a `void *`, with its names as C strings.
final class InstanceBox {
    let module: any Module
    let extractor: (any FeatureExtractor)?
    let transformer: (any SpatialTransformer)?
    let localization: (any LocalizationNet)?
    let architecture: (any Architecture)?
    private var names: [UnsafePointer<CChar>] = []
    private var stageNames: [UnsafePointer<CChar>] = []

    init(_ module: any Module) {
        self.module = module
        extractor = module as? any FeatureExtractor
        transformer = module as? any SpatialTransformer
        localization = module as? any LocalizationNet
        architecture = module as? any Architecture
    }
    deinit { (names + stageNames).forEach { $0.deallocate() } }

    static func of(_ pointer: UnsafeMutableRawPointer?) -> InstanceBox {
        guard let pointer else { preconditionFailure("the host passed no instance") }
        return Unmanaged<InstanceBox>.fromOpaque(pointer).takeUnretainedValue()
    }

    func entry(_ index: Int) -> (name: UnsafePointer<CChar>, role: Parameters.Role, tensor: Tensor)? {
        let entries = module.parameters.entries
        guard entries.indices.contains(index) else { return nil }
        while names.count <= index { names.append(published(entries[names.count].name)) }
        return (names[index], entries[index].role, entries[index].tensor)
    }

    func stageName(_ index: Int, _ stages: [Stage]) -> UnsafePointer<CChar> {
        while stageNames.count <= index { stageNames.append(published(stages[stageNames.count].name)) }
        return stageNames[index]
    }
}
