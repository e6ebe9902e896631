// What waits between a connection and a workflow: order, ends, room, and many small things.
import Testing
import Transport

@Suite("between a connection and a workflow")
struct ArrivalsTests {
  private struct Broken: Error, Equatable {}

  private final class Inbox: Sendable { let things = Arrivals<Int, Broken>() }
  private final class Outbox: Sendable {
    let gate: SendGate
    init(_ bytesMax: Int, isHeld: Bool = false) { gate = SendGate(bytesMax: bytesMax, isHeld: isHeld) }
  }

  @Test("what came is taken in its order, then the end, again and again")
  func order() async throws {
    let inbox = Inbox()
    async let taken = { () async throws -> [Int] in
      var taken: [Int] = []
      while let thing = try await inbox.things.next() { taken.append(thing) }
      return taken
    }()
    for number in 0..<10_000 { inbox.things.add(number) }
    inbox.things.end()
    inbox.things.add(-1)
    inbox.things.end(because: Broken())
    #expect(try await taken == Array(0..<10_000))
    #expect(try await inbox.things.next() == nil)
    inbox.things.begin()
    inbox.things.add(7)
    inbox.things.end(because: Broken())
    #expect(try await inbox.things.next() == 7)
    for _ in 0..<2 { await #expect(throws: Broken.self) { try await inbox.things.next() } }
  }

  @Test("who waits is woken by a thing, by the end, and by the other kind of end")
  func waking() async throws {
    for kind in 0..<3 {
      let inbox = Inbox()
      let waiting = Task { try await inbox.things.next() }
      for _ in 0..<20 { await Task.yield() }
      switch kind {
      case 0: inbox.things.add(1)
      case 1: inbox.things.end()
      default: inbox.things.end(because: Broken())
      }
      switch kind {
      case 0: #expect(try await waiting.value == 1)
      case 1: #expect(try await waiting.value == nil)
      default: await #expect(throws: Broken.self) { try await waiting.value }
      }
    }
  }

  @Test("a gate lets through what there is room for, and the last a little beyond")
  func room() async {
    let outbox = Outbox(100)
    #expect(await outbox.gate.pass(99))
    #expect(await outbox.gate.pass(500))
    let third = Task { await outbox.gate.pass(1) }
    for _ in 0..<20 { await Task.yield() }
    outbox.gate.leave(99)
    for _ in 0..<20 { await Task.yield() }
    outbox.gate.leave(500)
    #expect(await third.value)
    outbox.gate.hold()
    let fourth = Task { await outbox.gate.pass(1) }
    for _ in 0..<20 { await Task.yield() }
    outbox.gate.resume()
    #expect(await fourth.value)
    outbox.gate.close()
    #expect(await !outbox.gate.pass(0))
  }

  @Test("a gate that begins held waits for its first word; a closed one lets nobody wait")
  func held() async {
    let outbox = Outbox(100, isHeld: true)
    let first = Task { await outbox.gate.pass(0) }
    for _ in 0..<20 { await Task.yield() }
    outbox.gate.resume()
    #expect(await first.value)
    let other = Outbox(100, isHeld: true)
    let second = Task { await other.gate.pass(0) }
    for _ in 0..<20 { await Task.yield() }
    other.gate.close()
    #expect(await !second.value)
  }
}
