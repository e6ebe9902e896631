// The web site as an onion service, carried by a real tor that has no network: the order, the name it gives the service, and the refusals.
import Foundation
import Names
import TestKit
import Testing

@Suite("onion service", .serialized)
struct OnionPeerTests {
  /// A tor of the test's own that takes orders at `port` and never speaks to its network, while `work` runs.
  private func withTor(_ tor: ProgramRunner, port: Int, _ lines: [String], in folder: String, _ work: () async throws -> Void) async throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tor.path)
    process.arguments = ["-f", folder + "/torrc"]
    let text = ["DataDirectory \(folder)/tor", "SocksPort 0", "ControlPort 127.0.0.1:\(port)", "DisableNetwork 1", "Log notice file \(folder)/tor.log"] + lines
    try (text.joined(separator: "\n") + "\n").write(toFile: folder + "/torrc", atomically: true, encoding: .utf8)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    defer {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    for _ in 0..<200 {
      let log = (try? String(contentsOfFile: folder + "/tor.log", encoding: .utf8)) ?? ""
      if log.contains("Opened Control listener") { break }
      try await Task.sleep(for: .milliseconds(50))
    }
    try await work()
  }

  private func settings(_ onion: String, in folder: String) throws -> [String] {
    let file = folder + "/netstead.yaml"
    try "ports: {dns: 0, http: 0, https: 0, console: 0}\nonion: {\(onion)}\n".write(toFile: file, atomically: true, encoding: .utf8)
    return ["up", "--settings", file, "--data", folder + "/data"]
  }

  @Test("tor carries the site under the name that our key is; the same name after a restart and a kill", .timeLimit(.minutes(2)))
  func carried() async throws {
    guard let tor = ProgramRunner("tor"), let curl = ProgramRunner("curl") else { return }
    let port = Int.random(in: 20_000...29_000)
    try await withRuntimeFolder { environment, folder in
      let arguments = try settings("control: '127.0.0.1:\(port)'", in: folder)
      var names: [String] = []
      try await withTor(tor, port: port, ["CookieAuthentication 1"], in: folder) {
        for round in 0..<3 {
          let host = try Background(arguments, environment: environment, in: folder, until: "stop by")
          let name = try #require(host.said.firstMatch(of: #/http:\/\/([a-z2-7]{56})\.onion\//#)?.output.1, "\(host.said)")
          names.append(String(name))
          #expect(throws: Never.self) { try OnionName(name) }
          // What tor would be asked for arrives at the site.
          let web = try #require(host.endpoint("HTTP"))
          let page = await curl.run(["-sS", "-H", "Host: \(name).onion", "http://\(web)/"])
          #expect(page.status == 0 && page.text.contains("is up"), "\(page.text)\(page.errorText)")
          if round == 1 { kill(host.processIdentifier, SIGKILL) } else { #expect(host.stop() == 0) }
        }
      }
      #expect(Set(names).count == 1 && names.count == 3)
    }
  }

  @Test("without tor, or with the wrong password, the host is up and says why there is no onion service", .timeLimit(.minutes(2)))
  func absent() async throws {
    let port = Int.random(in: 29_001...31_000)
    try await withRuntimeFolder { environment, folder in
      let alone = try Background(settings("control: '127.0.0.1:\(port)'", in: folder), environment: environment, in: folder, until: "stop by")
      #expect(alone.said.contains("! no onion service: no tor takes orders at 127.0.0.1:\(port)") && alone.said.contains("home.test is up"), "\(alone.said)")
      #expect(alone.stop() == 0)
      guard let tor = ProgramRunner("tor") else { return }
      let hash = await tor.run(["--quiet", "--hash-password", "right"]).text.split(separator: "\n").last ?? ""
      try await withTor(tor, port: port, ["HashedControlPassword \(hash)"], in: folder) {
        for (password, isGood) in [("wrong", false), ("right", true)] {
          let host = try Background(settings("control: '127.0.0.1:\(port)', password: \(password)", in: folder), environment: environment, in: folder, until: "stop by")
          #expect(host.said.contains(".onion/") == isGood && host.said.contains("does not let us in: 515") != isGood, "\(host.said)")
          #expect(host.stop() == 0)
        }
      }
    }
  }
}
