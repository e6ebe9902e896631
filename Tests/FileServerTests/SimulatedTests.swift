// Whole sessions between our client and our server on virtual links, in virtual time, from a seed.
import Bytes
import FTP
import SimulatedTransport
import TestKit
import Testing
import Trace
import Transport
import World

@testable import FileServer

@Suite("FTP over virtual links")
struct SimulatedTests {
  @Test("files and listings, both modes", arguments: [FileClient.Mode.passive, .active], [0.0, 0.05])
  func both(_ mode: FileClient.Mode, _ loss: Double) throws {
    try Scene(loss: loss).run { scene in
      let session = try await scene.connect(mode)
      let names = try await session.list().map { String(decoding: $0.name, as: UTF8.self) }
      #expect(names == ["empty", "notes.txt", "pictures"])
      for path in ["notes.txt", "pictures/moon.bin", "empty"] {
        let heap = Heap()
        let count = try await session.get(Buffer(path), sink: heap.sink)
        #expect(try heap.bytes == scene.bytes(path) && count == heap.bytes.count)
      }
      let new = Buffer((0..<200_000).map { UInt8(truncatingIfNeeded: $0 >> 5) })
      try await session.put(.bytes(new), to: "pictures/new.bin")
      #expect(try scene.bytes("pictures/new.bin") == new)
      try await session.put(.bytes(Buffer()), to: "nothing")
      #expect(try scene.bytes("nothing") == Buffer())
      await session.quit()
    }
  }

  @Test("text has its line ends changed on the way, both ways", .spec("RFC 959", "3.1.1.1"))
  func text() throws {
    try Scene().run { scene in
      let session = try await scene.connect()
      let heap = Heap()
      _ = try await session.get("notes.txt", type: .text, sink: heap.sink)
      #expect(heap.bytes.text == "one\r\ntwo\r\nthree\r\n")
      try await session.put(.bytes("a\nb\n"), to: "text", type: .text)
      #expect(try scene.bytes("text") == "a\nb\n")
    }
  }

  @Test("a broken transfer is resumed, both ways", .spec("RFC 3659", "5"))
  func resume() throws {
    try Scene().run { scene in
      let session = try await scene.connect()
      let heap = Heap()
      #expect(try await session.get("notes.txt", from: 4, sink: heap.sink) == 10)
      #expect(heap.bytes.text == "two\nthree\n")
      #expect(try await session.get("notes.txt", from: 14, sink: heap.sink) == 0)
      try await session.put(.bytes("2\n"), to: "notes.txt", from: 4)
      #expect(try scene.bytes("notes.txt") == "one\n2\n")
      try await session.put(.bytes("3\n"), to: "notes.txt", verb: .appe)
      #expect(try scene.bytes("notes.txt") == "one\n2\n3\n")
      for offset in [9, 1 << 40] as [Int64] {
        do throws(FileClientFailure) {
          _ = try await session.get("notes.txt", from: offset, sink: heap.sink)
          Issue.record("byte \(offset) is not there")
        } catch {
          guard case .refused(.retr, let reply) = error else { throw error }
          #expect(reply.code == 554)
        }
      }
    }
  }

  @Test("anonymous reads and changes nothing")
  func anonymous() throws {
    try Scene().run { scene in
      let session = try await scene.connect(as: "anonymous")
      let heap = Heap()
      _ = try await session.get("notes.txt", sink: heap.sink)
      #expect(heap.bytes == Scene.notes)
      for line in ["DELE notes.txt", "MKD x", "RMD pictures", "RNFR notes.txt", "MFMT 20200101000000 notes.txt"] {
        #expect(try await session.perform(Command(reading: Buffer(line))).code == 550)
      }
      await #expect(throws: FileClientFailure.self) { try await session.put(.bytes("x"), to: "new") }
      await #expect(throws: FileClientFailure.self) { try await session.put(.bytes("x"), to: "notes.txt", verb: .appe) }
      #expect(try scene.bytes("notes.txt") == Scene.notes && scene.bytes("new") == nil)
      #expect(try await session.perform(Command(.mlst, "notes.txt")).lines[1].text.contains("perm=r;"))
    }
  }

  @Test("nobody comes in with a wrong password, or where anonymous is not allowed", arguments: ["writer", "nobody", "anonymous"])
  func login(_ user: String) throws {
    try Scene().run(isOpen: false) { scene in
      let session = try await scene.connect(as: nil)
      let before = scene.internet.now
      await #expect(throws: FileClientFailure.self) { try await session.logIn(user: user, password: "guess") }
      // The answer was held back.
      #expect(scene.internet.now - before >= .seconds(3))
    }
  }

  @Test("who guesses too often is sent away, also with a new session")
  func guessing() throws {
    try Scene().run({ $0.limits.guessesPerAddressMax = 4 }) { scene in
      for _ in 0..<2 {
        let session = try await scene.connect(as: nil)
        for _ in 0..<2 { _ = try? await session.logIn(user: "writer", password: "guess") }
        await session.quit()
      }
      let session = try await scene.connect(as: nil)
      do throws(FileClientFailure) {
        try await session.logIn(user: "writer", password: "secret")
        Issue.record("let in")
      } catch {
        guard case .login(let reply) = error else { throw error }
        #expect(reply.code == 421)
      }
      try await scene.client.clock.sleep(until: scene.internet.now + .seconds(601))
      _ = try await scene.connect()
    }
  }

