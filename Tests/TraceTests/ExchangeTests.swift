// Two records of one conversation become one exchange, two events of one message one passage.
import Bytes
import Testing
import Trace
import World

@Suite struct ExchangeTests {
  @Test func pairsBothEnds() throws {
    let store = TraceStore()
    Sample.recordLookup(in: store)
    let web = Endpoint(Address(198, 51, 100, 80), 80)
    Sample.recordPage(in: store, client: Endpoint(Sample.client.address, 41_000), server: web)
    let exchanges = store.exchanges()
    #expect(exchanges.map(\.best.info.host) == ["www.garnet.test", "ns1.garnet.test"])
    #expect(exchanges.map { $0.clients.map(\.info.host) } == [["pc"], ["pc"]])
    #expect(exchanges[1].opened == Sample.at(0))
    // Either end's number finds the same exchange.
    for id in exchanges[1].records.map(\.id) { #expect(store.exchange(of: id)?.id == exchanges[1].id) }
    #expect(store.exchange(of: ConversationID(99)) == nil)
  }

  @Test func aConnectionPerPortAndTime() {
    let store = TraceStore()
    let web = Endpoint(Address(198, 51, 100, 80), 80)
    for round in 0..<3 { Sample.recordPage(in: store, client: Sample.client, server: web, from: Int64(round) * 100) }
    let exchanges = store.exchanges()
    #expect(exchanges.count == 3)
    for exchange in exchanges { #expect(exchange.clients.map(\.opened) == [exchange.best.opened]) }
  }

  @Test func aServerBoundToEveryAddress() {
    let store = TraceStore()
    let everywhere = Endpoint(.any, 53)
    _ = store.open(Sample.info("ns", .server, local: everywhere, remote: Sample.client), at: Sample.at(0))
    _ = store.open(Sample.info("pc", .client, local: Sample.client, remote: Sample.server), at: Sample.at(0))
    let exchanges = store.exchanges()
    #expect(exchanges.count == 1)
    #expect(exchanges.first?.serverEndpoint == Sample.server)
  }

  @Test func datagramsHaveFates() throws {
    let store = TraceStore()
    Sample.recordLookup(in: store)
    let exchange = try #require(store.exchanges().first)
    let server = try #require(exchange.server)
    store.record(.received, in: exchange.clients[0].id, at: Sample.at(1_030), Sample.answer)
    let passages = store.dialogue(of: exchange).passages()
    #expect(passages.map(\.fate) == [.lost, .arrived, .arrived, .repeated])
    #expect(passages.map(\.direction) == [.toServer, .toServer, .toClient, .toClient])
    #expect(passages.map(\.sent) == [Sample.at(0), Sample.at(1_000), Sample.at(1_011), nil])
    #expect(passages.map(\.received) == [nil, Sample.at(1_010), Sample.at(1_021), Sample.at(1_030)])
    // The bytes to show are the server's.
    #expect(passages[2].event.conversation == server.id)
  }

  @Test func streamsFindTheOtherEndsTime() throws {
    let store = TraceStore()
    Sample.recordPage(in: store, client: Sample.client, server: Endpoint(Address(198, 51, 100, 80), 80))
    let exchange = try #require(store.exchanges().first)
    let passages = store.dialogue(of: exchange).passages()
    #expect(passages.map(\.sent) == [Sample.at(1), Sample.at(12)])
    #expect(passages.map(\.received) == [Sample.at(11), Sample.at(23)])
  }
}
