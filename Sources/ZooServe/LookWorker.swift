import Foundation
import Glibc
import ZooCore
import ZooJobs
import ZooPages
import ZooStore
public import ZooTraining

/// The other side of `LookProcess`: looks come as JSON lines on standard input, replies go as JSON lines to descriptor 3.
public enum LookWorker {
    static let descriptor: Int32 = 3

    /// Answers until there are no more looks.
    public static func run(laboratory: Laboratory) {
        let bench = LookBench(laboratory: laboratory)
        while let line = readLine() {
            guard let request = try? ResultCoding.decoder.decode(LookRequest.self, from: Data(line.utf8)) else { return }
            let reply: LookReply
            do { reply = .answer(try bench.look(request)) } catch let error as HostError { reply = .failure(error) } catch {
                reply = .failure(HostError(.software, "\(error)"))
            }
            guard let line = try? ResultCoding.line(reply), PipeEnds.write(line, to: descriptor) else { return }
        }
    }
}

enum LookReply: Codable {
    case answer(LookAnswer)
    case failure(HostError)
}
