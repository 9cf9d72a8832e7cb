import CZooPlugin

/// What an instance is made for: the size of its input, the number of its outputs, its settings and, for an
/// architecture, its parts.
///
/// It is valid only during ``Component/init(_:)``.
public struct Build {
    /// The id of the component, for messages.
    public let id: String
    /// The shape `C×H×W` of one input.
    public let input: ImageShape
    /// For an extractor or architecture the number of classes, 0 for an extractor of features only; for a localization
    /// net the number of parameters of the family of transformations.
    public let outputs: Int
    /// For an extractor: changes of size between its stages, ascending by stage.
    public let resamplings: [Resampling]
    let settings: [String: Setting]
    let builder: OpaquePointer?

    private func setting<T>(_ name: String, _ pick: (Setting) -> T?) throws(ZooError) -> T {
        guard let value = settings[name], let result = pick(value) else {
            throw ZooError("the component reads an option '\(name)' that it does not declare with that type", .badArgument)
        }
        return result
    }
    /// The value of a setting, a setting that is true or false.
    ///
    /// - Throws: `badArgument` if the component declares no such option.
    public func bool(_ name: String) throws(ZooError) -> Bool { try setting(name) { if case .bool(let v) = $0 { v } else { nil } } }
    /// The value of a setting, an integer.
    ///
    /// - Throws: `badArgument` if the component declares no such option.
    public func int(_ name: String) throws(ZooError) -> Int { try setting(name) { if case .int(let v) = $0 { v } else { nil } } }
    /// The value of a setting, a number.
    ///
    /// - Throws: `badArgument` if the component declares no such option.
    public func double(_ name: String) throws(ZooError) -> Double { try setting(name) { if case .double(let v) = $0 { v } else { nil } } }
    /// The value of a setting, a text.
    ///
    /// - Throws: `badArgument` if the component declares no such option.
    public func string(_ name: String) throws(ZooError) -> String { try setting(name) { if case .string(let v) = $0 { v } else { nil } } }
    /// The value of a setting, a list of integers.
    ///
    /// - Throws: `badArgument` if the component declares no such option.
    public func ints(_ name: String) throws(ZooError) -> [Int] { try setting(name) { if case .ints(let v) = $0 { v } else { nil } } }
    /// The value of a setting, a list of numbers.
    ///
    /// - Throws: `badArgument` if the component declares no such option.
    public func doubles(_ name: String) throws(ZooError) -> [Double] {
        try setting(name) { if case .doubles(let v) = $0 { v } else { nil } }
    }

    // MARK: Parts

    /// A new extractor, of the component that the entry names for `slot`.
    ///
    /// - Parameters:
    ///   - slot: The name of one of the architecture's ``Component/slots``.
    ///   - input: The shape of what it will get.
    ///   - classes: The number of classes; 0 for features only.
    ///   - resamplings: Changes of size between its stages, ascending by stage.
    /// - Throws: `badArgument` if the slot is of another kind; what the component's `init` throws.
    public func extractor(_ slot: String, input: ImageShape, classes: Int, resamplings: [Resampling] = []) throws -> any FeatureExtractor {
        try ForeignExtractor(part(slot, .extractor, input, classes, resamplings))
    }
    /// A new spatial transformer for images or feature maps of shape `input`, of the component that the entry names for
    /// `slot`.
    ///
    /// - Throws: `badArgument` if the slot is of another kind; what the component's `init` throws.
    public func transformer(_ slot: String, input: ImageShape) throws -> any SpatialTransformer {
        try ForeignTransformer(part(slot, .transformer, input, 0))
    }
    /// A new localization net for images or feature maps of shape `input` and a family of `outputs` parameters, of the
    /// component that the entry names for `slot`.
    ///
    /// - Throws: `badArgument` if the slot is of another kind; what the component's `init` throws.
    public func localization(_ slot: String, input: ImageShape, outputs: Int) throws -> any LocalizationNet {
        try ForeignLocalization(part(slot, .localization, input, outputs))
    }

    /// The size in pixels that a map of `size` has after `stage` stages, once the resampling announced for that place
    /// has been done.
    public func size(after stage: Int, _ size: (height: Int, width: Int)) -> (height: Int, width: Int) {
        resamplings.last { $0.stage == stage }.map { ($0.height, $0.width) } ?? size
    }

    private func part(_ slot: String, _ kind: Kind, _ input: ImageShape, _ outputs: Int, _ resamplings: [Resampling] = []) throws
        -> ForeignPart
    {
        var out = zoo_part_v1()
        let resizes = resamplings.map { zoo_resize_v1(stage: UInt32($0.stage), height: Int64($0.height), width: Int64($0.width)) }
        try resizes.withUnsafeBufferPointer { list in
            var build = zoo_build_v1()
            build.struct_size = UInt32(MemoryLayout<zoo_build_v1>.size)
            build.channels = Int64(input.channels)
            build.height = Int64(input.height)
            build.width = Int64(input.width)
            build.outputs = Int64(outputs)
            build.resize_count = UInt32(list.count)
            build.resizes = list.baseAddress
            try check(Engine.host.pointee.make_part(builder, slot, &build, &out))
        }
        guard let component = out.component else { throw ZooError("the host made no part for slot '\(slot)'") }
        let made = ForeignPart(component: component, instance: out.instance)
        guard component.pointee.kind.rawValue == kind.rawValue else {
            throw ZooError("slot '\(slot)' holds a part of another kind than \(kind)", .badArgument)
        }
        return made
    }
}
