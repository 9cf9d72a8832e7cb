public import Foundation

/// Everything that a result was made with: enough to make it again.
public struct Provenance: Codable, Sendable, Equatable {
    /// Version of the zoo, and the SHA-256 of its program file.
    public var zoo, code: String
    /// "libtorch 2.13.0"; "libtorch 2.13.0, bfloat16" where convolutions multiplied in that; with CUDA's version and
    /// the name of the GPU where the network computed on one.
    public var engine: String
    /// SHA-256 by file name, of the libraries that the network comes from.
    public var plugins: [String: String]
    /// SHA-256 of the weights' file; "" without one.
    public var weightsChecksum: String
    /// Host name; GPU with its driver, if the network computed on one, and processor.
    public var machine, processor: String
    /// Threads of the engine.
    public var threads: Int
    /// When it was finished.
    public var date: Date
    /// The command as it was typed.
    public var command: String
    /// How long it took.
    public var seconds: Double
    /// What the images and the network were, beyond their names; "" throughout in results from before it was kept.
    public var identity: Identity

    /// Fingerprints of what a name alone does not settle. Each is "" where it is not known or does not apply.
    public struct Identity: Codable, Sendable, Equatable {
        /// What the plan called the job: the SHA-256 of everything but the parts that the network asks for by `kind:id`, which nobody
        /// knows before it is built.
        public var plan: String
        /// SHA-256 of the engine's library.
        public var engineCode: String
        /// The set of instructions that the zoo's kernels ran on, "avx2"; "off" for the engine's own operators.
        public var instructions: String
        /// Fingerprint of the files that the images were read from; "drawn" for images that the program draws.
        public var data: String
        /// Fingerprint of the very test images, poses included: results with the same one are of the same images.
        public var images: String
        /// Fingerprint of the files that the network was trained on.
        public var trainingData: String

        public init(
            plan: String = "", engineCode: String = "", instructions: String = "", data: String = "", images: String = "",
            trainingData: String = ""
        ) {
            self.plan = plan
            self.engineCode = engineCode
            self.instructions = instructions
            self.data = data
            self.images = images
            self.trainingData = trainingData
        }
    }

    public init(
        zoo: String, code: String, engine: String, plugins: [String: String], weightsChecksum: String = "", machine: String,
        processor: String, threads: Int, date: Date, command: String, seconds: Double, identity: Identity = Identity()
    ) {
        self.zoo = zoo
        self.code = code
        self.engine = engine
        self.plugins = plugins
        self.weightsChecksum = weightsChecksum
        self.machine = machine
        self.processor = processor
        self.threads = threads
        self.date = date
        self.command = command
        self.seconds = seconds
        self.identity = identity
    }
}
