// Conversations that are because of others become one story: who belongs to it, which stretch of a shared connection, and within which bounds.
import Bytes
import Testing
import Trace
import World

/// A client, a proxy, a resolver and an origin, each recording what it says and hears.
private final class ProxiedWorld {
  let store: TraceStore
  private var milliseconds: Int64 = 0
  private var port: UInt16 = 40_000

  init(_ limits: TraceStore.Limits = TraceStore.Limits()) { store = TraceStore(limits: limits) }

  private static let addresses: [String: Address] = [
    "pc": Address(203, 0, 113, 10), "pc2": Address(203, 0, 113, 11), "proxy": Address(203, 0, 113, 31), "resolver": Address(203, 0, 113, 53),
    "edge": Address(198, 51, 100, 5), "www": Address(198, 51, 100, 80),
  ]

  private func now() -> Instant {
    milliseconds += 1
    return Sample.at(milliseconds)
  }

  /// Both ends of one conversation.
  struct Pair {
    var client: ConversationID
    var server: ConversationID
  }

  func open(
    _ client: String, _ server: String, _ dialect: Dialect = .http, because cause: ConversationID? = nil, from: UInt16? = nil
  ) -> Pair {
    port += 1
    let here = Endpoint(Self.addresses[client] ?? .any, from ?? port)
    let there = Endpoint(Self.addresses[server] ?? .any, dialect == .dns ? 53 : 80)
    let carrier: ConversationInfo.Carriage = dialect == .dns ? .udp : .tcp
    // As over a slow link: the server has the connection before its client knows.
    let serving = store.open(Sample.info(server, .server, carrier, dialect, local: there, remote: here), at: now())
    var info = Sample.info(client, .client, carrier, dialect, local: here, remote: there)
    info.because = cause
    return Pair(client: store.open(info, at: now()), server: serving)
  }

  func ask(_ pair: Pair, _ text: String) {
    store.record(.sent, in: pair.client, at: now(), Buffer(text))
    store.record(.received, in: pair.server, at: now(), Buffer(text))
  }

  func answer(_ pair: Pair, _ text: String) {
    store.record(.sent, in: pair.server, at: now(), Buffer(text))
    store.record(.received, in: pair.client, at: now(), Buffer(text))
  }

  func carryOn(_ pair: Pair, because cause: ConversationID) { store.carryOn(pair.client, because: cause, at: now()) }

  /// What the story of `id` tells, a line a message.
  func told(_ id: ConversationID) -> [String] {
    guard let story = store.story(of: id) else { return [] }
    let ladder = Ladder(story.dialogues, names: { _ in nil }, explain: nil)
    return ladder.rows.compactMap { row in
      guard case .arrow(let arrow) = row.content else { return nil }
      return "\(ladder.lanes[arrow.from].name) → \(ladder.lanes[arrow.to].name): \(arrow.label)"
    }
  }
}

@Suite struct StoryTests {
  /// A page through a proxy, with a name looked up on the way.
  private func proxiedPage() -> (world: ProxiedWorld, ids: [ConversationID]) {
    let world = ProxiedWorld()
    let client = world.open("pc", "proxy")
    world.ask(client, "GET http://www/")
    let name = world.open("proxy", "resolver", .dns, because: client.server)
    world.ask(name, "www?")
    let walk = world.open("resolver", "www", .dns, because: name.server)
    world.ask(walk, "www? from the root")
    world.answer(walk, "www is here")
    world.answer(name, "www!")
    let upstream = world.open("proxy", "www", because: client.server)
    world.ask(upstream, "GET /")
    world.answer(upstream, "200 OK")
    world.answer(client, "200 OK by proxy")
    return (world, [client, name, walk, upstream].flatMap { [$0.client, $0.server] })
  }

  private static let page = [
    "pc → proxy: GET http://www/", "proxy → resolver: www?", "resolver → www: www? from the root", "www → resolver: www is here",
    "resolver → proxy: www!", "proxy → www: GET /", "www → proxy: 200 OK", "proxy → pc: 200 OK by proxy",
  ]

