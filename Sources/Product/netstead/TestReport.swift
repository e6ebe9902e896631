// Writes the report of a run of `netstead lab --ci`: five files in a folder.
// Not here: what the page shows and what a replay needs (Lab/Report).
import Bytes
import Lab
import Trace
import World
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The report of one run.
struct TestReport {
  var replay: RunReplay
  var world: WorldDescription
  var worldText: String
  var plan: AddressPlan
  var trace: TraceStore

  /// Writes all files; nil: that went well, else the path that could not be written.
  func write(to folder: String) -> String? {
    if mkdir(folder, 0o755) != 0, errno != EEXIST { return folder }
    let names = world.hosts.flatMap { host in plan.addresses(of: host).map { ($0, host.name) } }
    let files: [(name: String, bytes: [UInt8])] = [
      ("report.html", Array(RunReport(replay, at: folder + "/replay.yaml", world, worldText, plan, trace, explain: explainAnything).html.utf8)),
      ("events.jsonl", JSONLines().lines(of: trace).array),
      ("run.pcapng", PacketCapture(names: names, explain: explainAnything).file(of: trace).array),
      ("world.yaml", Array(worldText.utf8)), ("replay.yaml", replay.yaml.array),
    ]
    return files.lazy.map { (path: folder + "/" + $0.name, bytes: $0.bytes) }.first { !OutputFile.write($0.bytes, to: $0.path) }?.path
  }
}
