// The uppercase and ping services over virtual links: the same transcripts, and the lessons' stories.
import Bytes
import SimulatedTransport
import Sockets
import TestKit
import Testing
import Trace
import Transport
import World

@Suite("Services over virtual links")
struct ServiceTests {
  @Test("the transcripts", arguments: Script.all("uppercase"), [0.0, 0.1])
  func transcripts(_ transcript: Script, _ loss: Double) throws {
    let internet = SimulatedInternet(seed: 3) { _, _ in Link(delay: .milliseconds(10), loss: loss, mtu: 296) }
    let client = internet.addHost("pc", Address(203, 0, 113, 2))
    let server = internet.addHost("srv", Address(192, 0, 2, 1))
    try internet.run {
      try await TranscriptPlayer.play(transcript, from: client, to: server, at: Endpoint(server.addresses[0], 6_789)) {
        UppercaseStreamConversation()
      } owner: { question, _ in question == .turn ? .turnCame : nil }
    }
  }

  @Test("the second client of an iterative server is served when the first has gone", arguments: ServiceOrder.allCases)
  func iterative(_ order: ServiceOrder) throws {
    let internet = SimulatedInternet(seed: 3) { _, _ in Link(delay: .milliseconds(10)) }
    let server = internet.addHost("srv", Address(192, 0, 2, 1))
    let (pc, pc2) = (internet.addHost("pc", Address(203, 0, 113, 2)), internet.addHost("pc2", Address(203, 0, 113, 3)))
    let place = Endpoint(server.addresses[0], 6_789)
    let service = UppercaseService(order)
    try internet.run {
      _ = try await server.listen(at: place, options: ListenOptions()) { remote, _ in service.end(for: remote, trace: nil) }
      let (idler, eager) = (ScriptedEnd(), ScriptedEnd())
      try await pc.dial(place, options: DialOptions()) { idler }
      try await pc2.dial(place, options: DialOptions()) { eager }
      eager.say("hello\n")
      let early = await eager.hear(7, within: .seconds(5))
      #expect(early.isAwaited == (order == .concurrent))
      idler.close()
      if order == .iterative { #expect(await eager.hear(7, within: .seconds(5)).bytes == "HELLO\r\n") }
    }
  }

  @Test("pings: statistics are those of the link")
  func pings() throws {
    let internet = SimulatedInternet(seed: 5) { _, _ in Link(delay: .milliseconds(20), loss: 0.1) }
    let recorder = TestRecorder()
    let server = internet.addHost("srv", Address(192, 0, 2, 1))
    let pc = internet.addHost("pc", Address(203, 0, 113, 2))
    let place = Endpoint(server.addresses[0], 12_000)
    let finished = Finished()
    try internet.run {
      _ = try await server.bind(place, options: BindOptions()) {
        DatagramDriver(PingDatagramConversation(port: 12_000, lossShare: 0, chance: SeededRandom(seed: 1)), trace: nil)
      }
      _ = try await pc.bind(Endpoint(.any, 0), options: BindOptions()) {
        DatagramDriver(PingDatagramClient(server: place, count: 500), trace: TraceContext(recorder: recorder, host: "pc", role: .client)) { question, _ in
          if case .finished(let statistics) = question { finished.statistics = statistics }
          return nil
        }
      }
    }
    internet.runUntilQuiet()
    let statistics = try #require(finished.statistics)
    #expect(statistics.sent == 500)
    #expect(abs(statistics.lossShare - 0.19) < 0.05)
    #expect(statistics.shortest == .milliseconds(40) && statistics.longest == .milliseconds(40))
    #expect(recorder.events.filter { $0.kind == .sent }.count == 500)
    #expect(recorder.events.filter { $0.kind == .received }.count == statistics.received)
  }
}

private final class Finished: @unchecked Sendable {
  // Unchecked: touched on the simulation's thread only.
  var statistics: PingStatistics?
}
