import ArgumentParser
import Foundation
import ZooCore
import ZooData
import ZooHost
import ZooManifest
import ZooPages
import ZooReport
import ZooServe
import ZooStore

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Show what is stored and what runs in a browser, live, with a playground.",
        discussion: discussion(
            """
            The server only reads. It answers programs and pages of this machine; on another address than that of the loopback interface \
            it asks for a token, which is printed once. docs/serve.md describes the pages and the JSON API.
            """,
            examples: [
                "zoo serve": "at http://127.0.0.1:8642",
                "zoo serve --port 0": "at a port that is free",
            ]))

    @Option(help: ArgumentHelp("The address to listen on.", valueName: "address"))
    var address = "127.0.0.1"

    @Option(help: ArgumentHelp("The port; 0 for one that is free.", valueName: "n"))
    var port: UInt16 = 8642

    @Option(
        help: ArgumentHelp("Where results are stored. Repeatable. Default: results/zoo.sqlite.", valueName: "file"),
        completion: .file(extensions: ["sqlite"]))
    var store: [String] = []

    @Option(
        help: ArgumentHelp(
            "The library that draws plots: a file. Default: $ZOO_PLOTS, or where the set-up puts it.", valueName: "file"),
        completion: .file(extensions: ["js"]))
    var plots: String?

    @OptionGroup var shared: ExperimentOptions

    func validate() throws {
        try refuseEmpty(("--address", address, "an address"), ("--plots", plots, "a file"))
        for path in store { try refuseEmpty(("--store", path, "a file")) }
        try shared.computing.engine.requireOneDevice()
    }

    func run() throws {
        let manifest = try shared.readManifest()
        let host = try shared.findPlugins(threads: 1, startingEngine: false)
        let catalogue = Catalogue(host: host, manifest: manifest, dataSets: try DataSetCatalogue(manifest))
        var options = ZooServer.Options()
        (options.address, options.port) = (address, port)
        let stores = store.isEmpty ? ["results/zoo.sqlite"] : store
        // One that is not there yet is made while the server runs.
        for path in stores where FileManager.default.fileExists(atPath: path) { _ = try ResultStore(reading: path) }
        Signals.install()
        let server = try ZooServer(
            options, stores: stores, laboratory: shared.laboratory(host, manifest),
            catalogue: catalogue, plots: PlotLibrary.chosen(plots, shared),
            lookWorker: shared.workerArguments(manifest, threads: 1, host) + [
                "--device", shared.devices.description, "--looks",
            ])
        try shared.emit(["url": server.url], or: server.url + "\n")
        shared.note("press Ctrl-C to stop")
        while !Interrupt.isRequested { usleep(100_000) }
    }
}
