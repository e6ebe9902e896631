// Ten thousand idle connections: they hold, they answer, and they cost little memory.
import Bytes
import Glibc
import Testing
import Transport
import World

@Suite("idle connections")
struct IdleTests {
  @Test("ten thousand (or as many as are permitted) hold, answer, and cost little", .timeLimit(.minutes(3)))
  func many() async throws {
    // Both ends live here, and the tests beside this one need some too.
    let count = min(10_000, (SocketNetwork.allowManyConnections() - 6_000) / 2)
    guard count >= 1_000 else {
      print("too few descriptors are permitted here for many connections: not tried")
      return
    }
    try await withNetwork { network in
      let server = try await network.echo(
        options: ListenOptions(limits: ListenLimits(connectionsPerAddressMax: 12_288), isSharded: true), patience: .seconds(120))
      let before = residentBytes()
      var clients: [RawClient] = []
      for _ in 0..<count {
        guard let client = RawClient(server.endpoint) else { break }
        client.send([1, 2, 3])
        clients.append(client)
        // The client blocks its thread: the tests beside this one want theirs now and then.
        await Task.yield()
      }
      #expect(clients.count == count)
      #expect(await eventually { server.load.open == count })
      for client in clients { #expect(client.read(3) == [1, 2, 3]) }
      let each = (residentBytes() - before) / count
      print("each of \(count) idle connections costs \(each) bytes")
      // The bound leaves room for what the tests beside this one use meanwhile.
      #expect(each < 24_576)
      for client in clients { client.close() }
      #expect(await eventually { server.load.open == 0 })
    }
  }

  /// What the process holds in memory. Unit: bytes.
  private func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, 256, file) != nil else { return 0 }
    let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
    return words.count > 1 ? (Int(words[1]) ?? 0) * 4_096 : 0
  }
}
