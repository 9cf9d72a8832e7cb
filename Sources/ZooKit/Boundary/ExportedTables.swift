import CZooPlugin

/// Runs a function of one kind and hands its tensor out.
private func give(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ body: () throws -> Tensor?) -> zoo_status {
    report {
        guard let result = try body(), let out else {
            throw ZooError("called with a wrong kind of instance or without a place for the result", .badArgument)
        }
        out.pointee = result.given()
    }
}

private func tensor(_ pointer: OpaquePointer?) throws -> Tensor {
    guard let pointer else { throw ZooError("an undefined tensor came in", .badArgument) }
    return Tensor(sharing: pointer)
}

/// Writes what an extractor says of the channels of a stage.
private func write(
    _ list: [Int], to out: UnsafeMutablePointer<Int64>, _ what: String, _ stage: UInt32, _ extractor: any FeatureExtractor
) throws(ZooError) {
    let stages = extractor.stages
    guard stages.indices.contains(Int(stage)) else { throw ZooError("there are \(stages.count) stages", .notFound) }
    guard list.count == stages[Int(stage)].channels else {
        throw ZooError("its \(what) of stage \(stage + 1) has \(list.count) channels, the stage \(stages[Int(stage)].channels)")
    }
    for (index, channel) in list.enumerated() { out[index] = Int64(channel) }
}

/// The functions that the contract has for each kind of component, on instances of types that ZooKit exports.
enum ExportedTables {
    static let extractor = Published(
        zoo_extractor_v1(
            struct_size: UInt32(MemoryLayout<zoo_extractor_v1>.size),
            stage_count: { UInt32(clamping: InstanceBox.of($0).extractor?.stages.count ?? 0) },
            stage: { me, index, out in
                let box = InstanceBox.of(me)
                let stages = box.extractor?.stages ?? []
                guard let out, stages.indices.contains(Int(index)) else {
                    return Engine.host.pointee.fail(ZOO_NOT_FOUND, "there are \(stages.count) stages")
                }
                let stage = stages[Int(index)]
                out.pointee = zoo_stage_v1(
                    name: box.stageName(Int(index), stages), channels: Int64(stage.channels), height: Int64(stage.height),
                    width: Int64(stage.width), stride: stage.stride, rotations: Int32(clamping: stage.symmetry.rotations),
                    mirror: stage.symmetry.mirror ? 1 : 0)
                return ZOO_OK
            },
            forward: { me, first, last, x, out in
                give(out) {
                    let extractor = InstanceBox.of(me).extractor
                    guard first <= last, Int(last) <= extractor?.stages.count ?? 0 else {
                        throw ZooError("stages \(first) ..< \(last) of an extractor that has \(extractor?.stages.count ?? 0)", .badArgument)
                    }
                    return try extractor?.forward(tensor(x), stages: Int(first)..<Int(last))
                }
            },
            classify: { me, features, out in give(out) { try InstanceBox.of(me).extractor?.classify(tensor(features)) } },
            permutation: { me, stage, rotation, mirror, out in
                report {
                    guard let out, let extractor = InstanceBox.of(me).extractor else {
                        throw ZooError("no place for the permutation", .badArgument)
                    }
                    let stages = extractor.stages
                    guard stages.indices.contains(Int(stage)) else { throw ZooError("there are \(stages.count) stages", .notFound) }
                    let list = try extractor.permutation(stage: Int(stage), rotation: Int(rotation), mirror: mirror != 0)
                    try write(list, to: out, "permutation", stage, extractor)
                }
            }))

    static let scaling = Published(
        zoo_scaling_v1(
            struct_size: UInt32(MemoryLayout<zoo_scaling_v1>.size),
            ratio: { me, stage, out in
                report {
                    let stages = InstanceBox.of(me).extractor?.stages ?? []
                    guard let out, stages.indices.contains(Int(stage)) else {
                        throw ZooError("there are \(stages.count) stages", .notFound)
                    }
                    out.pointee = stages[Int(stage)].symmetry.scaleRatio
                }
            },
            channels: { me, stage, steps, out in
                report {
                    guard let out, let extractor = InstanceBox.of(me).extractor else {
                        throw ZooError("no place for the channels", .badArgument)
                    }
                    try write(extractor.scaling(stage: Int(stage), steps: Int(steps)), to: out, "scaling", stage, extractor)
                }
            }))

