// The page of peers over made-up ones: who has what, who serves whom and why, whom nodes know, what trackers count; each picture with its table.
import Bytes
import Foundation
@testable import Console
import Testing
import Trace

@Suite("Page of peers")
struct PeersPageTests {
  private static var peers: ConsolePeers {
    var peers = ConsolePeers()
    let partner = ConsolePeers.Partner(host: "peer1", isServed: true, reason: "it sent us <much>", isInterested: true, sent: 32_768, received: 0)
    let waiting = ConsolePeers.Partner(host: "peer2", isServed: false, reason: "", isInterested: true, sent: 0, received: 0)
    peers.swarms = [
      .init(
        name: "moon<.bin", hash: "0f5ff506", pieceCount: 4,
        members: [
          .init(host: "seed", phase: "seeding", pieces: [true, true, true, true], downloadRate: 0, uploadRate: 65_536, partners: [partner, waiting]),
          .init(host: "peer1", phase: "downloading", pieces: [false, true, true, false], downloadRate: 65_536, uploadRate: 0, partners: []),
        ], link: "magnet:?xt=urn:btih:0f5ff506")
    ]
    peers.nodes = [
      .init(host: "dht1", endpoint: "198.51.100.81:6881", network: "IPv4", id: "ce914c48aa", place: 0.807, contacts: [.init(host: "dht2", id: "c5fc5afaaa", bucket: 4)]),
      .init(host: "dht2", endpoint: "198.51.100.82:6881", network: "IPv4", id: "c5fc5afaaa", place: 0.773, contacts: []),
    ]
    peers.trackers = [.init(host: "tracker", counts: [("Torrents", 1), ("Announcements", 1_234)])]
    return peers
  }

  private func html(_ peers: ConsolePeers?) -> String {
    var model = ConsoleModel(title: "Test", trace: TraceStore(), explain: { _, _, _, _ in nil })
    model.peers = { ConsolePeers() }
    var site = ConsoleSite(model)
    site.peers = peers
    return site.page(for: ConsoleRequest(target: "/peers")).body.text
  }

  @Test("what the pictures show the tables say", arguments: [
    "<td class=\"num\">2 of 4</td>", "peer1: 2 of 4 pieces", "<span class=\"state open\">served</span>", "<span class=\"state lost\">waits</span>", "seed serves peer1",
    "it sent us &lt;much&gt;", "moon&lt;.bin", "<td class=\"num\">1,234</td>", "<b>4</b> dht2", "magnet:?xt=urn:btih:0f5ff506", "data-swap=\"peers\"", "data-live",
  ])
  func says(_ part: String) { #expect(html(Self.peers).contains(part)) }

  @Test("a stretch of pieces is one field of its picture, in its place")
  func pieces() {
    let drawing = PeersDrawing.pieces(of: Self.peers.swarms[0]).markup
    #expect(drawing.contains("class=\"had\" x=\"290\" y=\"26\" width=\"360\"") && drawing.components(separatedBy: "class=\"had\"").count == 3)
  }

  @Test("a node stands on the circle where its id lies", arguments: [
    (0.0, "cx=\"160.0\" cy=\"44.0\""), (0.25, "cx=\"276.0\" cy=\"160.0\""), (0.5, "cx=\"160.0\" cy=\"276.0\""), (0.75, "cx=\"44.0\" cy=\"160.0\""), (0.125, "cx=\"242.0\" cy=\"78.0\""),
  ])
  func circle(_ place: Double, _ where_: String) {
    let node = ConsolePeers.Node(host: "a", endpoint: "", network: "IPv4", id: "00", place: place, contacts: [])
    #expect(PeersDrawing.circle(of: [node], over: "IPv4").markup.contains(where_))
  }

  @Test("where no peers run there is no page, and no way to it")
  func none() {
    let site = ConsoleSite(ConsoleModel(title: "Test", trace: TraceStore(), explain: { _, _, _, _ in nil }))
    #expect(site.page(for: ConsoleRequest(target: "/peers")).status == 404)
    #expect(!site.page(for: ConsoleRequest(target: "/")).body.text.contains("href=\"/peers\"") && html(ConsolePeers()).contains("No swarm is here"))
  }
}
