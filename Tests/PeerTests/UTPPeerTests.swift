// Other people's uTP against ours: libtorrent as a seed and as a leech, transmission as a seed, each reachable by uTP only. The BitTorrent spoken
// here is the least that moves a file; what is tested is the transport below it.
import BitTorrent
import Bytes
import Foundation
import Swarm
import TestKit
import Testing
import Transport
import World

@Suite("uTP with other programs", .serialized)
struct UTPPeerTests {
  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Scripts/utp_libtorrent.py").path
  private static let size = 3_000_000
  private static let pieceBytes = 32_768

  /// Python with libtorrent; nil, and one printed line, where there is none.
  private func python(_ test: String = #function) -> ProgramRunner? {
    guard let python = ProgramRunner("/usr/bin/python3", for: test) else { return nil }
    guard python.runBlocking(["-c", "import libtorrent"]).status == 0 else {
      skipped(test, because: "Python has no libtorrent")
      return nil
    }
    return python
  }

  private func makeData() -> Data {
    var random = SeededRandom(seed: 11)
    return Data((0..<Self.size).map { _ in UInt8(truncatingIfNeeded: random.next()) })
  }

  /// Ends a program. A child of these threads has SIGTERM blocked.
  private func end(_ process: Process) { kill(process.processIdentifier, SIGKILL) }

  private func start(_ path: String, _ arguments: [String], _ folder: String) throws -> (Process, said: @Sendable () -> String) {
    let process = Process()
    let talk = folder + "/talk-\(UUID().uuidString.prefix(8))"
    _ = FileManager.default.createFile(atPath: talk, contents: nil)
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardInput = Foundation.Pipe()
    process.standardOutput = FileHandle(forWritingAtPath: talk)
    process.standardError = FileHandle(forWritingAtPath: folder + "/errors") ?? FileHandle.nullDevice
    process.environment = ProcessInfo.processInfo.environment.merging(["HOME": folder]) { $1 }
    try process.run()
    return (process, { (try? String(contentsOfFile: talk, encoding: .utf8)) ?? "" })
  }

  // MARK: The least of BitTorrent

  private static func handshake(_ hash: Buffer) -> Buffer {
    var bytes = Buffer([19])
    bytes.append("BitTorrent protocol")
    bytes.append(repeatElement(0, count: 8))
    bytes.append(hash)
    bytes.append("-NS0001-abcdefghijkl")
    return bytes
  }

  private static func message(_ kind: UInt8, _ body: Buffer = Buffer()) -> Buffer {
    var bytes = Buffer()
    bytes.append(integer: UInt32(1 + body.count))
    bytes.append(kind)
    bytes.append(body)
    return bytes
  }

  /// The next message; nil: none came in time.
  private static func next(_ end: ScriptedEnd) async -> (kind: UInt8, body: Buffer)? {
    while true {
      let head = await end.hear(4, within: .seconds(20))
      guard head.isAwaited else { return nil }
      let length = head.bytes.array.reduce(0) { $0 << 8 | Int($1) }
      guard length > 0 else { continue }
      let body = await end.hear(length, within: .seconds(20))
      guard body.isAwaited, let kind = body.bytes[at: 0] else { return nil }
      return (kind, body.bytes[1..<length])
    }
  }

  /// Fetches the whole file over uTP, sixteen blocks at a time.
  private static func fetch(_ hash: Buffer, from place: Endpoint, size: Int) async throws -> Data {
    let network = SocketNetwork(loops: 1)
    let port = try await UTPPort.open(at: Endpoint(.loopback, 0), on: network, chance: SystemRandomNumberGenerator())
    let end = ScriptedEnd()
    try await port.dial(place) { end }
    end.say(handshake(hash))
    end.say(message(2))
    let greeting = await end.hear(68)
    #expect(greeting.isAwaited && greeting.bytes[1..<20] == "BitTorrent protocol" && greeting.bytes[28..<48] == hash)
    while let message = await next(end), message.kind != 1 {}
    var data = Data(count: size)
    var got = 0
    let offsets = Array(stride(from: 0, to: size, by: 16_384))
    for first in stride(from: 0, to: offsets.count, by: 16) {
      var requests = Buffer()
      let batch = offsets[first..<min(first + 16, offsets.count)]
      for offset in batch {
        var body = Buffer()
        body.append(integer: UInt32(offset / pieceBytes))
        body.append(integer: UInt32(offset % pieceBytes))
        body.append(integer: UInt32(min(16_384, size - offset)))
        requests.append(message(6, body))
      }
      end.say(requests)
      var left = batch.count
      while left > 0, let message = await next(end) {
        guard message.kind == 7 else { continue }
        let numbers = message.body[0..<8].array
        let offset = numbers[0..<4].reduce(0) { $0 << 8 | Int($1) } * pieceBytes + numbers[4..<8].reduce(0) { $0 << 8 | Int($1) }
        let block = message.body[8..<message.body.count].array
        guard offset + block.count <= size else { break }
        data.replaceSubrange(offset..<(offset + block.count), with: block)
        got += block.count
        left -= 1
      }
      if left > 0 { break }
    }
    #expect(got == size)
    end.close()
    await port.close(grace: .seconds(1))
    await network.shutDown()
    return data
  }

