// The file server of `netstead up` in bad times: killed at any moment during uploads, under five thousand connections and garbage, on a disk
// without room, with peers that take all the time there is.
import Crypto
import Foundation
import TestKit
import Testing

@Suite("an FTP server in bad times", .serialized)
struct FTPBadTimesPeerTests {
  /// How often it is killed.
  private static let rounds = 200

  /// Settings of a host whose file server has user `alice` with password `ruby`.
  private func settings(in folder: String, more: String = "") throws -> [String] {
    try FileManager.default.createDirectory(atPath: folder + "/files", withIntermediateDirectories: true)
    try "from the server".write(toFile: folder + "/files/a.txt", atomically: true, encoding: .utf8)
    try ("ports: {dns: 0, http: 0, https: 0, console: 0, ftp: 0}\ntrace: {on: false}\n" + """
      ftp:
        root: files
        anonymous: yes
        users: {alice: '$scrypt$ln=2,r=8,p=1$c2FsdHNhbHQ$+qLBJPSr+vbW8sq2lCg8CcHk+bTUV9l88jIfe3i5u88'}
        write: [alice]
      \(more)
      """).write(toFile: folder + "/netstead.yaml", atomically: true, encoding: .utf8)
    return ["up", "--settings", folder + "/netstead.yaml", "--data", folder + "/data"]
  }

  private func port(_ host: Background) throws -> String { String(try #require(host.endpoint("FTP")?.split(separator: ":").last, "\(host.said)")) }

  private func hash(_ path: String) -> String? {
    (try? Data(contentsOf: URL(fileURLWithPath: path))).map { SHA256.hash(data: $0).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
  }

  @Test("killed 200 times during uploads: what was acknowledged is there, and nothing is torn", .timeLimit(.minutes(30)))
  func killed() async throws {
    guard let python = ProgramRunner("python3") else { return }
    let script = "\(repositoryRoot)/Tests/PeerTests/Scripts/ftp_uploads.py"
    try await withRuntimeFolder { environment, folder in
      let arguments = try settings(in: folder)
      var kept: [String: String] = [:]
      // What `same` may be: the last version that was acknowledged, or one that was on its way when the server was killed.
      var allowed: Set<String> = []
      var acknowledged = 0
      var pause = SystemRandomNumberGenerator()
      for round in 0..<Self.rounds {
        let host = try Background(arguments, environment: environment, in: folder, until: "stop by")
        let port = try port(host)
        async let uploads = python.run([script, "127.0.0.1", port, "\(round)"], timeout: .seconds(60))
        try await Task.sleep(for: .milliseconds(Int.random(in: 40...400, using: &pause)))
        #expect(host.isRunning, "round \(round): it ended by itself")
        _ = host.end(by: SIGKILL)
        for line in await uploads.text.split(separator: "\n") {
          let words = line.split(separator: " ").map(String.init)
          guard words.count == 3 else { continue }
          let (isKept, name, hash) = (words[0] == "kept", words[1], words[2])
          acknowledged += isKept ? 1 : 0
          if name != "same" {
            if isKept { kept[name] = hash }
          } else if isKept {
            allowed = [hash]
          } else {
            allowed.insert(hash)
          }
        }
        if let same = hash(folder + "/files/same") {
          #expect(allowed.contains(same), "round \(round): `same` is no version that was ever sent whole")
          // Whatever it is now, it is from now on.
          allowed = [same]
        }
      }
      let host = try Background(arguments, environment: environment, in: folder, until: "stop by")
      for (name, expected) in kept { #expect(hash(folder + "/files/" + name) == expected, "\(name) was acknowledged") }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder + "/files").filter { $0.hasPrefix(".") }
      #expect(left.isEmpty, "left unfinished: \(left)")
      #expect(acknowledged > Self.rounds / 4, "only \(acknowledged) uploads were acknowledged")
      print("FTP: killed \(Self.rounds) times, \(acknowledged) uploads acknowledged, \(kept.count) files whole")
      #expect(host.stop() == 0)
    }
  }

  @Test("five thousand connections, a third of them rude: its bounds hold, and those who come properly are served", .timeLimit(.minutes(5)))
  func storm() async throws {
    guard let python = ProgramRunner("python3"), let curl = ProgramRunner("curl") else { return }
    try await withRuntimeFolder { environment, folder in
      let host = try Background(settings(in: folder), environment: environment, in: folder, until: "stop by")
      let port = try port(host)
      let outcome = await python.run(["\(repositoryRoot)/Tests/PeerTests/Scripts/ftp_storm.py", "127.0.0.1", port, "5000"], timeout: .seconds(250))
      #expect(outcome.status == 0 && outcome.text.hasPrefix("served "), "\(outcome.text)\(outcome.errorText)")
      print("FTP: \(outcome.text.split(separator: "\n").first ?? ""), \(host.residentBytes >> 20) MiB")
      #expect(host.isRunning && host.residentBytes < 400 << 20)
      let page = await curl.run(["-sS", "ftp://127.0.0.1:\(port)/a.txt"])
      #expect(page.text == "from the server", "\(page.errorText)")
      #expect(host.stop() == 0)
    }
  }

  @Test("a disk without room: 452 before, 552 in the middle, and nothing is left of it", .timeLimit(.minutes(2)))
  func full() async throws {
    guard let unshare = ProgramRunner("unshare"), let python = ProgramRunner("python3") else { return }
    guard await unshare.run(["--user", "--map-root-user", "--mount", "true"]).status == 0 else {
      return skipped("a disk without room", because: "no user namespaces here")
    }
    try await withRuntimeFolder { environment, folder in
      let arguments = try settings(in: folder)
      try Data(count: 60 << 20).write(to: URL(fileURLWithPath: folder + "/big"))
      try Data(count: 1 << 20).write(to: URL(fileURLWithPath: folder + "/small"))
      // 16 MiB of each disk are left alone: of 8 nothing is to be had, of 40 there are 24.
      for (size, file, code) in [("8m", "small", "452"), ("40m", "big", "552")] {
        let script = """
          mount -t tmpfs -o size=\(size) none "$1/files" && shift && "$@" & server=$!; sleep 4
          port=$(sed -n 's/.*FTP at 127.0.0.1://p' "$TALK"); "$PYTHON" "$SCRIPT" $port "$FILE" 2>&1
          kill -INT %1 2>/dev/null; kill $server; wait
          """
        let talk = folder + "/talk-\(size)"
        let outcome = await unshare.run(
          ["--user", "--map-root-user", "--mount", "sh", "-c", "exec 2>\"$TALK\"; " + script, "sh", folder, program] + arguments,
          environment: environment.merging([
            "TALK": talk, "FILE": folder + "/" + file, "PYTHON": python.path, "SCRIPT": repositoryRoot + "/Tests/PeerTests/Scripts/ftp_full.py",
          ]) { $1 }, timeout: .seconds(40))
        #expect(outcome.text.hasPrefix(code) && outcome.text.contains("[") && !outcome.text.contains("'new'"), "\(size): \(outcome.text) \((try? String(contentsOfFile: talk, encoding: .utf8)) ?? "")")
      }
    }
  }
}
