import Testing
import ZooCluster

/// What sbatch is given.
@Suite struct SlurmTests {
    private func submission(folder: String = "/home/her/zoo", environment: [String: String] = [:]) -> SweepManifest.Submission {
        SweepManifest.Submission(
            date: "2026-11-26T12:00:00Z", program: "/opt/zoo/bin/zoo", command: ["train", "cnn"], folder: folder, environment: environment,
            first: 0, count: 12)
    }

    @Test func theScriptIsAsItWas() {
        var options = SlurmOptions()
        (options.time, options.memory, options.partition, options.cpus, options.throttle) = ("04:00:00", "4G", "short", 2, 2)
        options.others = ["--qos=long"]
        let script = SlurmScript(
            sweep: "train-1", folder: "/home/her/zoo/sweeps/train-1", array: SlurmArray.arrays(of: Array(0..<12), limit: 1001)[0],
            submission: submission(environment: ["ZOO_DATA": "/data/my sets"]), options: options)
        #expect(
            script.text == """
                #!/bin/bash
                #SBATCH --job-name=zoo-train-1
                #SBATCH --array=0-11%2
                #SBATCH --chdir=/home/her/zoo
                #SBATCH --output=/home/her/zoo/sweeps/train-1/logs/%A_%a.log
                #SBATCH --open-mode=append
                #SBATCH --requeue
                #SBATCH --signal=B:USR1@120
                #SBATCH --ntasks=1
                #SBATCH --cpus-per-task=2
                #SBATCH --time=04:00:00
                #SBATCH --mem=4G
                #SBATCH --partition=short
                #SBATCH --qos=long

                export ZOO_DATA='/data/my sets'
                # A task's number in the sweep is its index in this array + 0.
                exec /opt/zoo/bin/zoo task /home/her/zoo/sweeps/train-1 $((SLURM_ARRAY_TASK_ID + 0))

                """)
    }

    @Test func foldersWithBlanksAndPercentSignsStayWhatTheyAre() {
        let script = SlurmScript(
            sweep: "a", folder: "/100% mine/a", array: SlurmArray.arrays(of: [0], limit: 1001)[0],
            submission: submission(folder: "/100% mine"), options: SlurmOptions())
        #expect(script.text.contains("#SBATCH --output=\"/100%% mine/a/logs/%A_%a.log\"\n"))
        #expect(script.text.contains("exec /opt/zoo/bin/zoo task '/100% mine/a' $((SLURM_ARRAY_TASK_ID + 0))\n"))
        #expect(!script.text.contains("--signal"), "without a limit there is nothing to warn of")
    }

    @Test(arguments: [1, 2, 3, 7, 10, 1001])
    func arraysHoldEveryTaskOnceAndKeepBelowTheLimit(_ limit: Int) {
        for tasks in [[], [0], [5], Array(0..<10), [0, 1, 2, 5, 9, 10, 11, 40], Array(3..<2500)] {
            let arrays = SlurmArray.arrays(of: tasks, limit: limit)
            #expect(arrays.flatMap(\.tasks) == tasks)
            #expect(arrays.allSatisfy { $0.indices.allSatisfy { $0.lowerBound >= 0 && $0.upperBound < limit } })
            #expect(arrays.count == Set(tasks.map { $0 / limit }).count, "no more arrays than needed")
        }
    }

    @Test func anArrayIsWrittenAsSlurmReadsIt() {
        let arrays = SlurmArray.arrays(of: [0, 1, 2, 5, 9, 10, 11, 40], limit: 10)
        #expect(arrays.map { $0.text(throttle: 2) } == ["0-2,5,9%2", "0-1%2", "0%2"])
        #expect(arrays.map(\.offset) == [0, 10, 40])
        #expect(arrays[0].text(throttle: nil) == "0-2,5,9")
    }
}