  @Test func aProxiedPageIsOneStoryFromWhereverItIsAskedFor() throws {
    let (world, ids) = proxiedPage()
    for id in ids { #expect(world.told(id) == Self.page, "\(id)") }
    let story = try #require(world.store.story(of: ids[0]))
    #expect(Ladder(story.dialogues, names: { _ in nil }, explain: nil).lanes.map(\.name) == ["pc", "proxy", "resolver", "www"])
    #expect(story.leftOut == 0 && story.dialogues.map(\.exchange.best.id) == [1, 3, 5, 7].map { ConversationID($0) })
    let kinship = world.store.kinship()
    let client = try #require(kinship.exchange(of: ids[0]))
    #expect(kinship.causes(of: client).isEmpty && kinship.effects(of: client).map(\.id) == [ids[3], ids[7]])
    #expect(kinship.causes(of: try #require(kinship.exchange(of: ids[4]))).map(\.id) == [ids[3]])
    #expect(world.store.story(of: ConversationID(99)) == nil)
  }

  @Test func aSharedConnectionGivesEachStoryItsOwnStretch() {
    let world = ProxiedWorld()
    let (first, second) = (world.open("pc", "proxy"), world.open("pc2", "proxy"))
    world.ask(first, "GET one")
    let upstream = world.open("proxy", "www", because: first.server)
    world.ask(upstream, "one")
    world.answer(upstream, "1")
    world.answer(first, "one is 1")
    world.ask(second, "GET two")
    world.carryOn(upstream, because: second.server)
    world.ask(upstream, "two")
    world.answer(upstream, "2")
    world.answer(second, "two is 2")
    world.ask(first, "GET three")
    world.carryOn(upstream, because: first.server)
    world.ask(upstream, "three")
    #expect(world.told(first.client) == [
      "pc → proxy: GET one", "proxy → www: one", "www → proxy: 1", "proxy → pc: one is 1", "pc → proxy: GET three", "proxy → www: three",
    ])
    #expect(world.told(second.server) == ["pc2 → proxy: GET two", "proxy → www: two", "www → proxy: 2", "proxy → pc2: two is 2"])
    #expect(world.told(upstream.server).count == 10)
  }

  @Test func whatFollowsOfASharedConnectionBelongsToItsStretch() {
    let world = ProxiedWorld()
    let (first, second) = (world.open("pc", "edge"), world.open("pc2", "edge"))
    let middle = world.open("edge", "proxy", because: first.server)
    world.ask(middle, "one")
    world.ask(world.open("proxy", "www", because: middle.server), "one at last")
    world.carryOn(middle, because: second.server)
    world.ask(middle, "two")
    world.ask(world.open("proxy", "www", because: middle.server), "two at last")
    #expect(world.told(first.client) == ["edge → proxy: one", "proxy → www: one at last"])
    #expect(world.told(second.client) == ["edge → proxy: two", "proxy → www: two at last"])
  }

  @Test func aPortUsedAgainIsAnotherStory() {
    let world = ProxiedWorld()
    let (first, second) = (world.open("pc", "proxy"), world.open("pc2", "proxy"))
    let name = world.open("proxy", "resolver", .dns, because: first.server, from: 50_000)
    world.ask(name, "one?")
    world.ask(world.open("resolver", "www", .dns, because: name.server), "one from the root")
    world.answer(name, "one!")
    // The resolver tells peers apart by their ports, so its own record goes on.
    var info = Sample.info(
      "proxy", .client, local: Endpoint(Address(203, 0, 113, 31), 50_000), remote: Endpoint(Address(203, 0, 113, 53), 53))
    info.because = second.server
    let again = ProxiedWorld.Pair(client: world.store.open(info, at: Sample.at(900)), server: name.server)
    world.ask(again, "two?")
    world.ask(world.open("resolver", "www", .dns, because: name.server), "two from the root")
    #expect(world.told(first.client).contains { $0.contains("one from the root") })
    #expect(!world.told(first.client).contains { $0.contains("two") })
    #expect(world.told(second.client).contains { $0.contains("two from the root") })
    #expect(!world.told(second.client).contains { $0.contains("one") })
  }

  @Test func aCircleAndAStrangerEndTheSearch() {
    let world = ProxiedWorld()
    let (first, second) = (world.open("pc", "proxy"), world.open("proxy", "www"))
    world.ask(first, "a")
    world.ask(second, "b")
    world.carryOn(first, because: second.server)
    world.carryOn(second, because: first.server)
    world.carryOn(second, because: ConversationID(77))
    #expect(world.told(first.client) == ["pc → proxy: a", "proxy → www: b"])
  }

  @Test func boundsAreKept() throws {
    let world = ProxiedWorld(TraceStore.Limits(causesMax: 3))
    let clients = (0..<9).map { _ in world.open("pc", "proxy") }
    let upstream = world.open("proxy", "www", because: clients[0].server)
    for client in clients.dropFirst() {
      world.carryOn(upstream, because: client.server)
      world.ask(upstream, "for \(client.server.number)")
    }
    #expect(world.store.conversation(upstream.client)?.causes.map(\.conversation) == clients.suffix(3).map(\.server))
    let page = world.open("pc2", "proxy")
    for _ in 0..<20 { world.ask(world.open("proxy", "www", because: page.server), "part") }
    let story = try #require(world.store.story(of: page.client, conversationsMax: 6))
    #expect(story.dialogues.count == 6 && story.leftOut == 15)
    // The one asked for stays, and the newest of the rest.
    #expect(story.dialogues.first?.exchange.id == page.server)
    #expect(story.dialogues.last?.exchange.id == world.store.exchanges().first?.id)
  }

  @Test func causesAreInTheLines() {
    let (world, ids) = proxiedPage()
    world.store.carryOn(ids[6], because: ids[3], at: Sample.at(500))
    let lines = JSONLines().lines(of: world.store).text.split(separator: "\n").filter { $0.contains("\"because\"") }
    #expect(lines.map { $0.split(separator: "kind").last ?? "" } == [
      "\":\"opened\",\"note\":\"\",\"because\":1}", "\":\"opened\",\"note\":\"\",\"because\":3}", "\":\"opened\",\"note\":\"\",\"because\":1}",
      "\":\"continued\",\"note\":\"\",\"because\":3}",
    ])
    var transcript = Transcript()
    let told = world.store.events(of: ids[6]).flatMap { transcript.lines(for: $0, in: world.store.conversation($0.conversation)!.info) }.map(\.description)
    #expect(told.first == "* #8 proxy 203.0.113.31:40004 → 198.51.100.80:80, http over tcp, because of #1")
    #expect(told.last == "* because of #3 from here on")
  }

  @Test func capturesKnowNothingOfCauses() {
    func capture(_ isTold: Bool) -> Buffer {
      let store = TraceStore()
      Sample.recordPage(in: store, client: Sample.client, server: Endpoint(Address(198, 51, 100, 80), 80))
      if isTold { store.carryOn(ConversationID(2), because: ConversationID(1), at: Sample.at(50)) }
      return PacketCapture().file(of: store.exchanges().map { store.dialogue(of: $0) })
    }
    #expect(capture(true) == capture(false))
  }

  @Test func linesDrawTheLadder() throws {
    let (world, ids) = proxiedPage()
    world.store.record(.note, in: ids[1], at: Sample.at(400), text: "kept\u{1B}[2J")
    let story = try #require(world.store.story(of: ids[0]))
    var lines = Ladder(story.dialogues, names: { _ in nil }, explain: nil).lines
    #expect(lines.removeFirst() == "            pc       proxy   resolver     www")
    #expect(lines.prefix(4) == [
      "    +0.000   │────────▶│         │         │  GET http://www/",
      "    +0.004   │         │────────▶│         │  www?",
      "    +0.008   │         │         │────────▶│  www? from the root",
      "    +0.010   │         │         │◀────────│  www is here",
    ])
    #expect(lines.last == "    +0.397   │         *         │         │  proxy: kept\\u{1b}[2J")
    let lost = TraceStore()
    Sample.recordLookup(in: lost)
    lost.record(.received, in: ConversationID(1), at: Sample.at(1_030), Sample.answer)
    let drawn = Ladder(lost.exchanges().map { lost.dialogue(of: $0) }, names: { _ in nil }, explain: Sample.explain).lines
    #expect(drawn[1].contains("│─────✗   │  lost: query www.garnet.test A"), "\(drawn)")
    #expect(drawn.last?.contains("│◀╌╌╌╌╌╌╌╌│  repeat: answer www.garnet.test A") == true, "\(drawn)")
  }
}