  @Test("a full server says so before, or in the middle", arguments: [0, 150_000])
  func full(_ room: Int64) throws {
    try Scene().run { scene in
      let held: Int64 = 100_014
      scene.area.setRoom(bytesMax: held + room)
      let session = try await scene.connect()
      do throws(FileClientFailure) {
        try await session.put(.bytes(Buffer((0..<600_000).map { UInt8(truncatingIfNeeded: $0) })), to: "big")
        Issue.record("taken")
      } catch {
        guard case .refused(.stor, let reply) = error else { throw error }
        #expect(reply.code == (room == 0 ? 452 : 552))
      }
      // Deleting makes room again, and the session goes on.
      #expect(try scene.bytes("big") == nil)
      try await session.removeFile("pictures/moon.bin")
      try await session.put(.bytes("small"), to: "small")
      #expect(try scene.bytes("small") == "small")
    }
  }

  @Test("folders and names")
  func tree() throws {
    try Scene().run { scene in
      let session = try await scene.connect()
      try await session.makeFolder("a")
      try await session.enterFolder("a")
      try await session.put(.bytes("x"), to: "b")
      try await session.rename("b", to: "../c")
      #expect(try scene.bytes("c") == "x" && scene.bytes("a/b") == nil)
      try await session.enterFolder("..")
      #expect(try await session.perform(Command(.rmd, "pictures")).code == 550)
      #expect(try await session.perform(Command(.rmd, "a")).code == 250)
      #expect(try await session.size(of: "c") == 1)
      #expect(try await session.modified("notes.txt") == .simulationStart)
      #expect(try await session.perform(Command(.mfmt, "20200101000000 c")).code == 213)
      #expect(try await session.modified("c") == TimeValue.instant("20200101000000"))
      #expect(try await session.perform(Command(.stat, "pictures")).lines.count == 3)
      #expect(try await session.perform(Command(.stou)).code == 425)
    }
  }

  // MARK: Data connections

  /// The port of a 229 reply.
  private static func port(_ reply: Reply) throws -> UInt16 { try HostPort.extendedPassive(Buffer(reply.text)) }

  @Test("nobody but the client of the session gets its data connection", .spec("RFC 2577", "5"))
  func thief() throws {
    try Scene().run { scene in
      let session = try await scene.connect()
      let port = try Self.port(try await session.require(Command(.epsv)))
      let place = Endpoint(Scene.endpoint.address, port)
      let thief = ScriptedEnd()
      // The connection may stand for a moment, but brings nothing and is gone.
      try? await scene.other.dial(place, options: DialOptions()) { thief }
      let ticket = session.send(Command(.retr, "notes.txt"))
      #expect(await thief.hear(within: .seconds(5)) { $0.isEmpty ? nil : 1 }.isAwaited == false)
      let own = ScriptedEnd()
      try await scene.client.dial(place, options: DialOptions()) { own }
      #expect(try await session.reply(to: ticket).code == 150)
      #expect(await own.hear(within: .seconds(5)) { $0.count >= Scene.notes.count ? Scene.notes.count : nil }.isAwaited)
      own.close()
      #expect(try await session.reply(to: ticket).code == 226)
    }
  }

  @Test("a port is used again after its connection came, and never after it did not")
  func ports() throws {
    try Scene().run { scene in
      let session = try await scene.connect()
      let unused = try Self.port(try await session.require(Command(.epsv)))
      let next = try Self.port(try await session.require(Command(.epsv)))
      #expect(next != unused)
      await #expect(throws: NetworkError.self) { try await scene.client.dial(Endpoint(Scene.endpoint.address, unused), options: DialOptions()) { ScriptedEnd() } }
      for _ in 0..<3 {
        let heap = Heap()
        _ = try await session.get("notes.txt", sink: heap.sink)
        #expect(heap.bytes == Scene.notes)
      }
      let ports = Set(scene.trace.conversations.filter { $0.dialect == .ftpData && $0.host == "ftp" }.map(\.local.port))
      #expect(ports.count == 1)
    }
  }

  @Test("a data connection that never comes is no wait for ever")
  func neverComing() throws {
    try Scene().run { scene in
      let session = try await scene.connect()
      try await session.require(Command(.epsv))
      let before = scene.internet.now
      #expect(try await session.perform(Command(.retr, "notes.txt")).code == 425)
      #expect((.seconds(30)...(.seconds(31))).contains(scene.internet.now - before))
      // Nor is a client's port that nobody listens at.
      #expect(try await session.require(Command(.port, "203,0,113,2,19,137")).code == 200)
      #expect(try await session.perform(Command(.retr, "notes.txt")).code == 425)
      let heap = Heap()
      _ = try await session.get("notes.txt", sink: heap.sink)
      #expect(heap.bytes == Scene.notes)
    }
  }