    static let traits = Published(
        zoo_trait_table_v1(
            struct_size: UInt32(MemoryLayout<zoo_trait_table_v1>.size),
            traits: { me, out in
                report {
                    guard let out else { throw ZooError("no place for the traits", .badArgument) }
                    let traits = InstanceBox.of(me).module.traits
                    out.pointee = zoo_traits_v1(
                        struct_size: UInt32(MemoryLayout<zoo_traits_v1>.size),
                        flags: (traits.isPosedAtFirst ? ZOO_POSED_AT_FIRST.rawValue : 0)
                            | (traits.isPoseDetached ? ZOO_POSE_DETACHED.rawValue : 0),
                        rotations: Int32(clamping: traits.invariance.rotations), mirror: traits.invariance.mirror ? 1 : 0,
                        tolerance: traits.tolerance)
                }
            }))

    static let transformer = Published(
        zoo_transformer_v1(
            struct_size: UInt32(MemoryLayout<zoo_transformer_v1>.size),
            parameter_count: { UInt32(clamping: InstanceBox.of($0).transformer?.parameterCount ?? 0) },
            flags: { me in
                let family = InstanceBox.of(me).transformer
                return (family?.composes == true ? ZOO_COMPOSES.rawValue : 0) | (family?.inverts == true ? ZOO_INVERTS.rawValue : 0)
            },
            identity: { me, out in
                report {
                    guard let family = InstanceBox.of(me).transformer, let out else {
                        throw ZooError("no place for the identity", .badArgument)
                    }
                    let identity = family.identity
                    guard identity.count == family.parameterCount else {
                        throw ZooError("its identity has \(identity.count) numbers, the family \(family.parameterCount) parameters")
                    }
                    for (index, value) in identity.enumerated() { out[index] = value }
                }
            },
            output_size: { me, height, width, outHeight, outWidth in
                report {
                    guard let family = InstanceBox.of(me).transformer, let outHeight, let outWidth else {
                        throw ZooError("no place for the size", .badArgument)
                    }
                    let size = family.outputSize(height: Int(height), width: Int(width))
                    outHeight.pointee = Int64(size.height)
                    outWidth.pointee = Int64(size.width)
                }
            },
            transformation: { me, parameters, out in give(out) { try InstanceBox.of(me).transformer?.transformation(tensor(parameters)) } },
            compose: { me, first, second, out in give(out) { try InstanceBox.of(me).transformer?.compose(tensor(first), tensor(second)) } },
            invert: { me, theta, out in give(out) { try InstanceBox.of(me).transformer?.invert(tensor(theta)) } },
            warp: { me, images, theta, height, width, out in
                give(out) {
                    try InstanceBox.of(me).transformer?.warp(tensor(images), tensor(theta), height: Int(height), width: Int(width))
                }
            }))

    static let localization = Published(
        zoo_localization_v1(
            struct_size: UInt32(MemoryLayout<zoo_localization_v1>.size),
            forward: { me, x, out in give(out) { try InstanceBox.of(me).localization?.forward(tensor(x)) } }))

    static let architecture = Published(
        zoo_architecture_v1(
            struct_size: UInt32(MemoryLayout<zoo_architecture_v1>.size),
            forward: { me, x, trace, out in
                give(out) {
                    guard let trace, let record = trace.pointee.record else {
                        return try InstanceBox.of(me).architecture?.forward(tensor(x), trace: nil)
                    }
                    let context = trace.pointee.context
                    return try InstanceBox.of(me).architecture?.forward(
                        tensor(x),
                        trace: Trace { name, tensor in
                            record(context, name, tensor.handle.pointer)
                            withExtendedLifetime(tensor) {}
                        })
                }
            }))
}
