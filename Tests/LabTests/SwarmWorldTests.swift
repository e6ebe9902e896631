// Swarms of a world in the simulator: hosts of the same assembly as everywhere. Not here: models of swarms (SwarmModelTests.swift).
@testable import Lab
import SimulatedTransport
import TestKit
import Testing
import Trace
import Transport
import World

@Suite("Swarms of a world")
struct SwarmWorldTests {
  @Test("peers whose torrent has no tracker find one another by the nodes of the world's hash table")
  func hashTable() throws {
    let world = try WorldDescription(file: "w.yaml", text: """
      nets: {n: {prefixes: [192.0.2.0/24, 203.0.113.0/24], delay: 10ms}}
      hosts:
        root1: {addresses: [192.0.2.1]}
        dht1: {addresses: [192.0.2.81]}
        dht2: {addresses: [192.0.2.82]}
        dht3: {addresses: [192.0.2.83]}
        dht4: {addresses: [192.0.2.84]}
        a: {role: client, addresses: [203.0.113.1]}
        b: {role: client, addresses: [203.0.113.2]}
        c: {role: client, addresses: [203.0.113.3]}
      zones:
        .: {served-by: [root1]}
        test: {served-by: [root1]}
      dht: {dht1: {}, dht2: {}, dht3: {}, dht4: {}}
      torrents:
        notes.txt: {size: 300KiB, seeds: [a], peers: [b, c]}
      """)
    let internet = SimulatedInternet(seed: 1) { _, _ in Link(delay: .milliseconds(10)) }
    let trace = TestRecorder()
    try internet.run(atMost: .seconds(600)) {
      let means = RaisedWorld.Means(plan: AddressPlan(.namespace), recorder: trace, chance: SeededRandom(seed: 1)) { internet.addHost($0.name, at: $0.addresses) }
      let raised = try await RaisedWorld.raise(world, with: means)
      let clock = internet.addHost("watch", Address(192, 0, 2, 99)).clock
      try await clock.sleep(until: clock.now + .seconds(120))
      await raised.stop(grace: .zero)
    }
    // A conversation's number is its place in the list, from one on.
    let ended = trace.events.filter { $0.text == "both of us have everything" }.map { trace.conversations[Int($0.conversation.number) - 1].host }
    #expect(Set(ended).isSuperset(of: ["b", "c"]), "\(Set(ended))")
  }
}
