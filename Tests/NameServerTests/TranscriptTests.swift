// The transcripts of DNS over TCP: in memory in every way to cut them, over bad virtual links, and over real sockets.
import Bytes
import DNS
import SimulatedTransport
import TestKit
import Testing
import Trace
import Transport
import World

@testable import NameServer

private let garnet = head("garnet.test", "ns1.garnet.test.") + "ns1.garnet.test. 60 A 192.0.2.20\nwww.garnet.test. 60 A 192.0.2.80\n"

@Suite("DNS transcripts")
struct TranscriptTests {
  typealias Owner = @Sendable (TCPServerConversation.Query, Answers<TCPServerConversation.Input>) -> TCPServerConversation.Input?

  /// Answers as the zone garnet.test says.
  private func owner() throws -> Owner {
    let responder = try responder([garnet])
    return { query, _ in .answered(query.ticket, responder.answer(query.message, over: .tcp)) }
  }

  @Test("whole, byte by byte and glued", arguments: Script.all("dns"))
  func inMemory(_ transcript: Script) throws {
    try TranscriptPlayer(.server, { TCPServerConversation() }, owner: owner()).play(transcript)
  }

  @Test("over virtual links", arguments: Script.all("dns"), [0.0, 0.1])
  func simulated(_ transcript: Script, _ loss: Double) throws {
    let owner = try owner()
    let internet = SimulatedInternet(seed: 5) { _, _ in Link(delay: .milliseconds(10), loss: loss, mtu: 296) }
    let client = internet.addHost("pc", Address(203, 0, 113, 2))
    let server = internet.addHost("ns", Address(192, 0, 2, 1))
    try internet.run {
      try await TranscriptPlayer.play(transcript, from: client, to: server, at: Endpoint(server.addresses[0], 53), make: { TCPServerConversation() }, owner: owner)
    }
  }

  @Test("over real sockets", arguments: Script.all("dns").filter { !$0.hasWaits })
  func real(_ transcript: Script) async throws {
    let owner = try owner()
    let network = SocketNetwork(loops: 1)
    do {
      try await TranscriptPlayer.play(transcript, from: network, to: network, at: Endpoint(.loopback, 0), make: { TCPServerConversation() }, owner: owner)
    } catch {
      await network.shutDown()
      throw error
    }
    await network.shutDown()
  }
}
