import Foundation
package import Glibc
import ZooCore

/// The processor and memory of this computer.
public enum Machine {
    public static let name = HostName.current

    /// The processor as the system calls it: "AMD EPYC 9R14".
    public static let processor: String = {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
        let line = lines.first { $0.hasPrefix("model name") }
        return line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
    }()

    /// Cores that this process may use.
    public static let cores = max(1, ProcessInfo.processInfo.activeProcessorCount)

    /// The memory for all processes together in bytes: the machine's, or what a control group or Slurm allows.
    public static let memory: Int = {
        let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"].compactMap { path in
            (try? String(contentsOfFile: path, encoding: .utf8)).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        return ([physical] + limits.filter { $0 > 0 } + slurmMemory).min() ?? physical
    }()

    /// What Slurm has set aside for this task: not every cluster has control groups see to it.
    private static var slurmMemory: [Int] {
        let environment = ProcessInfo.processInfo.environment
        // In MiB.
        func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) }.flatMap { (1..<1 << 40).contains($0) ? $0 : nil } }
        if let node = number("SLURM_MEM_PER_NODE") { return [node << 20] }
        guard let cpu = number("SLURM_MEM_PER_CPU"), let cpus = number("SLURM_CPUS_ON_NODE"), cpus < 1 << 20 else { return [] }
        return [cpu << 20].map { $0.multipliedReportingOverflow(by: cpus) }.filter { !$0.overflow }.map(\.partialValue)
    }

    /// Resident bytes of a process; 0 if it is gone.
    package static func residentMemory(of process: pid_t) -> Int {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8) else { return 0 }
        let fields = text.split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
