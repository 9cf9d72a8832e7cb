import CZooPlugin

extension Scope {
    /// Takes the first stages of an extractor in, whose training mode follows this module's. Parameters of later
    /// stages, which would be counted and never trained, are left out.
    ///
    /// Which parameters the stages use is seen from the gradient of a blank image, not guessed from names. A buffer
    /// goes with the parameters it shares a prefix with.
    ///
    /// - Parameters:
    ///   - extractor: Built for inputs of shape `input`.
    ///   - depth: The number of stages.
    ///   - input: The shape `C×H×W` of one input.
    /// - Throws: `badArgument` if a name is taken; what the extractor throws.
    public func adopt(_ extractor: any FeatureExtractor, firstStages depth: Int, input: ImageShape) throws {
        let part = extractor.parameters
        let used = try part.namesUsed(on: input) { try extractor.forward($0, stages: 0..<depth) }
        for entry in part.entries where used.contains(entry.name) { try parameters.register(prefix + entry.name, entry.tensor, entry.role) }
        parameters.follow { try part.setTraining($0) }
    }
}

extension Parameters {
    /// The names of what decides `forward` of a blank image.
    fileprivate func namesUsed(on input: ImageShape, by forward: (Tensor) throws -> Tensor) throws -> Set<String> {
        let wasTraining = isTraining
        let before = Engine.host.pointee.grad_mode()
        Engine.host.pointee.set_grad_mode(1)
        defer { Engine.host.pointee.set_grad_mode(before) }
        // Evaluation mode leaves running statistics alone.
        try setTraining(false)
        // The image asks for a gradient too, so that there is something to run back through stages without parameters.
        try forward(Tensor.zeros([1, input.channels, input.height, input.width]).requiresGrad_()).sum().backward()
        try setTraining(wasTraining)
        func prefix(_ name: String) -> Substring { name[..<(name.lastIndex(of: ".") ?? name.startIndex)] }
        var used: Set<String> = []
        var prefixes: [Substring: Bool] = [:]
        for entry in entries where entry.role == .parameter {
            let isUsed = try entry.tensor.grad != nil
            try entry.tensor.clearGrad()
            if isUsed { used.insert(entry.name) }
            prefixes[prefix(entry.name), default: false] = prefixes[prefix(entry.name), default: false] || isUsed
        }
        for entry in entries where entry.role == .buffer && prefixes[prefix(entry.name)] ?? true { used.insert(entry.name) }
        return used
    }
}
