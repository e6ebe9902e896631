// `netstead doctor` beside the `netstead up` it looks at: everything good where it is, and a sentence where it is not. dig and openssl look too.
import Foundation
import TestKit
import Testing

@Suite("the doctor", .serialized)
struct DoctorPeerTests {
  private struct Check: Decodable {
    var id: String
    var state: String
    var have: String
    var fix: String
  }
  private struct Report: Decodable { var checks: [Check] }

  /// Settings of a host with everything on, at an address of its own.
  private func settings(in folder: String, at address: String) throws -> String {
    for name in ["files", "public", "torrents"] { try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true) }
    let file = folder + "/netstead.yaml"
    try """
      domain: garnet.test
      listen: [\(address)]
      data: data
      ports: {dns: 18053, http: 18080, https: 18443, ftp: 18021, smtp: 18025, submission: 18587, submissions: 18465, pop3: 18110, pop3s: 18995, imap: 18143, imaps: 18993, torrents: 18881, tracker: 18969, console: 0}
      mail: {users: {ada: '$scrypt$ln=14,r=8,p=5$qW0P6JmvP4czcREiqqOXkQ$MzcbgjAQvkYsypohVVTSN1wUTWQkIJDGD8yLv/BTlyI'}}
      ftp: {root: files, anonymous: yes}
      tracker: {open: yes}
      torrents: {folder: torrents}
      """.write(toFile: file, atomically: true, encoding: .utf8)
    return file
  }

  private func ask(_ arguments: [String], _ environment: [String: String]) async throws -> (status: Int32, checks: [String: Check]) {
    let told = await (try executable()).run(["doctor", "--json"] + arguments, environment: environment, timeout: .seconds(60))
    let report = try JSONDecoder().decode(Report.self, from: Data(told.text.utf8))
    return (told.status, Dictionary(report.checks.map { ($0.id, $0) }) { $1 })
  }

  private func bad(_ checks: [String: Check]) -> [String] { checks.values.filter { $0.state == "warn" || $0.state == "fail" }.map(\.id).sorted() }

  @Test("a host with everything on is well; told wrongly or gone, each check has its sentence", .timeLimit(.minutes(2)))
  func hosted() async throws {
    try await withRuntimeFolder { environment, folder in
      let address = "127.77.\(UInt8.random(in: 1...250)).\(UInt8.random(in: 1...250))"
      let file = try settings(in: folder, at: address)
      let host = try Background(["up", "--settings", file], environment: environment, in: folder, until: "stop by")
      #expect(host.said.contains("garnet.test is up"), "\(host.said)")
      let well = try await ask(["--settings", file], environment)
      #expect(well.status == 0 && bad(well.checks).isEmpty, "\(well.checks.filter { $0.value.state != "ok" })")
      for id in ["dns.answers", "dns.stream", "dns.closed", "web.http", "web.https", "web.key", "mail.exchanger", "mail.sender-policy", "mail.relay", "mail.postmaster", "ftp.passive", "torrents.port", "tracker.port"] {
        #expect(well.checks[id]?.state == "ok", "\(id)")
      }
      #expect(well.checks["dns.delegation"]?.state == "off")

      let elsewhere = try await ask(["--settings", file, "--publish", "192.0.2.7"], environment)
      #expect(elsewhere.status == 1)
      #expect(bad(elsewhere.checks) == ["dns.address.garnet.test", "dns.address.ns1.garnet.test", "dns.address.www.garnet.test", "ftp.passive", "mail.sender-policy"])
      let other = try await ask(["--settings", file, "--domain", "cobalt.test"], environment)
      #expect(other.checks["dns.answers"]?.state == "fail" && other.checks["dns.answers"]?.have.contains("REFUSED") == true)
      #expect(other.checks["mail.signing-key.netstead-rsa"]?.fix.contains("v=DKIM1") == true)
      try await lookedAtByOthers(address)

      #expect(host.stop() == 0)
      let gone = try await ask(["--settings", file], environment)
      #expect(gone.status == 1)
      for id in ["dns.answers", "web.http", "web.https", "mail.reception", "mail.submission", "ftp.answers", "torrents.port", "tracker.port"] {
        #expect(gone.checks[id]?.state == "fail" && gone.checks[id]?.fix.isEmpty == false, "\(id)")
      }
    }
  }

  /// What the zone says of ports and keys, as dig reads it, and the key that openssl sees.
  private func lookedAtByOthers(_ address: String) async throws {
    guard let dig = ProgramRunner("dig"), let openssl = ProgramRunner("openssl") else { return }
    func look(_ name: String, _ type: String) async -> String { await dig.run(["@\(address)", "-p", "18053", "+short", name, type]).text }
    #expect(await look("_imaps._tcp.garnet.test", "SRV") == "0 1 18993 mail.garnet.test.\n")
    #expect(await look("_submissions._tcp.garnet.test", "SRV") == "0 1 18465 mail.garnet.test.\n")
    #expect(await look("tracker.garnet.test", "TXT") == "\"BITTORRENT UDP:18969 TCP:18969\"\n")
    #expect(await look("ftp.garnet.test", "A") == "\(address)\n")
    let told = await look("_18443._tcp.garnet.test", "TLSA").lowercased().filter { $0 != " " && $0 != "\n" }
    let shown = await openssl.run(["s_client", "-connect", "\(address):18443", "-servername", "garnet.test"])
    let key = await openssl.run(["x509", "-pubkey", "-noout"], input: Array(shown.text.utf8))
    let body = key.text.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
    let digest = await openssl.run(["dgst", "-sha256", "-r"], input: Array(Data(base64Encoded: body) ?? Data()))
    #expect(told == "311" + digest.text.prefix(64))
  }

  @Test("what was told wrongly is said before anything is asked")
  func arguments() async throws {
    try await withRuntimeFolder { environment, _ in
      for (arguments, sentence) in [
        (["--domain", "x..y"], "--domain: expected a domain name"), (["--host", "--listen", "here"], "--listen: expected an address"),
        (["--host", "--resolver", "nobody"], "--resolver: expected an address"),
      ] {
        let told = await (try executable()).run(["doctor"] + arguments, environment: environment)
        #expect(told.status == 2 && told.errorText.contains(sentence), "\(told.errorText)")
      }
    }
  }
}
