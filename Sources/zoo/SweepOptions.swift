import ArgumentParser
import Foundation
import ZooCluster
import ZooCore

/// Where sweeps lie.
struct SweepsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where sweeps are kept: a folder that all machines of the cluster share.", valueName: "dir"))
    var sweeps = "sweeps"

    func validate() throws { try refuseEmpty(("--sweeps", sweeps, "a directory")) }

    /// The folder of a sweep that is given by its name or its folder.
    func folder(of name: String) -> String { name.contains("/") ? name : "\(sweeps)/\(name)" }

    /// The sweeps of those names; all where none is given.
    func open(_ names: [String]) throws -> [Sweep] {
        let folders = names.isEmpty ? Sweep.all(below: sweeps) : names.map(folder)
        if folders.isEmpty { throw HostError(.noInput, "\(sweeps): there is no sweep; 'zoo submit slurm' makes one") }
        return try folders.map { try Sweep($0) }
    }
}

/// What is asked of Slurm; what is not given stays as it was submitted before.
struct SlurmLimits: ParsableArguments {
    @Option(help: ArgumentHelp("Time that one task may take, as Slurm writes it: 30, 04:00:00, 2-00:00:00.", valueName: "time"))
    var time: String?

    @Option(help: ArgumentHelp("Memory of each task, as Slurm writes it: 4G.", valueName: "size"))
    var mem: String?

    @Option(help: ArgumentHelp("Processors of each task. Default: 1.", valueName: "n"))
    var cpus: Int?

    @Option(help: ArgumentHelp("How many tasks run at once.", valueName: "n"))
    var throttle: Int?

    @Option(help: ArgumentHelp("The partition.", valueName: "name"))
    var partition: String?

    @Option(help: ArgumentHelp("The account.", valueName: "name"))
    var account: String?

    @Option(
        help: ArgumentHelp(
            "Seconds before the end of a task's time at which it finishes its step and goes back into the queue. Default: 120.",
            valueName: "s"))
    var warning: Int?

    @Option(
        name: .customLong("sbatch"),
        help: ArgumentHelp("A further option of sbatch, as in '--sbatch=--qos=long'. Repeatable.", valueName: "option"))
    var others: [String] = []

    func validate() throws {
        if let cpus, !(1...1024).contains(cpus) { throw ValidationError("--cpus is \(cpus), expected 1 to 1024") }
        if let throttle, throttle < 1 { throw ValidationError("--throttle is \(throttle), expected 1 or more") }
        if let warning, !(1...65535).contains(warning) { throw ValidationError("--warning is \(warning), expected 1 to 65535 seconds") }
        for (name, value) in [("--time", time), ("--mem", mem), ("--partition", partition), ("--account", account)] {
            if let value, value.isEmpty || value.contains(where: \.isWhitespace) {
                throw ValidationError("\(name) is '\(value)', expected a word")
            }
        }
        for option in others where !option.hasPrefix("-") || option.contains(where: \.isNewline) {
            throw ValidationError("--sbatch is '\(option)', expected an option of sbatch, as in --sbatch=--qos=long")
        }
    }

    func applied(to earlier: SlurmOptions) -> SlurmOptions {
        var options = earlier
        options.time = time ?? options.time
        options.memory = mem ?? options.memory
        options.cpus = cpus ?? options.cpus
        options.throttle = throttle ?? options.throttle
        options.partition = partition ?? options.partition
        options.account = account ?? options.account
        options.warning = warning ?? options.warning
        if !others.isEmpty { options.others = others }
        return options
    }
}
