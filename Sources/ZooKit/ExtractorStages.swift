import CZooPlugin

extension FeatureExtractor {
    /// Runs some of the stages on N×C×H×W, and records what each of them gives.
    public func forward(_ x: Tensor, stages range: Range<Int>, trace: Trace?) throws -> Tensor {
        // One call for all of them, where nobody looks at what lies between.
        guard let trace else { return try forward(x, stages: range) }
        var features = x
        for stage in range {
            features = try forward(features, stages: stage..<stage + 1)
            trace.stage(stage + 1, features)
        }
        return features
    }

    /// All stages, each recorded, and the classifier.
    public func logits(_ x: Tensor, trace: Trace?) throws -> Tensor {
        try classify(forward(x, stages: 0..<stages.count, trace: trace))
    }

    /// The output C×H×W of the first `depth` stages.
    ///
    /// - Throws: `badArgument` if there are fewer, in terms of the option `name`.
    public func shape(after depth: Int, input: ImageShape, option name: String) throws(ZooError) -> ImageShape {
        guard depth >= 0, depth <= stages.count else {
            throw ZooError("'\(name)' is \(depth), but the extractor has \(stages.count) stages", .badArgument)
        }
        guard depth > 0 else { return input }
        let stage = stages[depth - 1]
        return ImageShape(stage.channels, stage.height, stage.width)
    }
}

extension Scope {
    /// Takes in what an extractor's first `depth` stages use, and follows its training mode; parameters of later stages, which would
    /// be counted and never trained, are left out.
    ///
    /// Which those are is seen from the gradient of a blank image, not guessed from names. A buffer goes with the parameters it
    /// shares a prefix with.
    ///
    /// - Parameter input: the size of one input, C×H×W.
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
        try forward(Tensor.zeros([1, input.channels, input.height, input.width]).requiringGradient()).sum().backward()
        try setTraining(wasTraining)
        func prefix(_ name: String) -> Substring { name[..<(name.lastIndex(of: ".") ?? name.startIndex)] }
        var used: Set<String> = []
        var prefixes: [Substring: Bool] = [:]
        for entry in entries where entry.role == .parameter {
            let isUsed = try entry.tensor.gradient != nil
            try entry.tensor.clearGradient()
            if isUsed { used.insert(entry.name) }
            prefixes[prefix(entry.name), default: false] = prefixes[prefix(entry.name), default: false] || isUsed
        }
        for entry in entries where entry.role == .buffer && prefixes[prefix(entry.name)] ?? true { used.insert(entry.name) }
        return used
    }
}
