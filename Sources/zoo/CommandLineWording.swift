import ZooCore

/// How options and commands are typed: the only place where libraries' suggestions become words of this command line.
struct CommandLineWording: Wording {
    func name(of option: ProgramOption) -> String {
        switch option {
        case .allow: "--allow"
        case .dataDirectory: "--data-dir"
        case .dataset: "--dataset"
        case .id: "--id"
        case .manifest: "--manifest"
        case .map: "--map"
        case .mirror: "--from"
        case .pluginPath: "--plugin-path"
        case .replace: "--replace"
        case .restart: "--restart"
        case .runs: "--runs"
        case .sources: "--zoo"
        case .trackingURI: "--tracking-uri"
        case .weights: "--weights"
        }
    }

    func text(of command: SuggestedCommand) -> String {
        let words = words(command)
        let options = words.first.flatMap { Self.places[$0] } ?? []
        return CommandText("zoo", words, repeating: options, of: CommandLine.arguments).description
    }

    /// The options that say where things are, by the subcommands that are suggested.
    private static let places: [String: [String]] = {
        let host = ["--manifest", "--plugin-path", "--allow", "--lock"]
        let experiment = host + ["--data-dir", "--store", "--runs"]
        return ["evaluate": experiment, "train": experiment, "import": host, "list": host]
    }()

    private func words(_ command: SuggestedCommand) -> [String] {
        switch command {
        case .list: return ["list"]
        case .train(let entry, let dataset, let seed):
            return ["train", entry, "--dataset", dataset] + (seed.map { ["--seed", "\($0)"] } ?? [])
        case .importWeights(let path): return ["import", "--weights", path, "--entry", "ID", "--output", "FILE"]
        case .reproduce(let study, let budget): return ["reproduce", study, "--budget", budget]
        case .evaluate(let wanted):
            var words = ["evaluate", wanted.entry ?? "--all"]
            if let dataset = wanted.dataset { words += ["--dataset", dataset] }
            if let probe = wanted.probe { words += ["--probe", probe] }
            words += SeedRange.pieces(wanted.seeds).flatMap { ["--seed", "\($0)"] }
            if let trainedOn = wanted.trainedOn { words += ["--trained-on", trainedOn] }
            if let weights = wanted.isInitial ? "initial" : wanted.weights { words += ["--weights", weights] }
            if let store = wanted.store { words += ["--store", store] }
            return words
        }
    }
}
