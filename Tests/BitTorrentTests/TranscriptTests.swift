// The transcripts between peers: in memory in every way to cut them, over bad virtual links, and over real sockets. The owner has a torrent of
// ten bytes in three pieces, and serves whoever is interested.
import BitTorrent
import Bytes
import SimulatedTransport
import TestKit
import Testing
import Transport
import World

/// Answers as a seed would.
enum MadeUpSeed {
  static func conversation() -> PeerConversation {
    PeerConversation(.called, setting: .init(peer: PeerID("-NS0100-aaaaaaaaaaaa") ?? PeerID(.zero)))
  }

  @Sendable static func answer(_ question: PeerConversation.Question, _ answers: Answers<PeerConversation.Input>) -> PeerConversation.Input? {
    switch question {
    case .handshake(let handshake):
      return handshake.infoHash == InfoHash("aaaaaaaaaaaaaaaaaaaa")
        ? .accept(PeerTerms(sizes: PieceSizes(pieceLength: 4, totalLength: 10), holdings: PieceSet(allOf: 3), metadata: "d4:name1:ae")) : .refuse("nobody has this torrent")
    case .interested: return .orders([.unchoke])
    case .notInterested: return .orders([.choke])
    case .requested(let request):
      let start = request.piece * 4 + request.offset
      return .orders([.block(request, [.bytes(("abcdefghij" as Buffer)[start..<(start + request.length)])])])
    default: return nil
    }
  }
}

@Suite("peer transcripts")
struct TranscriptTests {
  @Test("whole, byte by byte and glued", arguments: Script.all("bittorrent"))
  func inMemory(_ transcript: Script) throws {
    try TranscriptPlayer(.server, { MadeUpSeed.conversation() }, owner: MadeUpSeed.answer).play(transcript)
  }

  @Test("over virtual links", arguments: Script.all("bittorrent"), [0.0, 0.1])
  func simulated(_ transcript: Script, _ loss: Double) throws {
    // Time on the wire would be added to the waits that are measured exactly.
    if transcript.hasWaits { return }
    let internet = SimulatedInternet(seed: 5) { _, _ in Link(delay: .milliseconds(10), loss: loss, mtu: 296) }
    let client = internet.addHost("leech", Address(203, 0, 113, 2))
    let server = internet.addHost("seed", Address(192, 0, 2, 1))
    try internet.run {
      try await TranscriptPlayer.play(
        transcript, from: client, to: server, at: Endpoint(server.addresses[0], 6_881), make: { MadeUpSeed.conversation() }, owner: MadeUpSeed.answer)
    }
  }

  @Test("over real sockets", arguments: Script.all("bittorrent").filter { !$0.hasWaits })
  func real(_ transcript: Script) async throws {
    let network = SocketNetwork(loops: 1)
    do {
      try await TranscriptPlayer.play(
        transcript, from: network, to: network, at: Endpoint(.loopback, 0), make: { MadeUpSeed.conversation() }, owner: MadeUpSeed.answer)
    } catch {
      await network.shutDown()
      throw error
    }
    await network.shutDown()
  }
}
