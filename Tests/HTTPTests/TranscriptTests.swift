// The HTTP transcripts: in memory in every way to cut them, over bad virtual links, and over real sockets.
import Bytes
import HTTP
import SimulatedTransport
import TestKit
import Testing
import Transport
import World

@Suite("HTTP transcripts")
struct TranscriptTests {
  /// Says what was asked, or that a body was whole.
  @Sendable static func answer(_ question: ServerConversation.Question, _ answers: Answers<ServerConversation.Input>) -> ServerConversation.Input? {
    switch question {
    case .request(let ticket, let head): head.hasBody ? .takeBody(ticket, 1_000) : .respond(ticket, .text(.ok, "\(head.methodText) \(head.target.text)"))
    case .requestEnd(let ticket, _): .respond(ticket, .text(.ok, "the whole body"))
    default: nil
    }
  }

  @Test("whole, byte by byte and glued", arguments: Script.all("http"))
  func inMemory(_ transcript: Script) throws {
    try TranscriptPlayer(.server, { ServerConversation() }, owner: Self.answer).play(transcript)
  }

  @Test("over virtual links", arguments: Script.all("http"), [0.0, 0.1])
  func simulated(_ transcript: Script, _ loss: Double) throws {
    let internet = SimulatedInternet(seed: 5) { _, _ in Link(delay: .milliseconds(10), loss: loss, mtu: 296) }
    let client = internet.addHost("pc", Address(203, 0, 113, 2))
    let server = internet.addHost("www", Address(192, 0, 2, 1))
    try internet.run {
      try await TranscriptPlayer.play(transcript, from: client, to: server, at: Endpoint(server.addresses[0], 80), make: { ServerConversation() }, owner: Self.answer)
    }
  }

  @Test("over real sockets", arguments: Script.all("http").filter { !$0.hasWaits })
  func real(_ transcript: Script) async throws {
    let network = SocketNetwork(loops: 1)
    do {
      try await TranscriptPlayer.play(transcript, from: network, to: network, at: Endpoint(.loopback, 0), make: { ServerConversation() }, owner: Self.answer)
    } catch {
      await network.shutDown()
      throw error
    }
    await network.shutDown()
  }
}
