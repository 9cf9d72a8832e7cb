public import CZooPlugin

/// A random number generator of its own, apart from the engine's default one, as `torch.Generator`.
public final class Generator: Argument {
    private var value = zoo_value()

    /// Makes a generator on the CPU.
    ///
    /// - Throws: `notFound` under a host without random generators.
    public init(seed: UInt64) throws(ZooError) {
        guard let random = Engine.extension(ZOO_EXT_RANDOM, as: zoo_random_v1.self) else {
            throw ZooError("this host has no \(ZOO_EXT_RANDOM)", .notFound)
        }
        try check(random.pointee.generator(ZOO_CPU, -1, seed, &value))
    }
    deinit { Engine.host.pointee.clear(&value, 1) }
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) { value = self.value }
}
