// Datagrams that claim to come from somebody else: questions in a victim's name, answers in a server's. The network lets them out unless its net
// filters sources (BCP 38).
// Not here: what a scenario may say of them (Scenario/ForgeryWords.swift), what their receivers do (NameServer).
import Bytes
import DNS
import SimulatedTransport
import Synchronization
import Trace
import World

extension ScenarioRun {
  /// Sends the questions one after the other, each to all addresses of the server; the answers go to the victim.
  func flood(_ client: SimulatedNetwork, _ flood: Flood, by host: String) {
    let victims = world.host(flood.victim)?.addresses ?? []
    for server in world.host(flood.server)?.addresses ?? [] {
      guard let victim = victims.first(where: { $0.bytes.count == server.bytes.count }) else { continue }
      self.flood(client, flood, at: server, as: victim, of: host)
    }
  }

  private func flood(_ client: SimulatedNetwork, _ flood: Flood, at server: Address, as victim: Address, of host: String) {
    guard let name = try? Name(flood.name), let type = RecordType(flood.type) else { return }
    for number in 0..<flood.times {
      internet.after(flood.every * number) { [self] in
        // A port that no question of the victim's own comes from.
        let query = Message.query(name, type, id: nextID(), edns: EDNS(payloadSize: 4_096)).wire()
        send(query, client, from: Endpoint(victim, 7_000 + UInt16(clamping: number % 1_000)), to: Endpoint(server, 53), by: host)
      }
    }
  }

  /// Sends the answers at once: each with an identifier of its own, and with a port of its own where it is not known.
  func forge(_ client: SimulatedNetwork, _ forgery: Forgery, by host: String) {
    let targets = world.host(forgery.target)?.addresses ?? []
    for server in world.host(forgery.server)?.addresses ?? [] {
      // Which of the server's addresses was asked is one more thing not to know: each of them answers.
      guard let target = targets.first(where: { $0.bytes.count == server.bytes.count }) else { continue }
      forge(client, forgery, of: server, to: target, by: host)
    }
  }

  private func forge(_ client: SimulatedNetwork, _ forgery: Forgery, of server: Address, to target: Address, by host: String) {
    // Who has a name server of its own sees the identifiers that somebody's questions come with.
    let last = lastIdentifier(from: target, notOf: forgery.record.name) ?? 0
    var chance = chance.derived("forgery \(forgery.record)")
    for number in 0..<forgery.times {
      var flags = Flags()
      flags.isResponse = true
      flags.isAuthoritative = true
      let message = Message(
        id: last &+ 1 &+ UInt16(truncatingIfNeeded: number), flags: flags, questions: [Question(forgery.record.name, forgery.record.type)], answers: [forgery.record])
      let port = forgery.port ?? UInt16.random(in: 49_152...65_535, using: &chance)
      send(message.wire(), client, from: Endpoint(server, 53), to: Endpoint(target, port), by: host)
    }
  }

  private func send(_ bytes: Buffer, _ client: SimulatedNetwork, from source: Endpoint, to target: Endpoint, by host: String) {
    let net = world.host(host)?.net ?? ""
    let isOwn = world.host(at: source.address)?.net == net
    // BCP 38 (RFC 2827 §3): what claims to come from another net does not leave this one.
    client.forge(bytes, from: source, to: target, isStopped: !isOwn && filtered.withLock { $0.contains(net) })
  }

  /// The identifier of the last question from `address`, the one that is raced for apart.
  private func lastIdentifier(from address: Address, notOf name: Name) -> UInt16? {
    guard let host = world.host(at: address)?.name else { return nil }
    let records = store.conversations().filter { $0.info.host == host && $0.info.role == .client && $0.info.dialect == .dns && $0.info.carrier == .udp }
    let sent = records.flatMap { store.events(of: $0.id) }.filter { $0.kind == .sent }.sorted { $0.sequence > $1.sequence }
    return sent.lazy.compactMap { try? Message(reading: $0.bytes) }.first { $0.questions.first?.name != name }?.id
  }
}
