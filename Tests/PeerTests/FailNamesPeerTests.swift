// Names, addresses, files and peers at which things go wrong on purpose, in a world of `netstead lab --ci`, met by other people's programs.
// Not here: the same for Python's libraries (ci_suite.py), the API (LabTestRunPeerTests.swift).
import TestKit
import Testing

@Suite("things that go wrong on purpose", .serialized)
struct FailNamesPeerTests {
  /// A part of the script, and the programs it needs.
  struct Part: Sendable, CustomTestStringConvertible {
    var name: String
    var programs: [String]
    var testDescription: String { name }
  }

  private static let parts = [
    Part(name: "tls", programs: ["openssl", "curl"]), Part(name: "mail", programs: ["openssl", "curl", "swaks"]),
    Part(name: "files", programs: ["curl", "lftp"]), Part(name: "peers", programs: ["aria2c"]),
  ]

  @Test("programs meet what the list says", .enabled(if: hasNamespaces), arguments: parts)
  func meets(_ part: Part) async throws {
    let netstead = try executable()
    for program in part.programs where ProgramRunner(program) == nil { return skipped(part.name, because: "\(program) is not installed") }
    try await withRuntimeFolder { environment, folder in
      let script = repositoryRoot + "/Tests/PeerTests/Scripts/fail_names.sh"
      let outcome = await netstead.run(
        ["lab", "--ci", "--report", folder + "/report", "--", "sh", script, part.name, folder], environment: environment, timeout: .seconds(300))
      #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
    }
  }
}
