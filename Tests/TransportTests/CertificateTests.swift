// The local authority: kept and found again, its key for its owner only, its certificates believed by OpenSSL.
import Foundation
import Testing
import Transport
import World

@Suite("certificate authority")
struct CertificateTests {
  let now = SystemClock().now

  private func withDirectory(_ body: (String) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-\(UUID().uuidString)/deep").path
    defer { try? FileManager.default.removeItem(atPath: (directory as NSString).deletingLastPathComponent) }
    try body(directory)
  }

  @Test("made once, found again, its key readable by its owner only")
  func kept() throws {
    try withDirectory { directory in
      let made = try CertificateAuthority.kept(in: directory, at: now)
      let found = try CertificateAuthority.kept(in: directory, at: now)
      #expect(made.authorityPEM == found.authorityPEM)
      let mode = try FileManager.default.attributesOfItem(atPath: directory + "/authority.key")[.posixPermissions] as? Int
      #expect(mode == 0o600)
      #expect(try Set(FileManager.default.contentsOfDirectory(atPath: directory)) == ["authority.key", "authority.pem"])
    }
  }

  @Test("made anew when it will soon no longer hold")
  func renewed() throws {
    try withDirectory { directory in
      let made = try CertificateAuthority.kept(in: directory, at: now)
      let later = try CertificateAuthority.kept(in: directory, at: now + .seconds(3_600 * 24 * 3_600))
      #expect(made.authorityPEM != later.authorityPEM)
    }
  }

  @Test("what is not an authority is refused, not replaced", arguments: ["authority.pem", "authority.key"])
  func malformed(file: String) throws {
    try withDirectory { directory in
      _ = try CertificateAuthority.kept(in: directory, at: now)
      try "nonsense".write(toFile: directory + "/" + file, atomically: true, encoding: .utf8)
      #expect(throws: CertificateError.malformed(directory + "/authority.pem")) { _ = try CertificateAuthority.kept(in: directory, at: now) }
    }
  }

  @Test("OpenSSL verifies what it signs", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
  func openssl() throws {
    try withDirectory { directory in
      let authority = try CertificateAuthority.kept(in: directory, at: now)
      let identity = try authority.issue(for: ["www.home.test", "*.home.test", "127.0.0.1", "::1"], at: now)
      try identity.chain.write(toFile: directory + "/leaf.pem", atomically: true, encoding: .utf8)
      for check in [["-verify_hostname", "www.home.test"], ["-verify_hostname", "x.home.test"], ["-verify_ip", "127.0.0.1"], ["-verify_ip", "::1"]] {
        let said = try run(["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", directory + "/authority.pem"] + check + [directory + "/leaf.pem"])
        #expect(said.hasSuffix("leaf.pem: OK\n"), "\(said)")
      }
      #expect(try run(["verify", "-verify_hostname", "other.test", "-CAfile", directory + "/authority.pem", directory + "/leaf.pem"]).contains("mismatch"))
    }
  }

  private func run(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return said
  }
}
