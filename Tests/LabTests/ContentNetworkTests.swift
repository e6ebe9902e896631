// Content distribution in a world's file, in the simulator, and as a table of delays; links changed while a lab runs.
// Not here: the programs of other people (PeerTests).
@testable import Lab
import NameServer
import Settings
import TestKit
import Testing
import Trace
import Transport
import World

@Suite("Content distribution in the lab")
struct ContentNetworkTests {
  private static func world(_ more: String) throws -> WorldDescription {
    try WorldDescription(file: "w.yaml", text: """
      nets: {n: {prefixes: [192.0.2.0/24], delay: 10ms, inside: 2ms}, far: {prefixes: [198.51.100.0/24], delay: 50ms}}
      hosts:
        root1: {addresses: [192.0.2.1]}
        origin: {addresses: [198.51.100.1]}
        edge1: {addresses: [192.0.2.2]}
        edge2: {addresses: [198.51.100.2]}
        pc: {role: client, addresses: [192.0.2.9]}
      zones:
        .: {served-by: [root1]}
        test: {served-by: [root1]}
      sites:
        origin.test: {video: {segments: 3}}
      \(more)
      """)
  }

  @Test("edges, networks and steered names are read; the zone has all edges of a name")
  func isRead() throws {
    let world = try Self.world("""
      edges:
        edge1: {origin: origin, names: [v.test], capacity: 5Mbit/s}
        edge2: {origin: origin}
      steering:
        networks: {192.0.2.0/24: [edge1, edge2]}
        names: {v.test: {policy: least-load, ttl: 7, edges: [edge2, edge1]}, w.test: {edges: [edge1]}}
      """)
    #expect(world.edges.map(\.host) == ["edge1", "edge2"] && world.edges[0].originName == "origin.test" && world.edges[0].capacity == 5_000_000)
    #expect(world.steering.map(\.policy) == [.leastLoad, .nearest] && world.steering.map(\.timeToLive) == [7, 5])
    let near = try #require(AddressPrefix("192.0.2.0/24"))
    #expect(world.nearness == [NearnessDescription(network: near, edges: ["edge1", "edge2"])])
    #expect(world.sites.first?.content == .video(segmentCount: 3))
    let zone = ZoneText(world, AddressPlan(.namespace)).masterFile(of: world.zones[1])
    #expect(zone.contains("\nv.test. 7 A 198.51.100.2\nv.test. 7 A 192.0.2.2\nw.test. 5 A 192.0.2.2\n"), "\(zone)")
    // Two hosts of one net need not leave it.
    let (pc, edge1, edge2) = (try #require(world.host("pc")), try #require(world.host("edge1")), try #require(world.host("edge2")))
    #expect(world.path(from: pc, to: edge1).delay == .milliseconds(2) && world.path(from: pc, to: edge2).delay == .milliseconds(60))
  }

  @Test("what is wrong is told with its place", arguments: [
    ("edges: {nobody: {origin: origin}}", "expected the name of a host, found `nobody`"),
    ("edges: {origin: {origin: origin}}", "has sites of its own already"),
    ("edges: {edge1: {origin: origin}}\nsteering: {names: {v.test: {edges: [edge2]}}}", "expected a host that stands under `edges`, found `edge2`"),
    ("edges: {edge1: {origin: origin}}\nsteering: {names: {v.test: {policy: best, edges: [edge1]}}}", "expected one of nearest, least-load, round-robin, ranked"),
    ("steering: {names: {v.test: {edges: []}}}", "expected at least one edge"),
    ("steering: {names: {v.other: {edges: []}}}", "expected a name in one of the zones"),
    ("steering: {networks: {192.0.2.7/24: []}}", "expected a range of addresses"),
  ])
  func problems(_ text: String, _ expected: String) {
    do {
      _ = try Self.world(text)
      Issue.record("it was read: \(text)")
    } catch { #expect("\(error)".contains(expected), "\(error)") }
  }

  @Test("orders to links: the last one for two hosts holds, what cannot be read is refused")
  func orders() throws {
    let links = try LinkOrders.read("a b rate 1Mbit/s\nc d cut\nb a delay 5ms\n")
    #expect(links.map(\.first) == ["c", "b"] && links.last?.change.delay == .milliseconds(5) && links.last?.change.rateDown == nil)
    var whole = LinkChange()
    whole.isCut = false
    #expect(try LinkOrders.read("a b whole").first?.change == whole)
    for bad in ["a", "a b", "a b fast", "a b rate", "a b rate 5"] { #expect(throws: ScenarioError.self) { try LinkOrders.read(bad) } }
  }

  private func run(_ name: String) throws -> (complaints: [ScenarioError], store: TraceStore, world: WorldDescription) {
    let bytes = try #require(contents(of: repositoryRoot + "/Tests/Scenarios/" + name))
    let scenario = try Scenario(file: name, text: String(decoding: bytes, as: UTF8.self))
    let world = try WorldTests.builtIn()
    let store = TraceStore()
    return (try ScenarioRun(scenario, in: world, seed: nil, store: store).run(), store, world)
  }

  @Test("an edge near every client answers sooner than one large site, as the trace shows")
  func deepOrHome() throws {
    let (complaints, store, world) = try run("deep-or-home.txt")
    #expect(complaints.isEmpty, "\(complaints)")
    let table = DelayTable(of: store, in: world)
    #expect(table.rows.count == 12 && table.rows.allSatisfy { $0.status == 200 }, "\(table.text)")
    let deep = try needed(table.summaries.first { $0.site == "static.cdn.test" })
    let home = try needed(table.summaries.first { $0.site == "home.cdn.test" })
    #expect(deep.servers == 3 && home.servers == 1 && deep.hits == 3, "\(table.text)")
    let hits = table.rows.filter { $0.cache == "hit" }
    func mean(_ site: String) -> Duration {
      let own = hits.filter { $0.site == site }
      return own.reduce(.zero) { $0 + $1.delay } / max(1, own.count)
    }
    #expect(mean("static.cdn.test") * 3 < mean("home.cdn.test"), "\(table.text)")
    // What the depth costs: every edge has to fetch its own copy.
    #expect(table.rows.count { $0.site == "static.cdn.test" && $0.cache == "miss" } == 3, "\(table.text)")
    #expect(table.rows.first { $0.client == "pc-asia" && $0.site == "static.cdn.test" }?.server == "edge3.cdn.test")
  }

  @Test("an edge that dies leaves the answers within seconds")
  func deadEdge() throws {
    let (complaints, _, _) = try run("dead-edge.txt")
    #expect(complaints.isEmpty, "\(complaints)")
  }
}
