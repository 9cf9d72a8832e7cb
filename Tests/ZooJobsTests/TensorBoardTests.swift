import Foundation
import TestSupport
import Testing
import ZooCore
import ZooJobs
import ZooManifest
import ZooProbes
import ZooTraining

/// What a training run writes for TensorBoard, taken apart by the documents of its formats; `make test-tensorboard` reads it with
/// TensorBoard's own reader.
@Suite(.serialized) struct TensorBoardTests {
    private struct Value: Equatable {
        let tag: String
        let step: UInt64
        /// nil of a picture.
        let number: Float?
    }

    /// Field number → values of a protobuf message; a number as its bytes.
    private func fields(_ bytes: ArraySlice<UInt8>) -> [UInt64: [ArraySlice<UInt8>]] {
        var rest = bytes
        func varint() -> UInt64 {
            var (value, shift) = (UInt64(0), UInt64(0))
            while let byte = rest.popFirst() {
                value |= UInt64(byte & 0x7f) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            return value
        }
        var found: [UInt64: [ArraySlice<UInt8>]] = [:]
        while !rest.isEmpty {
            let key = varint()
            let value: ArraySlice<UInt8>
            switch key & 7 {
            case 0: value = withUnsafeBytes(of: varint().littleEndian, Array.init)[...]
            case 1: value = rest.prefix(8)
            case 2:
                let length = Int(varint())
                value = rest.prefix(length)
            default: value = rest.prefix(4)
            }
            if key & 7 != 0 { rest = rest.dropFirst(value.count) }
            found[key >> 3, default: []].append(value)
        }
        return found
    }

    private func number<T: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>, as type: T.Type) -> T {
        bytes.reversed().reduce(0) { $0 << 8 | T($1) }
    }

    /// CRC-32C bit by bit, by its polynomial (RFC 3720, appendix B.4), and masked as TensorFlow's records have it.
    private func masked(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var sum = ~UInt32(0)
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0x82f6_3b78 : sum >> 1 }
        }
        return (~sum >> 15 | ~sum << 17) &+ 0xa282_ead8
    }

    private func values(below folder: String) throws -> [Value] {
        var found: [Value] = []
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.contains("tfevents") }
        for name in names.sorted() {
            var rest = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))[...]
            var events = 0
            while !rest.isEmpty {
                let head = rest.prefix(8), length = Int(number(head, as: UInt64.self))
                let body = rest.dropFirst(12).prefix(length)
                #expect(number(rest.dropFirst(8).prefix(4), as: UInt32.self) == masked(head))
                #expect(number(rest.dropFirst(12 + length).prefix(4), as: UInt32.self) == masked(body))
                rest = rest.dropFirst(16 + length)
                let event = fields(body)
                #expect(event[1]?.count == 1, "every event has its time")
                if events == 0 { #expect(event[3]?.first.map { String(decoding: $0, as: UTF8.self) } == "brain.Event:2") }
                events += 1
                for summary in event[5] ?? [] {
                    for entry in fields(summary)[1] ?? [] {
                        let entry = fields(entry)
                        let tag = String(decoding: try #require(entry[1]?.first), as: UTF8.self)
                        let scalar = entry[2]?.first.map { Float(bitPattern: number($0, as: UInt32.self)) }
                        if let image = entry[4]?.first {
                            #expect(try #require(fields(image)[4]?.first).prefix(4) == [0x89, 0x50, 0x4e, 0x47], "a PNG file")
                        }
                        found.append(Value(tag: tag, step: number(try #require(event[2]?.first), as: UInt64.self), number: scalar))
                    }
                }
            }
        }
        return found
    }

    private func train(_ zoo: TinyZoo, _ folder: String, _ progress: any ProgressListener = SilentProgress()) throws -> TrainingResult {
        var laboratory = zoo.laboratory
        laboratory.tensorBoard = folder
        return try laboratory.train(
            zoo.manifest.entry("tiny"), dataset: TinyZoo.dataset, seed: 3, epochs: nil, restart: false, progress: progress)
    }

    @Test func everyEpochIsToldAndTheRunEndsInTheSameBits() throws {
        let (plain, told) = (try TinyZoo(), try TinyZoo())
        let folder = told.folder.path + "/board"
        let (quiet, run) = (try plain.train(), try train(told, folder))
        #expect(quiet.history.map(\.trainLoss) == run.history.map(\.trainLoss) && quiet.transformed == run.transformed)
        let values = try values(below: folder)
        for record in run.history {
            let step = UInt64(record.epoch)
            #expect(values.contains(Value(tag: "loss/train", step: step, number: Float(record.trainLoss))))
            #expect(values.contains(Value(tag: "learning rate", step: step, number: Float(record.learningRate))))
            #expect(values.contains { $0.tag == "pose/rotation slope" && $0.step == step && $0.number?.isFinite == true })
            #expect(values.contains { $0.tag.hasPrefix("images") && $0.step == step && $0.number == nil })
        }
        #expect(values.contains(Value(tag: "error/upright", step: 2, number: Float(run.upright.error))))
        #expect(values.contains(Value(tag: "error/transformed", step: 2, number: Float(try #require(run.transformed).error))))
    }

    /// Each epoch is there once, whatever came between.
    @Test func aRunThatGoesOnAddsItsEpochs() throws {
        let zoo = try TinyZoo()
        let folder = zoo.folder.path + "/board"
        #expect(throws: Interrupted.self) { try train(zoo, folder, Impatient(images: 3 * TinyZoo.images / 2)) }
        Interrupt.clear()
        let run = try train(zoo, folder)
        #expect(run.resumedFrom == 1)
        #expect(try values(below: folder).filter { $0.tag == "loss/train" }.map(\.step).sorted() == [1, 2])
    }

    @Test func aFolderThatCannotBeIsNamed() throws {
        let zoo = try TinyZoo()
        let file = zoo.folder.path + "/file"
        try "".write(toFile: file, atomically: true, encoding: .utf8)
        let error = #expect(throws: HostError.self) { try train(zoo, file) }
        #expect(error?.kind == .cantCreate && error?.message.contains(file) == true)
    }
}
