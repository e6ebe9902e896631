// Other people's clients against our file server: curl, lftp, ncftp, wget, Python's ftplib. And our client against vsftpd.
// Each is started here, on loopback, with a folder of its own.
import Accounts
import Bytes
import FTP
import Foundation
import Synchronization
import TestKit
import Testing
import Transport
import World

@testable import FileServer
@testable import Storage

@Suite("FTP with other programs", .serialized)
struct FTPPeerTests {
  /// A server on loopback, the folder it serves, and a scratch folder for clients.
  private struct Scene {
    var port: UInt16
    var served: String
    var scratch: String
    var service: FileService
    var network: SocketNetwork

    func path(_ name: String) -> String { served + "/" + name }
    func own(_ name: String) -> String { scratch + "/" + name }
  }

  private func withServer(at address: Address = .loopback, _ work: (Scene) async throws -> Void) async throws {
    try await withRuntimeFolder { _, folder in
      for name in ["served", "scratch", "authority"] { try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true) }
      let network = SocketNetwork(loops: 2)
      let now = network.clock.now
      var setting = FileServerSetting()
      setting.tls = TLSServerOptions(identities: [try CertificateAuthority.kept(in: folder + "/authority", at: now).issue(for: ["localhost", "127.0.0.1"], at: now)])
      var random = SeededRandom(seed: 1)
      let hash = try #require(PasswordHash("secret", costLog: 4, using: &random))
      let area = try DiskArea(writing: folder + "/served")
      let accounts = FileAccounts(
        users: ["writer": FileAccount(area: area, mayWrite: true)], book: PasswordBook(["writer": hash], random: &random),
        anonymous: FileAccount(area: area, mayWrite: false))
      let threads = try DiskThreads(count: 4)
      let service = try await FileService.start(
        network: network, endpoint: Endpoint(address, 0), accounts: accounts, setting: setting, disk: { threads.perform($0) },
        chance: SystemRandomNumberGenerator())
      let scene = Scene(port: service.endpoint.port, served: folder + "/served", scratch: folder + "/scratch", service: service, network: network)
      let result: Result<Void, any Error>
      do { result = .success(try await work(scene)) } catch { result = .failure(error) }
      await service.close(grace: .zero)
      await network.shutDown()
      try result.get()
    }
  }

  /// Writes a file of `count` bytes that no two counts share.
  @discardableResult
  private func make(_ path: String, _ count: Int) throws -> Data {
    var state = UInt64(count) &+ 88_172_645_463_325_252
    var data = Data(capacity: count)
    while data.count < count {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      withUnsafeBytes(of: state) { data.append(contentsOf: $0.prefix(count - data.count)) }
    }
    try data.write(to: URL(fileURLWithPath: path))
    return data
  }

  private func data(_ path: String) -> Data? { try? Data(contentsOf: URL(fileURLWithPath: path)) }

  // MARK: curl

  @Test("curl: gets, puts, resumes, lists, in passive and active mode, in the clear and inside TLS", .timeLimit(.minutes(2)), arguments: [
    [], ["-P", "-"], ["--disable-epsv"], ["-P", "-", "--disable-eprt"], ["--ssl-reqd", "-k"], ["--ftp-method", "nocwd"], ["--ftp-method", "singlecwd"],
  ])
  func curl(_ options: [String]) async throws {
    guard let curl = ProgramRunner("curl") else { return }
    try await withServer { scene in
      func run(_ arguments: [String]) async -> ProgramOutcome {
        await curl.run(["-sS", "--max-time", "20", "-u", "writer:secret"] + options + arguments, timeout: .seconds(25))
      }
      let url = "ftp://127.0.0.1:\(scene.port)"
      try FileManager.default.createDirectory(atPath: scene.path("a/b c"), withIntermediateDirectories: true)
      for count in [0, 1, 100_000, 3_000_000] {
        let made = try make(scene.path("a/b c/file"), count)
        let got = await run([url + "/a/b%20c/file", "-o", scene.own("got")])
        #expect(got.status == 0 && (count == 0 || data(scene.own("got")) == made), "\(options) \(count): \(got.errorText)")
        try make(scene.own("up"), count)
        let put = await run(["-T", scene.own("up"), url + "/a/up"])
        #expect(put.status == 0 && data(scene.path("a/up")) == made, "\(options) \(count): \(put.errorText)")
      }
      let whole = try make(scene.path("big"), 1_000_000)
      try whole.prefix(300_000).write(to: URL(fileURLWithPath: scene.own("part")))
      let resumed = await run(["-C", "-", url + "/big", "-o", scene.own("part")])
      #expect(resumed.status == 0 && data(scene.own("part")) == whole, "\(resumed.errorText)")
      try whole.write(to: URL(fileURLWithPath: scene.own("whole")))
      try whole.prefix(400_000).write(to: URL(fileURLWithPath: scene.path("part")))
      let continued = await run(["-C", "400000", "-T", scene.own("whole"), url + "/part"])
      #expect(continued.status == 0 && data(scene.path("part")) == whole, "\(continued.errorText)")
      let list = await run([url + "/a/"])
      #expect(list.status == 0 && list.text.contains(" up") && list.text.hasPrefix("drwx"), "\(list.text)\(list.errorText)")
      let names = await run(["-l", url + "/"])
      #expect(names.text.split(whereSeparator: \.isNewline) == ["a", "big", "part"], "\(names.text)")
      // curl makes folders only where it goes into each of them.
      if !options.contains("--ftp-method") {
        let made = await run(["--ftp-create-dirs", "-T", scene.own("up"), url + "/x/y/z"])
        #expect(made.status == 0 && data(scene.path("x/y/z"))?.count == 3_000_000, "\(made.errorText)")
      }
      let commands = await run(["-Q", "-DELE /part", "-Q", "-RNFR /big", "-Q", "-RNTO /small", url + "/a/up", "-o", "/dev/null"])
      #expect(commands.status == 0, "\(commands.errorText)")
      let absent = await run([url + "/nothing", "-o", scene.own("nothing")])
      #expect(absent.status == 78 || absent.status == 19, "\(absent.status) \(absent.errorText)")
      let denied = await curl.run(["-sS", "-T", scene.own("up"), url + "/up", "-u", "anonymous:x@y"] + options)
      #expect(denied.status == 25 && data(scene.path("up")) == nil, "\(denied.status) \(denied.errorText)")
      let stranger = await curl.run(["-sS", url + "/small", "-u", "writer:guess"] + options)
      #expect(stranger.status == 67, "\(stranger.status) \(stranger.errorText)")
    }
  }

  @Test("curl over IPv6", .timeLimit(.minutes(1)), arguments: [[], ["-P", "-"]])
  func six(_ options: [String]) async throws {
    guard let curl = ProgramRunner("curl") else { return }
    try await withServer(at: .loopback6) { scene in
      let made = try make(scene.path("file"), 70_000)
      let got = await curl.run(["-sS", "ftp://[::1]:\(scene.port)/file", "-o", scene.own("got")] + options)
      #expect(got.status == 0 && data(scene.own("got")) == made, "\(got.errorText)")
    }
  }

  // MARK: lftp, ncftp, wget, ftplib

  @Test("lftp mirrors a tree both ways and gets one file over four connections", .timeLimit(.minutes(3)), arguments: [
    "set ssl:verify-certificate no; set ftp:ssl-force true; set ftp:ssl-protect-data true", "set ftp:ssl-allow no",
    "set ftp:ssl-allow no; set ftp:passive-mode off", "set ftp:ssl-allow no; set ftp:prefer-epsv yes; set ftp:use-mlsd no; set ftp:sync-mode off",
  ])
  func lftp(_ settings: String) async throws {
    guard let lftp = ProgramRunner("lftp") else { return }
    try await withServer { scene in
      for folder in ["tree", "tree/one", "tree/two words"] { try FileManager.default.createDirectory(atPath: scene.path(folder), withIntermediateDirectories: true) }
      var expected: [String: Data] = [:]
      for number in 0..<120 {
        let name = ["", "one/", "two words/"][number % 3] + "file \(number)"
        expected[name] = try make(scene.path("tree/" + name), number * 37)
      }
      expected["big"] = try make(scene.path("tree/big"), 4_000_000)
      func run(_ commands: String) async -> ProgramOutcome {
        await lftp.run(
          ["-u", "writer,secret", "-p", "\(scene.port)", "-e", "set net:max-retries 1; set net:timeout 20; \(settings); \(commands); bye", "127.0.0.1"],
          environment: ["HOME": scene.scratch], timeout: .seconds(60))
      }
      let down = await run("mirror tree \(scene.own("down"))")
      #expect(down.status == 0, "\(settings): \(down.errorText)")
      let up = await run("mirror -R \(scene.own("down")) back")
      #expect(up.status == 0, "\(settings): \(up.errorText)")
      for (name, content) in expected {
        #expect(data(scene.own("down/" + name)) == content, "\(settings): \(name) came otherwise")
        #expect(data(scene.path("back/" + name)) == content, "\(settings): \(name) went otherwise")
      }
      let parts = await run("pget -n 4 tree/big -o \(scene.own("parts"))")
      #expect(parts.status == 0 && data(scene.own("parts")) == expected["big"], "\(settings): \(parts.errorText)")
    }
  }

  @Test("ncftp gets and puts trees and lists", .timeLimit(.minutes(2)), arguments: ["-F", "-E"])
  func ncftp(_ mode: String) async throws {
    guard let get = ProgramRunner("ncftpget"), let put = ProgramRunner("ncftpput"), let ls = ProgramRunner("ncftpls") else { return }
    try await withServer { scene in
      try FileManager.default.createDirectory(atPath: scene.path("tree/sub"), withIntermediateDirectories: true)
      let made = [try make(scene.path("tree/a"), 300_000), try make(scene.path("tree/sub/b"), 12), try make(scene.path("tree/empty"), 0)]
      let account = [mode, "-u", "writer", "-p", "secret", "-P", "\(scene.port)"]
      let home = ["HOME": scene.scratch]
      let down = await get.run(["-V"] + account + ["-R", "127.0.0.1", scene.scratch, "/tree"], environment: home)
      #expect(down.status == 0 && ["tree/a", "tree/sub/b", "tree/empty"].map { data(scene.own($0)) } == made, "\(down.text)\(down.errorText)")
      let up = await put.run(["-V"] + account + ["-R", "-m", "127.0.0.1", "/again", scene.own("tree")], environment: home)
      #expect(up.status == 0 && ["tree/a", "tree/sub/b", "tree/empty"].map { data(scene.path("again/" + $0)) } == made, "\(up.text)\(up.errorText)")
      let listed = await ls.run(account + ["-1", "ftp://127.0.0.1/tree/"], environment: home)
      #expect(listed.status == 0 && listed.text.contains("a\n") && listed.text.contains("sub"), "\(listed.text)\(listed.errorText)")
    }
  }

  @Test("wget gets, resumes, and takes a tree", .timeLimit(.minutes(2)), arguments: [[], ["--no-passive-ftp"]])
  func wget(_ options: [String]) async throws {
    guard let wget = ProgramRunner("wget") else { return }
    try await withServer { scene in
      try FileManager.default.createDirectory(atPath: scene.path("tree/sub"), withIntermediateDirectories: true)
      let whole = try make(scene.path("tree/a"), 500_000)
      let small = try make(scene.path("tree/sub/b"), 99)
      try whole.prefix(200_000).write(to: URL(fileURLWithPath: scene.own("a")))
      let url = "ftp://writer:secret@127.0.0.1:\(scene.port)"
      let resumed = await wget.run(["-q", "-t", "1", "-T", "20", "-c", "-P", scene.scratch, url + "/tree/a"] + options)
      #expect(resumed.status == 0 && data(scene.own("a")) == whole, "\(resumed.errorText)")
      let tree = await wget.run(["-q", "-t", "1", "-T", "20", "-r", "-nH", "-P", scene.scratch, url + "/tree/"] + options)
      #expect(tree.status == 0 && data(scene.own("tree/a")) == whole && data(scene.own("tree/sub/b")) == small, "\(tree.errorText)")
    }
  }

  @Test("Python's ftplib does everything it can, in the clear and inside TLS", .timeLimit(.minutes(2)), arguments: [[], ["tls"]])
  func ftplib(_ options: [String]) async throws {
    guard let python = ProgramRunner("python3") else { return }
    try await withServer { scene in
      let outcome = await python.run(
        ["\(repositoryRoot)/Tests/PeerTests/Scripts/ftp_session.py", "127.0.0.1", "\(scene.port)"] + options, timeout: .seconds(60))
      #expect(outcome.status == 0 && outcome.text == "done\n", "\(outcome.text)\(outcome.errorText)")
    }
  }

  // MARK: Our client

  @Test("our client against vsftpd: both modes, with and without EPSV, in the clear and inside TLS", .timeLimit(.minutes(3)), arguments: [
    (FileClient.Mode.passive, true, false), (.passive, false, false), (.active, true, false), (.passive, true, true),
  ])
  func vsftpd(_ mode: FileClient.Mode, _ usesExtended: Bool, _ isSecure: Bool) async throws {
    guard let vsftpd = ProgramRunner("vsftpd") else { return }
    try await withRuntimeFolder { _, folder in
      let served = folder + "/served"
      try FileManager.default.createDirectory(atPath: served + "/sub", withIntermediateDirectories: true)
      try FileManager.default.createDirectory(atPath: folder + "/authority", withIntermediateDirectories: true)
      let network = SocketNetwork(loops: 1)
      let authority = try CertificateAuthority.kept(in: folder + "/authority", at: network.clock.now)
      let identity = try authority.issue(for: ["localhost", "127.0.0.1"], at: network.clock.now)
      try (identity.chain + identity.key).write(toFile: folder + "/identity.pem", atomically: true, encoding: .utf8)
      // Where nobody listens now: vsftpd cannot be told to take any port.
      let listener = try await network.listen(at: Endpoint(.loopback, 0), options: ListenOptions()) { _, _ in nil }
      let port = listener.endpoint.port
      await listener.close(grace: .zero)
      let settings = """
        listen=YES\nlisten_address=127.0.0.1\nlisten_port=\(port)\nbackground=NO\nrun_as_launching_user=YES\nanonymous_enable=YES\nno_anon_password=YES
        anon_root=\(served)\nwrite_enable=YES\nanon_upload_enable=YES\nanon_mkdir_write_enable=YES\nanon_other_write_enable=YES\nanon_umask=022
        seccomp_sandbox=NO\nxferlog_enable=NO\nascii_upload_enable=YES\nascii_download_enable=YES\nssl_enable=YES\nallow_anon_ssl=YES
        force_local_data_ssl=NO\nforce_local_logins_ssl=NO\nrequire_ssl_reuse=NO\nrsa_cert_file=\(folder)/identity.pem\n
        """
      try settings.write(toFile: folder + "/vsftpd.conf", atomically: true, encoding: .utf8)
      chmod(folder + "/vsftpd.conf", 0o600)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: vsftpd.path)
      process.arguments = [folder + "/vsftpd.conf"]
      process.standardError = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      defer {
        // It does not listen to SIGTERM while a session is open.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
      }
      var options = FileClient.Options()
      options.mode = mode
      options.usesExtended = usesExtended
      if isSecure { options.tls = TLSClientOptions(serverName: "localhost", authorities: authority.authorityPEM) }
      var session: FileClient?
      for _ in 0..<100 where session == nil {
        session = try? await FileClient.connect(to: Endpoint(.loopback, port), over: network, options)
        if session == nil { try await Task.sleep(for: .milliseconds(50)) }
      }
      let client = try #require(session)
      try await client.logIn()
      for count in [0, 1, 2_000_000] {
        let made = try make(served + "/f", count)
        let heap = Mutex(Data())
        #expect(try await client.get("f") { piece in heap.withLock { $0.append(contentsOf: piece.array) } } == count)
        #expect(heap.withLock { $0 } == made)
        try await client.put(.bytes(Buffer(made)), to: "sub/g")
        #expect(data(served + "/sub/g") == made)
      }
      let items = try await client.list()
      #expect(items.map { String(decoding: $0.name, as: UTF8.self) } == ["f", "sub"] && items.map(\.kind) == [.file, .folder])
      #expect(items.first?.size == 2_000_000 && items.first?.modified != nil)
      try Data("0123456789".utf8).write(to: URL(fileURLWithPath: served + "/ten"))
      let rest = Mutex(Data())
      #expect(try await client.get("ten", from: 6) { piece in rest.withLock { $0.append(contentsOf: piece.array) } } == 4)
      #expect(rest.withLock { $0 } == Data("6789".utf8))
      try await client.put(.bytes("xx"), to: "ten", verb: .appe)
      #expect(data(served + "/ten") == Data("0123456789xx".utf8))
      try await client.put(.bytes("a\nb\n"), to: "text", type: .text)
      #expect(data(served + "/text") == Data("a\nb\n".utf8))
      try await client.makeFolder("new")
      try await client.enterFolder("new")
      try await client.enterFolder("..")
      try await client.rename("text", to: "new/text")
      try await client.removeFile("new/text")
      await #expect(throws: FileClientFailure.self) { try await client.get("nothing") { _ in } }
      #expect(try await client.size(of: "ten") == 12)
      await client.quit()
      await network.shutDown()
    }
  }
}
