import Foundation
import Testing
import ZooStore

/// Which devices can be named, and what is said where one is not there.
@Suite(.serialized) struct DeviceOptionTests {
    private func refused(_ device: String, _ command: [String] = ["evaluate", "cnn"]) throws -> ZooProcess.Outcome {
        let result = try ZooProcess.run(command + ["--device", device])
        #expect(result.status == 64, "\(device): \(result.errors)")
        return result
    }

    @Test func whatIsNoDeviceIsAnErrorOfUsage() throws {
        for name in ["gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:128", "", "cpu,cuda", "cuda:0,cuda:0", "cuda,cuda:0", "cuda:1,"] {
            #expect(try refused(name).errors.contains("--device"), "\(name)")
        }
    }

    @Test(arguments: [["benchmark", "cnn"], ["theorem", "cnn"], ["peek", "cnn"], ["serve"]])
    func aCommandOfOneProcessTakesOneDevice(_ command: [String]) throws {
        #expect(try refused("cuda:0,cuda:1", command).errors.contains("expected one device"))
    }

    @Test(
        .enabled(if: !PretendedDevice.hasCUDA, "this libtorch is built with CUDA"), arguments: [["benchmark", "cnn"], ["train", "cnn"]])
    func aLibtorchWithoutCUDASaysSo(_ command: [String]) throws {
        let result = try ZooProcess.run(command + ["--device", "cuda"])
        #expect(result.status == 69 && result.complaints.count == 1, "\(result.errors)")
        #expect(result.errors.hasPrefix("zoo: device cuda:0: the libtorch in /") && result.errors.contains("is built without CUDA"))
    }

    /// A login node has no GPU, and libtorch there need not know of any.
    @Test func whatIsSubmittedNeedsNoDeviceHere() throws {
        let result = try ZooProcess.run(
            ["submit", "slurm", "--dry-run", "--sbatch=--gres=gpu:1", "train", "cnn", "--device", "cuda", "--dataset", "strokes"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("#SBATCH --gres=gpu:1"))
    }
}

/// The zoo on devices: GPUs that are none, but which libtorch takes for some.
@Suite(.serialized, .enabled(if: PretendedDevice.isWanted, "run by make test-device, with clang++ and libtorch's headers"))
struct DeviceTests {
    @Test func aDeviceThatIsNotThereIsNamedWithThoseThatAre() throws {
        func fails(_ device: String, _ changes: [String: String] = [:], _ more: [String] = [], with words: String) throws {
            let result = try PretendedDevice.run(["evaluate", "cnn", "--device", device] + more, changes)
            #expect(result.status == 69 && result.complaints.count == 1, "\(result.errors)")
            #expect(result.errors.contains(words), "\(result.errors)")
        }
        try fails("cuda:2", with: "device cuda:2: there is no such device; this machine has 2, cuda:0 to cuda:1")
        try fails("cuda:1", ["PRETEND_DEVICES": "1"], with: "device cuda:1: there is no such device; this machine has one, cuda:0")
        try fails("cuda", ["PRETEND_DEVICES": "0"], with: "device cuda:0: NVIDIA's driver finds no GPU that this process may use")
        try fails("cuda:0,cuda:1", ["PRETEND_NAMES": "A;B"], with: "device cuda:1: expected A, as cuda:0 is, found B")
        try fails("cuda", [:], ["--precision", "bf16"], with: "bfloat16 is computed by the zoo's own kernels, which run on the CPU")
    }

    @Test func theDoctorListsDevices() throws {
        let result = try PretendedDevice.run(["doctor"])
        #expect(result.output.contains("cuda:1") && result.output.contains("Pretended GPU"), "\(result.output)")
    }

    /// Mean losses of every entry by its id, on a device and in the process of the command.
    private func losses(_ device: String, weights: [String], in scratch: Scratch) throws -> [String: Double] {
        struct Answer: Decodable {
            struct Score: Decodable { let loss: Double }
            let entry: String
            let transformed: Score
        }
        let result = try PretendedDevice.run(
            ["evaluate", "--all", "--dataset", "strokes-rotated", "--device", device, "--json", "--quiet"] + weights, in: scratch.folder)
        #expect(result.status == 0, "\(device): \(result.errors)")
        let answers = try JSONDecoder().decode([Answer].self, from: Data(result.output.utf8))
        return Dictionary(answers.map { ($0.entry, $0.transformed.loss) }, uniquingKeysWith: { first, _ in first })
    }

    /// With the weights it has, so that transformers do transform, and with initial ones, which every entry has.
    @Test(arguments: [["--trained-on", "mnist-rotated", "--images", "24"], ["--weights", "initial", "--images", "4"]])
    func everyEntryGivesWhatItGivesOnTheCPU(_ weights: [String]) throws {
        try Scratch.with { scratch in
            let (here, there) = (
                try losses("cpu", weights: weights, in: scratch), try losses("cuda:0,cuda:1", weights: weights, in: scratch)
            )
            #expect(here.count > 25 && here.keys == there.keys)
            for (entry, loss) in here {
                // Float32's operators in another order: a few units in the last place of each logit, which their mean loss shows.
                #expect(abs(loss - (there[entry] ?? .nan)) <= 1e-4 * max(1, abs(loss)), "\(entry): \(loss), \(there[entry] ?? .nan)")
            }
        }
    }

    @Test func everyEntryTakesATrainingStep() throws {
        struct Listing: Decodable {
            struct Entry: Decodable { let id: String }
            let entries: [Entry]
        }
        let listing = try ZooProcess.run(["list", "entries", "--json"]).output
        let ids = try JSONDecoder().decode(Listing.self, from: Data(listing.utf8)).entries.map(\.id)
        let result = try PretendedDevice.run(
            ["benchmark", "--shape", "1x28x28", "--batch", "4", "--rounds", "1", "--warmup", "0", "--device", "cuda:1", "--json"] + ids)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.matches(of: /"entry"/).count == ids.count)
        #expect(result.output.contains("CUDA 13.0, Pretended GPU"))
    }

