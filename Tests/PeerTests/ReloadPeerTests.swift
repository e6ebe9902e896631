// `netstead up`, the executable, and its settings read again while other people's programs are at work.
// The work itself is in Scripts/reloads.py.
import Foundation
import TestKit
import Testing

@Suite("settings read again", .serialized)
struct ReloadPeerTests {
  @Test("a hundred reloads under load, every tenth of a broken file, drop no connection and lose no memory", .timeLimit(.minutes(8)))
  func reloads() async throws {
    _ = try executable()
    guard let python = ProgramRunner("/usr/bin/python3"), await python.run(["-c", "import dns.query"]).status == 0 else {
      return skipped("reloads", because: "dnspython is not installed")
    }
    try await withRuntimeFolder { environment, folder in
      let outcome = await python.run(
        [repositoryRoot + "/Tests/PeerTests/Scripts/reloads.py", program, folder], environment: environment, timeout: .seconds(420))
      #expect(outcome.status == 0 && outcome.text.hasPrefix("reloads 100"), "\(outcome.text)\(outcome.errorText)")
      print("netstead up: \(outcome.text)")
    }
  }

  @Test("the signal reads the settings again; the end of the terminal it was started from ends it", .timeLimit(.minutes(1)))
  func terminal() async throws {
    _ = try executable()
    guard let python = ProgramRunner("python3") else { return }
    try await withRuntimeFolder { environment, folder in
      try "ports: {dns: 0, http: 0, https: 0, console: 0}\n".write(toFile: folder + "/netstead.yaml", atomically: true, encoding: .utf8)
      let outcome = await python.run(
        [repositoryRoot + "/Tests/PeerTests/Scripts/hang_up.py", program, folder], environment: environment, timeout: .seconds(50))
      #expect(outcome.text == "ended 0\n", "\(outcome.text)\(outcome.errorText)")
    }
  }

  @Test("nobody to reload is told")
  func nobody() async throws {
    let netstead = try executable()
    try await withRuntimeFolder { environment, folder in
      let outcome = await netstead.run(["reload", "--data", folder], environment: environment)
      #expect(outcome.status == 4 && outcome.errorText.contains("no `netstead up` runs"), "\(outcome.errorText)")
    }
  }
}