  /// Serves the file to one leech.
  private static func serve(_ data: Data, _ end: ScriptedEnd) async {
    let greeting = await end.hear(68, within: .seconds(30))
    guard greeting.isAwaited else { return }
    end.say(handshake(greeting.bytes[28..<48]))
    let pieces = (data.count + pieceBytes - 1) / pieceBytes
    var bits = [UInt8](repeating: 0, count: (pieces + 7) / 8)
    for piece in 0..<pieces { bits[piece / 8] |= 0x80 >> UInt8(piece % 8) }
    end.say(message(5, Buffer(bits)))
    while let heard = await next(end) {
      if heard.kind == 2 { end.say(message(1)) }
      guard heard.kind == 6, heard.body.count == 12 else { continue }
      let words = stride(from: 0, to: 12, by: 4).map { start in heard.body[start..<(start + 4)].array.reduce(0) { $0 << 8 | Int($1) } }
      let offset = words[0] * pieceBytes + words[1]
      guard offset + words[2] <= data.count else { continue }
      var body = heard.body[0..<8]
      body.append(data[offset..<(offset + words[2])])
      end.say(message(7, body))
    }
  }

  // MARK: The programs

  @Test("libtorrent seeds to us", .timeLimit(.minutes(2)))
  func libtorrentSeeds() async throws {
    guard let python = python() else { return }
    try await withRuntimeFolder { _, folder in
      let data = makeData()
      try data.write(to: URL(fileURLWithPath: folder + "/data"))
      let port = freePort()
      let (process, said) = try start(python.path, [Self.script, "seed", folder, "\(port)"], folder)
      defer { end(process) }
      let hash = try await hash(said)
      #expect(try await Self.fetch(hash, from: Endpoint(.loopback, UInt16(port)), size: data.count) == data)
    }
  }

  /// Waits for `ready INFOHASH`.
  private func hash(_ said: @Sendable () -> String) async throws -> Buffer {
    for _ in 0..<600 where !said().contains("\n") { try await Task.sleep(for: .milliseconds(50)) }
    let word = try needed(said().split(separator: "\n").first { $0.hasPrefix("ready ") }).dropFirst(6)
    let digits = word.compactMap(\.hexDigitValue)
    try #require(digits.count == 40)
    return Buffer(stride(from: 0, to: 40, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
  }

  @Test("libtorrent fetches from us", .timeLimit(.minutes(2)))
  func libtorrentFetches() async throws {
    guard let python = python() else { return }
    try await withRuntimeFolder { _, folder in
      let data = makeData()
      try data.write(to: URL(fileURLWithPath: folder + "/data"))
      try FileManager.default.createDirectory(atPath: folder + "/got", withIntermediateDirectories: true)
      // The torrent file is made by the seed.
      let (maker, said) = try start(python.path, [Self.script, "seed", folder, "\(freePort())"], folder)
      _ = try await hash(said)
      end(maker)
      let network = SocketNetwork(loops: 1)
      let port = try await UTPPort.open(at: Endpoint(.loopback, 0), on: network, chance: SystemRandomNumberGenerator())
      _ = try await port.listen(at: port.endpoint) { _, _ in
        let end = ScriptedEnd()
        network.start {
          for _ in 0..<200 where !end.isConnected { try? await Task.sleep(for: .milliseconds(10)) }
          await Self.serve(data, end)
        }
        return end
      }
      let leech = await python.run([Self.script, "leech", folder, "\(freePort())", "\(port.endpoint.port)"], timeout: .seconds(90))
      #expect(leech.text.hasPrefix("done "), "\(leech.text) \(leech.errorText.suffix(2_000))")
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/got/data")) == data)
      await port.close(grace: .zero)
      await network.shutDown()
    }
  }

  @Test("transmission seeds to us", .timeLimit(.minutes(2)))
  func transmissionSeeds() async throws {
    guard let python = python(), let daemon = ProgramRunner("transmission-daemon"), let remote = ProgramRunner("transmission-remote") else { return }
    try await withRuntimeFolder { _, folder in
      let data = makeData()
      try data.write(to: URL(fileURLWithPath: folder + "/data"))
      let (maker, said) = try start(python.path, [Self.script, "seed", folder, "\(freePort())"], folder)
      let hash = try await hash(said)
      end(maker)
      let (port, control) = (freePort(), freePort())
      let (process, _) = try start(
        daemon.path, ["-f", "-g", folder + "/config", "-p", "\(control)", "-P", "\(port)", "-w", folder, "-T", "-M", "-O", "--utp", "-et"], folder)
      defer { end(process) }
      for _ in 0..<100 {
        let added = await remote.run(["\(control)", "-a", folder + "/data.torrent"])
        if added.status == 0 { break }
        try await Task.sleep(for: .milliseconds(200))
      }
      for _ in 0..<200 {
        let state = await remote.run(["\(control)", "-t", "1", "-i"])
        if state.text.contains("Percent Done: 100%") { break }
        try await Task.sleep(for: .milliseconds(200))
      }
      #expect(try await Self.fetch(hash, from: Endpoint(.loopback, UInt16(port)), size: data.count) == data)
    }
  }
}
