// The names of the built-in world on loopback addresses, changed by other people's programs: a form sent by curl, updates by nsupdate, copies by dig.
// Not here: looking names up (LabPeerTests.swift), the same things of `netstead up` (NameRolesPeerTests.swift).
import Foundation
import Host
@testable import Lab
import TestKit
import Testing
import Trace
import World

@Suite("changing the built-in world's names", .serialized)
struct LabNamesPeerTests {
  private func dig(_ words: [String], _ dig: ProgramRunner) async -> String { await dig.run(["-p", "8053", "+norec", "+time=2", "+tries=1"] + words).text }

  /// Asks until the answer has `word`, for a bounded time.
  private func wait(_ words: [String], for word: String, _ program: ProgramRunner) async throws -> String {
    var answer = ""
    for _ in 0..<50 {
      answer = await dig(words, program)
      if answer.contains(word) { return answer }
      try await Task.sleep(for: .milliseconds(100))
    }
    return answer
  }

  @Test("a name registered by a form is delegated by both servers of the zone above; what is wrong gets a page that says so")
  func registers() async throws {
    guard let digging = ProgramRunner("dig"), let curl = ProgramRunner("curl") else { return }
    try await LabPeerTests().withWorld { _, store in
      let site = ["-sS", "-w", "%{http_code}\\n", "--resolve", "registrar.test:8080:127.0.2.20"]
      let front = await curl.run(site + ["http://registrar.test:8080/"]).text
      #expect(front.contains("action=\"/register\"") && front.hasSuffix("200\n"), "\(front)")
      let form = ["--data-urlencode", "name=jade", "--data-urlencode", "servers=ns1.jade.test 198.51.100.11\nns2.garnet.test"]
      let made = await curl.run(site + form + ["http://registrar.test:8080/register"]).text
      #expect(made.hasSuffix("201\n") && made.contains("jade.test. 3600 NS ns1.jade.test."), "\(made)")
      let code = try #require(made.firstMatch(of: /id="code">([0-9a-f]{32})</)?.1, "\(made)")
      for server in ["@127.0.2.11", "@127.0.2.12"] {
        let referral = try await wait([server, "www.jade.test"], for: "ns1.jade.test.", digging)
        #expect(referral.contains("ns1.jade.test.\t\t3600\tIN\tA\t198.51.100.11") && referral.contains("AUTHORITY: 2"), "\(referral)")
      }
      for (words, status, sentence) in [
        (form, "409", "jade.test. is taken."), (["-d", "name=pc&servers=ns1.garnet.test"], "409", "pc.test. is taken."),
        (["-d", "name=opal2&servers=ns1.opal2.test"], "422", "lies inside opal2.test."), (["-d", "name=&servers="], "422", "The field is empty."),
        (["-d", "name=<b>&servers=ns1.garnet.test"], "422", "&lt;b&gt;"),
      ] {
        let refused = await curl.run(site + words + ["http://registrar.test:8080/register"]).text
        #expect(refused.hasSuffix("\(status)\n") && refused.contains(sentence), "\(words) \(refused)")
      }
      #expect(await curl.run(site + ["-d", "name=jade&code=0123", "http://registrar.test:8080/release"]).text.hasSuffix("403\n"))
      #expect(await curl.run(site + ["-d", "name=jade&servers=ns2.garnet.test&code=\(code)", "http://registrar.test:8080/change"]).text.hasSuffix("200\n"))
      #expect(try await wait(["@127.0.2.12", "www.jade.test"], for: "AUTHORITY: 1", digging).contains("ns2.garnet.test."))
      #expect(await curl.run(site + ["-d", "name=jade&code=\(code)", "http://registrar.test:8080/release"]).text.hasSuffix("200\n"))
      #expect(try await wait(["@127.0.2.12", "www.jade.test"], for: "NXDOMAIN", digging).contains("NXDOMAIN"))
      // Nobody but the zone's own servers and the registrar had anything to do with it.
      let updates = store.conversations().filter { $0.info.host == "registrar" && $0.info.role == .client && $0.info.dialect == .dns }
      #expect(updates.count >= 5)
    }
  }

  @Test("Chromium fills in the registrar's forms: a name is registered, taken, changed and given up")
  func chromium() async throws {
    guard let python = ProgramRunner("python3"), let chromium = ProgramRunner("chromium") else { return }
    let profile = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-registrar-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: profile) }
    try await LabPeerTests().withWorld { _, _ in
      let said = await python.run(
        [repositoryRoot + "/Tests/PeerTests/Scripts/registrar_browser.py", chromium.path, profile, "http://registrar.test:8080/", "127.0.2.20", "jade", "ns1.garnet.test"],
        timeout: .seconds(110))
      let pages = ["jade.test. is yours", "With this code you change it later", "jade.test. is taken.", "NS ns2.garnet.test.", "jade.test. is free"]
      var rest = Substring(said.text)
      for page in pages {
        guard let found = rest.firstRange(of: page) else {
          Issue.record("no \(page) in \(said.text)\(said.errorText)")
          return
        }
        rest = rest[found.upperBound...]
      }
    }
  }

  @Test("nsupdate changes a zone, its other server has it at once and answers alone; without the key nothing changes")
  func updates() async throws {
    guard let digging = ProgramRunner("dig"), let nsupdate = ProgramRunner("nsupdate") else { return }
    try await LabPeerTests().withWorld { world, _ in
      let key = "hmac-sha256:home.garnet.test:dGhlIGJveCBhdCBob21lIHNheXMgd2hlcmUgaXQgaXM="
      func update(_ arguments: [String]) async -> ProgramOutcome {
        await nsupdate.run(arguments, input: Array("server 127.51.100.11 8053\nzone garnet.test\nupdate add box.garnet.test 60 A 127.0.113.77\nsend\n".utf8))
      }
      #expect((await update([])).errorText.contains("REFUSED"))
      let changed = await update(["-y", key])
      #expect(changed.status == 0, "\(changed.errorText)")
      let there = try await wait(["@127.51.100.12", "box.garnet.test"], for: "127.0.113.77", digging)
      #expect(there.contains("127.0.113.77") && there.contains("flags: qr aa"), "\(there)")
      #expect(await dig(["@127.51.100.21", "opal.test", "AXFR"], digging).contains("mail.opal.test."), "given to anybody")
      #expect(await dig(["@127.51.100.11", "garnet.test", "AXFR"], digging).contains("Transfer failed"))
      let copied = await dig(["@127.51.100.11", "-y", "hmac-sha256:copy.test:b25seSBzZXJ2ZXJzIG9mIHRoZSBzYW1lIHpvbmUgaGF2ZSBpdA==", "garnet.test", "AXFR"], digging)
      #expect(copied.contains("box.garnet.test."), "\(copied)")
      for assembly in world.assemblies where assembly.name == "ns1.garnet.test" { await assembly.stop(grace: .zero) }
      #expect(await dig(["@127.51.100.11", "box.garnet.test", "+short"], digging) != "127.0.113.77\n")
      let alone = await digging.run(["@127.0.113.53", "-p", "8053", "+time=8", "+tries=1", "box.garnet.test", "+short"]).text
      #expect(alone == "127.0.113.77\n")
    }
  }
}