  @Test("no port is free")
  func noPort() throws {
    try Scene().run({ $0.passivePorts = 5_000...5_001 }) { scene in
      var sessions: [FileClient] = []
      for expected in [229, 229, 425] {
        let session = try await scene.connect()
        #expect(try await session.perform(Command(.epsv)).code == expected)
        sessions.append(session)
      }
      // When a session goes its port is to be had again.
      await sessions[0].quit()
      try await scene.client.clock.sleep(until: scene.internet.now + .seconds(1))
      #expect(try await sessions[2].perform(Command(.epsv)).code == 229)
    }
  }

  @Test("ABOR breaks off a download, and the session goes on", .spec("RFC 959", "4.1.3"))
  func abort() throws {
    try Scene().run { scene in
      scene.area.add("big", Buffer([UInt8](repeating: 7, count: 800_000)), modified: .simulationStart)
      let session = try await scene.connect()
      let port = try Self.port(try await session.require(Command(.epsv)))
      let ticket = session.send(Command(.retr, "big"))
      let data = ScriptedEnd()
      try await scene.client.dial(Endpoint(Scene.endpoint.address, port), options: DialOptions()) { data }
      #expect(try await session.reply(to: ticket).code == 150)
      _ = await data.hear(within: .seconds(5)) { $0.count > 10_000 ? 1 : nil }
      let abort = session.interrupt()
      #expect(try await session.reply(to: ticket).code == 426)
      #expect(try await session.reply(to: abort).code == 226)
      #expect(try await session.perform(Command(.noop)).code == 200)
    }
  }

  @Test("an upload that breaks keeps what came where nothing stood, and what stood there otherwise")
  func brokenUpload() throws {
    try Scene().run { scene in
      let session = try await scene.connect()
      for (path, expected) in [("new", "abc"), ("notes.txt", Scene.notes)] as [(Buffer, Buffer)] {
        let port = try Self.port(try await session.require(Command(.epsv)))
        let ticket = session.send(Command(.stor, path))
        let data = ScriptedEnd()
        try await scene.client.dial(Endpoint(Scene.endpoint.address, port), options: DialOptions()) { data }
        #expect(try await session.reply(to: ticket).code == 150)
        data.say("abc")
        try await scene.client.clock.sleep(until: scene.internet.now + .seconds(1))
        let abort = session.interrupt()
        #expect(try await session.reply(to: ticket).code == 426)
        #expect(try await session.reply(to: abort).code == 226)
        #expect(try scene.bytes(path.text) == expected)
      }
      // Resumed where it broke.
      try await session.put(.bytes("def"), to: "new", from: 3)
      #expect(try scene.bytes("new") == "abcdef")
    }
  }

  @Test("with the control connection goes the upload, and nothing of it is taken for whole")
  func lostControl() throws {
    try Scene().run { scene in
      let session = try await scene.connect()
      let port = try Self.port(try await session.require(Command(.epsv)))
      let ticket = session.send(Command(.stor, "notes.txt"))
      let data = ScriptedEnd()
      try await scene.client.dial(Endpoint(Scene.endpoint.address, port), options: DialOptions()) { data }
      #expect(try await session.reply(to: ticket).code == 150)
      data.say("abc")
      try await scene.client.clock.sleep(until: scene.internet.now + .seconds(1))
      session.leave()
      try await scene.client.clock.sleep(until: scene.internet.now + .seconds(1))
      data.close()
      try await scene.client.clock.sleep(until: scene.internet.now + .seconds(5))
      #expect(try scene.bytes("notes.txt") == Scene.notes)
    }
  }

  // MARK: The trace

  @Test("control and data connections are one story")
  func story() throws {
    let scene = Scene()
    try scene.run { scene in
      let session = try await scene.connect()
      _ = try await session.get("notes.txt", sink: Heap().sink)
      await session.quit()
    }
    for host in ["pc", "ftp"] {
      let own = scene.trace.conversations.enumerated().filter { $0.element.host == host }
      let control = try needed(own.first { $0.element.dialect == .ftp })
      let data = try needed(own.first { $0.element.dialect == .ftpData })
      #expect(data.element.because == ConversationID(UInt64(control.offset + 1)))
    }
    // No password anywhere.
    #expect(!scene.trace.events.contains { $0.bytes.text.contains("secret") })
  }

  @Test("the same seed, the same trace")
  func deterministic() throws {
    func lines() throws -> [String] {
      let scene = Scene(seed: 11, loss: 0.03)
      try scene.run { scene in
        let session = try await scene.connect()
        _ = try await session.list("pictures")
        _ = try await session.get("pictures/moon.bin", sink: Heap().sink)
        try await session.put(.bytes("x"), to: "x")
        await session.quit()
      }
      return scene.trace.events.map { "\($0.time.nanoseconds) \($0.conversation.number) \($0.kind) \($0.length) \($0.text) \($0.bytes)" }
    }
    #expect(try lines() == lines())
  }
}
