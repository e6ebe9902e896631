// The peers of a running lab as the console shows them. Not here: the page (Console), the peers (Lab raises them, Host assembles them).
import BitTorrent
import Console
import Host
import Lab
import Swarm
import Transport
import World

/// Looks at the lab's peers.
enum LabPeers {
  static func look(at lab: RaisedWorld) async -> ConsolePeers {
    var peers = ConsolePeers()
    let hosts = Dictionary(lab.world.hosts.flatMap { host in lab.plan.addresses(of: host).map { ($0, host.name) } }) { a, _ in a }
    let name = { (address: Address) in hosts[address] ?? address.description }
    for assembly in lab.assemblies {
      for service in assembly.partners.swarms {
        for session in service.sessions { note(session, of: assembly.name, in: lab.world, name, &peers.swarms) }
      }
      for node in assembly.partners.nodes {
        guard let state = await node.service.currentState() else { continue }
        let contacts = state.contacts.map { ConsolePeers.Contact(host: name($0.endpoint.address), id: "\($0.id)", bucket: ($0.id.bits ^ state.id.bits).leadingZeros) }
        peers.nodes.append(
          ConsolePeers.Node(
            host: assembly.name, endpoint: "\(node.endpoint)", network: node.endpoint.address.bytes.count == 4 ? "IPv4" : "IPv6", id: "\(state.id)", place: state.id.bits.share, contacts: contacts))
      }
      for tracker in assembly.partners.trackers {
        let counts = tracker.book.statistics(at: assembly.network.clock.now)
        peers.trackers.append(
          ConsolePeers.Tracker(host: assembly.name, counts: [
            ("Torrents", counts.torrents), ("Peers", counts.peers), ("That have everything", counts.seeders), ("Announcements", counts.announcements),
            ("Scrapes", counts.scrapes), ("Not kept", counts.notKept),
          ]))
      }
    }
    return peers
  }

  private static func note(_ session: TorrentSession, of host: String, in world: WorldDescription, _ name: (Address) -> String, _ swarms: inout [ConsolePeers.Swarm]) {
    let (status, standing) = (session.status, session.standing)
    let partners = standing.peers.map { peer in
      ConsolePeers.Partner(
        host: name(peer.remote.address), isServed: peer.isServed, reason: peer.servedBecause.map(withoutVerdict) ?? "", isInterested: peer.isInterested,
        sent: peer.went, received: peer.came)
    }
    let member = ConsolePeers.Member(
      host: host, phase: status.phase.rawValue, pieces: (0..<status.pieces).map { standing.holdings?.contains($0) ?? false }, downloadRate: status.downloadRate,
      uploadRate: status.uploadRate, partners: partners)
    let hash = "\(session.infoHash)"
    if let index = swarms.firstIndex(where: { $0.hash == hash }) { return swarms[index].members.append(member) }
    let trackers = world.swarms.first { $0.file == status.name }?.trackers(in: world) ?? []
    let link = Magnet(session.infoHash, name: status.name, trackers: trackers).description
    swarms.append(ConsolePeers.Swarm(name: status.name ?? hash, hash: hash, pieceCount: status.pieces, members: [member], link: link))
  }

  /// `unchoked: a slot is free`: the table has a column for the first word.
  private static func withoutVerdict(_ reason: String) -> String {
    guard let colon = reason.firstRange(of: ": ") else { return reason }
    return String(reason[colon.upperBound...])
  }
}

extension Bits160 {
  /// How many bits at the front are 0.
  fileprivate var leadingZeros: Int { (0..<160).first { bit($0) } ?? 160 }
  /// Of the whole range. From 0 to 1.
  fileprivate var share: Double { bytes.prefix(6).reversed().reduce(0) { ($0 + Double($1)) / 256 } }
}
