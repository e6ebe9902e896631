// The server on real sockets with a folder on disk: confinement, durable uploads, resumed ones, big files, IPv6, TLS.
import Bytes
import FTP
import Foundation
import TestKit
import Testing
import Transport
import World

@testable import FileServer
@testable import Storage

@Suite("FTP over a folder")
struct DiskTests {
  private func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
  private func all(_ path: String) -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

  private func session(_ service: FileService, _ network: SocketNetwork, _ mode: FileClient.Mode = .passive, tls: TLSClientOptions? = nil) async throws -> FileClient {
    var options = FileClient.Options()
    options.mode = mode
    options.tls = tls
    let session = try await FileClient.connect(to: service.endpoint, over: network, options)
    try await session.logIn(user: "writer", password: "secret")
    return session
  }

  /// A file of `count` bytes on disk.
  private func make(_ path: String, _ count: Int) throws -> Data {
    var random = SeededRandom(seed: UInt64(count))
    let data = Data((0..<count / 8 + 1).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }.prefix(count))
    try data.write(to: URL(fileURLWithPath: path))
    return data
  }

  @Test("files of every size go both ways, whole", arguments: [FileClient.Mode.passive, .active], [Address.loopback, .loopback6])
  func sizes(_ mode: FileClient.Mode, _ address: Address) async throws {
    try await withServer(at: address) { folder, service, network in
      let session = try await session(service, network, mode)
      for count in [0, 1, 65_536, 65_537, 5_000_001] {
        let data = try make(folder + "/f", count)
        let heap = Heap()
        #expect(try await session.get("f", sink: heap.sink) == count)
        #expect(Data(heap.bytes.array) == data)
        let file = try ServedFolder(path: folder).open(Array("f".utf8))
        try await session.put(.file(FileSlice(file: file, offset: 0, length: Int64(count))), to: "g")
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/g")) == data)
        #expect(all(folder) == ["f", "g"])
      }
      await session.quit()
    }
  }

  @Test("a listing is what is there, and no name leads out")
  func confined() async throws {
    try await withServer { folder, service, network in
      let outside = folder + "-outside"
      try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: outside) }
      try Data("secret".utf8).write(to: URL(fileURLWithPath: outside + "/s"))
      symlink(outside, folder + "/out")
      symlink(outside + "/s", folder + "/link")
      try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/.hidden"))
      try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/.netstead-unfinished-1-1"))
      let session = try await session(service, network)
      #expect(try await session.list().map { String(decoding: $0.name, as: UTF8.self) } == [".hidden"])
      for path in ["link", "out/s", "../\(outside.split(separator: "/").last ?? "")/s", "/etc/passwd", ".netstead-unfinished-1-1"] {
        await #expect(throws: FileClientFailure.self) { try await session.get(Buffer(path), sink: Heap().sink) }
        await #expect(throws: FileClientFailure.self) { try await session.put(.bytes("x"), to: Buffer("out/new")) }
        #expect(try await session.perform(Command(.cwd, Buffer(path))).code == 550)
        #expect(try await session.perform(Command(.dele, Buffer(path))).code >= 500)
      }
      #expect(try await session.perform(Command(.rnfr, ".hidden")).code == 350)
      #expect(try await session.perform(Command(.rnto, ".netstead-unfinished-2-2")).code == 553)
      #expect(try await session.perform(Command(.rnfr, ".hidden")).code == 350)
      #expect(try await session.perform(Command(.rnto, "out/x")).code == 550)
      #expect(all(outside) == ["s"] && text(outside + "/s") == "secret")
    }
  }

  @Test("what stood there stays until the new file is whole; a broken one is kept for resuming only where nothing stood")
  func uploads() async throws {
    try await withServer { folder, service, network in
      try Data("old".utf8).write(to: URL(fileURLWithPath: folder + "/old"))
      let session = try await session(service, network)
      for name in ["old", "new"] {
        let port = try HostPort.extendedPassive(Buffer(try await session.require(Command(.epsv)).text))
        let ticket = session.send(Command(.stor, Buffer(name)))
        let data = ScriptedEnd()
        try await network.dial(Endpoint(.loopback, port), options: DialOptions()) { data }
        #expect(try await session.reply(to: ticket).code == 150)
        data.say("half")
        try await Task.sleep(for: .milliseconds(100))
        #expect(text(folder + "/old") == "old" && text(folder + "/new") == nil)
        let abort = session.interrupt()
        #expect(try await session.reply(to: ticket).code == 426)
        #expect(try await session.reply(to: abort).code == 226)
      }
      #expect(text(folder + "/old") == "old" && text(folder + "/new") == "half")
      try await session.put(.bytes(" done"), to: "new", from: 4)
      #expect(text(folder + "/new") == "half done")
      try await session.put(.bytes("!"), to: "new", verb: .appe)
      #expect(text(folder + "/new") == "half done!" && all(folder) == ["new", "old"])
    }
  }

  @Test("a client that resets its data connection gets no success, whichever way content went", arguments: ["RETR", "STOR"])
  func reset(_ verb: String) async throws {
    try await withServer { folder, service, network in
      _ = try make(folder + "/big", 30_000_000)
      let session = try await session(service, network)
      try await session.setType(.image)
      let port = try HostPort.extendedPassive(Buffer(try await session.require(Command(.epsv)).text))
      let ticket = session.send(Command(Verb(rawValue: verb), verb == "RETR" ? "big" : "up"))
      let data = try RawClient(port: port)
      #expect(try await session.reply(to: ticket).code == 150)
      if verb == "STOR" { data.write("half") } else { _ = data.read(1_000) }
      data.reset()
      #expect(try await session.reply(to: ticket).code == 426)
      #expect(try await session.perform(Command(.noop)).code == 200)
    }
  }

  @Test("a disk without room is told before anything is sent")
  func full() async throws {
    try await withServer(roomKept: .max) { folder, service, network in
      let session = try await session(service, network)
      for verb in [Verb.stor, .appe] {
        do throws(FileClientFailure) {
          try await session.put(.bytes("x"), to: "f", verb: verb)
          Issue.record("taken")
        } catch {
          guard case .refused(verb, let reply) = error else { throw error }
          #expect(reply.code == 452)
        }
      }
      #expect(try await session.perform(Command(.avbl)).text == "0")
      #expect(all(folder).isEmpty)
    }
  }

  /// An upload of 300,000 bytes, how many of them find room, and what stands in the folder afterwards: names and sizes.
  struct Filling: Sendable, CustomTestStringConvertible {
    var verb: Verb
    var name: Buffer
    var offset: Int64 = 0
    var room: Int
    var left: [String: Int]
    var testDescription: String { "\(verb.rawValue) \(name.text) from \(offset), room \(room)" }
  }

  @Test("where the room ends in the middle, or at the end, nothing is left of an upload but of one that was to be continued", arguments: [
    Filling(verb: .stor, name: "new", room: 100_000, left: ["old": 3]),
    Filling(verb: .stor, name: "new", room: 300_000, left: ["old": 3]),
    Filling(verb: .stor, name: "old", room: 100_000, left: ["old": 3]),
    Filling(verb: .stou, name: "", room: 100_000, left: ["old": 3]),
    Filling(verb: .appe, name: "old", room: 100_000, left: ["old": 100_003]),
    Filling(verb: .appe, name: "old", room: 300_000, left: ["old": 300_003]),
    Filling(verb: .stor, name: "old", offset: 2, room: 100_000, left: ["old": 100_002]),
  ])
  func filling(_ c: Filling) async throws {
    try await withServer(area: { FillingArea(disk: $0, roomBytes: c.room) }) { folder, service, network in
      try Data("old".utf8).write(to: URL(fileURLWithPath: folder + "/old"))
      let session = try await session(service, network)
      do throws(FileClientFailure) {
        try await session.put(.bytes(Buffer([UInt8](repeating: 7, count: 300_000))), to: c.name, from: c.offset, verb: c.verb)
        Issue.record("taken")
      } catch {
        guard case .refused(c.verb, let reply) = error else { throw error }
        #expect(reply.code == 552)
      }
      func left() -> [String: Int] {
        Dictionary(uniqueKeysWithValues: all(folder).map { ($0, (try? Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0)))?.count ?? -1) })
      }
      for _ in 0..<200 where left() != c.left { try await Task.sleep(for: .milliseconds(10)) }
      #expect(left() == c.left)
      #expect(try await session.perform(Command(.noop)).code == 200)
    }
  }

  @Test("control and data connections inside TLS", .spec("RFC 4217"))
  func secure() async throws {
    let folder = "\(NSTemporaryDirectory())/netstead-ftp-ca-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let now = SystemClock().now
    let authority = try CertificateAuthority.kept(in: folder, at: now)
    let identity = try authority.issue(for: ["localhost", "127.0.0.1"], at: now)
    try await withServer({ setting in
      setting.tls = TLSServerOptions(identities: [identity])
      setting.session.requiresTLS = true
    }) { folder, service, network in
      let plain = try await FileClient.connect(to: service.endpoint, over: network)
      await #expect(throws: FileClientFailure.self) { try await plain.logIn(user: "writer", password: "secret") }
      let tls = TLSClientOptions(serverName: "localhost", authorities: authority.authorityPEM)
      let session = try await session(service, network, tls: tls)
      for count in [0, 1, 3_000_000] {
        let data = try make(folder + "/f", count)
        let heap = Heap()
        _ = try await session.get("f", sink: heap.sink)
        #expect(Data(heap.bytes.array) == data)
        try await session.put(.bytes(heap.bytes), to: "g")
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/g")) == data)
      }
      #expect(try await session.list().count == 2)
      // Without its farewell nothing is whole.
      let port = try HostPort.extendedPassive(Buffer(try await session.require(Command(.epsv)).text))
      let ticket = session.send(Command(.stor, "f"))
      let data = try RawClient(port: port)
      #expect(try await session.reply(to: ticket).code == 150)
      data.write("not TLS")
      #expect(try await session.reply(to: ticket).code == 426)
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/f")).count == 3_000_000)
      await session.quit()
    }
  }
}

/// A TCP connection that can be broken off with a reset.
final class RawClient {
  private let descriptor: Int32

  init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    guard result == 0 else { throw NetworkError.refused(Endpoint(.loopback, port)) }
  }

  deinit { close(descriptor) }

  func write(_ text: String) { _ = text.withCString { Glibc.write(descriptor, $0, strlen($0)) } }
  func read(_ count: Int) -> Int {
    var bytes = [UInt8](repeating: 0, count: count)
    return Glibc.read(descriptor, &bytes, count)
  }

  /// The next close is a reset.
  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    dup2(open("/dev/null", O_RDONLY), descriptor)
  }
}