    private static func training(_ entry: String) -> [String] {
        ["train", entry, "--dataset", "strokes-rotated?limit=1024", "--epochs", "2", "--threads", "1", "--json", "--quiet"]
    }

    private func train(_ entry: String, _ more: [String], in scratch: Scratch, at place: SourceLocation = #_sourceLocation) throws -> String
    {
        let result = try PretendedDevice.run(Self.training(entry) + more, in: scratch.folder, at: place)
        #expect(result.status == 0, "\(result.errors)", sourceLocation: place)
        return result.output
    }

    private struct Run: Decodable {
        struct Conditions: Decodable {
            let engine, instructions, processor, weights: String
        }
        let trainLoss: Double
        let conditions: Conditions
    }

    private func runs(_ output: String) throws -> [Run] { try JSONDecoder().decode([Run].self, from: Data(output.utf8)) }

    /// Data are drawn alike everywhere, so a run differs by rounding alone; and its result says where it was made.
    @Test func trainingOnADeviceIsTrainingOnTheCPU() throws {
        try Scratch.with { scratch in
            let cpu = try runs(train("stn-c1", [], in: scratch))
            let device = try runs(train("stn-c1", ["--device", "cuda"], in: scratch))
            let (ours, theirs) = (try #require(cpu.first), try #require(device.first))
            #expect(abs(ours.trainLoss - theirs.trainLoss) <= 0.01 * ours.trainLoss, "\(ours.trainLoss), \(theirs.trainLoss)")
            #expect(theirs.conditions.engine.hasSuffix(", CUDA 13.0, Pretended GPU") && theirs.conditions.instructions == "sm_90")
            #expect(theirs.conditions.processor.hasPrefix("Pretended GPU; "), "\(theirs.conditions.processor)")
            #expect(!ours.conditions.engine.contains("CUDA"))
            // Neither is taken for the other, and each is known again.
            let files = try FileManager.default.subpathsOfDirectory(atPath: scratch.folder.path)
            #expect(files.count { $0.hasSuffix("weights.safetensors") } == 2)
            let again = try runs(train("stn-c1", ["--device", "cuda:1"], in: scratch))
            #expect(again.first?.conditions.weights == theirs.conditions.weights, "devices of one kind are one")
        }
    }

    /// Wherever it is interrupted. Dropout draws from the device's own generator, which has to be brought to where it was.
    @Test func anInterruptedRunEndsInTheSameBits() throws {
        try Scratch.with { scratch in
            func arguments(_ name: String) -> [String] { ["--device", "cuda", "--runs", name, "--store", name + ".sqlite"] }
            let whole = try runs(train("small-cnn", arguments("whole"), in: scratch))
            let process = try PretendedDevice.start(Self.training("small-cnn") + arguments("parts"), in: scratch.folder)
            // The run's directory appears when training begins.
            process.waits { FileManager.default.fileExists(atPath: scratch.folder.path + "/parts") }
            process.interrupt()
            process.waitUntilExit()
            #expect(process.terminationReason == .exit && [0, 130].contains(process.terminationStatus))
            let parts = try runs(train("small-cnn", arguments("parts"), in: scratch))
            #expect(parts.first?.conditions.weights == whole.first?.conditions.weights)
            #expect(parts.first?.trainLoss == whole.first?.trainLoss)
        }
    }

    /// Where a device's memory ends, an evaluation is tried again with fewer images at once, and a training says what it was.
    @Test func aFullDeviceIsALackOfMemory() throws {
        try Scratch.with { scratch in
            let small = ["PRETEND_MEMORY": "\(24 << 20)"]
            let evaluation = try PretendedDevice.run(
                [
                    "evaluate", "cnn", "--dataset", "strokes-rotated", "--images", "256", "--device", "cuda", "--json",
                ], small, in: scratch.folder)
            #expect(evaluation.status == 0 && evaluation.output.contains("larger ones ran out of memory"), "\(evaluation.errors)")
            let training = try PretendedDevice.run(Self.training("cnn") + ["--device", "cuda"], small, in: scratch.folder)
            #expect(training.status == 71 && training.errors.contains("CUDA out of memory"), "\(training.status) \(training.errors)")
        }
    }

    @Test func jobsAreDividedAmongDevices() throws {
        try Scratch.with { scratch in
            let result = try PretendedDevice.run(
                Self.training("small-cnn") + ["--seeds", "0..1", "--device", "cuda:0,cuda:1"],
                ["PRETEND_TRACE": scratch.folder.path + "/trace"], in: scratch.folder)
            #expect(result.status == 0, "\(result.errors)")
            let used = try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path + "/trace").sorted()
            #expect(used == ["cuda:0", "cuda:1"], "\(used)")
        }
    }

    /// Probes bring tensors of their own to those of the network.
    @Test func everyProbeMeasuresOnADevice() throws {
        try Scratch.with { scratch in
            let result = try PretendedDevice.run(
                [
                    "evaluate", "stn-c0", "p4-cnn", "--probe", "all", "--images", "16", "--dataset", "strokes-rotated", "--device", "cuda",
                    "--json",
                ], in: scratch.folder)
            #expect(result.status == 0, "\(result.errors)")
            let theorem = try PretendedDevice.run(
                ["theorem", "p4-cnn", "fovmax", "--images", "2", "--dataset", "strokes", "--device", "cuda", "--untrained"],
                in: scratch.folder)
            #expect(theorem.status == 0 && theorem.output.contains("aligned"), "\(theorem.errors)")
        }
    }
}
