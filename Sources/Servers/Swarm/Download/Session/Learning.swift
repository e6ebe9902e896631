// A torrent of which only the hash is known: its description comes from peers, from one at a time, so that who lies is known.
// Read before: Participation.swift. Not here: what the description says (BitTorrent's Metainfo).
import BitTorrent
package import Bytes
package import World

extension Participation {
  /// Who is asked for the description.
  struct Learning: Sendable {
    var collection: MetadataCollection?
    var teacher: PeerNumber?
    var asked: Set<Int> = []
    /// When it was first asked.
    var begun: Instant?
    var lastHeard: Instant?
    /// Those that refused or were too slow, not to be asked again soon.
    var useless: Set<PeerNumber> = []
    var retryAt: Instant?
    var isDone = false

    mutating func left(_ number: PeerNumber) {
      useless.remove(number)
      if teacher == number { drop() }
    }

    /// Leaves the teacher; what it gave is nothing without the rest.
    mutating func drop() {
      if let teacher { useless.insert(teacher) }
      (collection, teacher, asked, begun, lastHeard) = (nil, nil, [], nil, nil)
    }
  }

  /// Asks for more of the description, if it is not known.
  mutating func learnMore(at now: Instant, into deeds: inout [Deed]) {
    guard work == nil, !learning.isDone, !isOver else { return }
    let able = numbers.filter { peers[$0]?.metadataSize != nil }
    // Who sends a part now and then keeps nobody waiting for ever, if others could be asked.
    let isSlow = learning.begun.map { $0.duration(to: now) >= limits.metadataTimeMax } ?? false && able.contains { $0 != learning.teacher && !learning.useless.contains($0) }
    if let last = learning.lastHeard, isSlow || last.duration(to: now) >= limits.metadataTimeout, let teacher = learning.teacher {
      tell(teacher, .note("it sends no description in time: another is asked"), into: &deeds)
      learning.drop()
    }
    if learning.teacher == nil {
      // When all were useless each gets another chance.
      if !able.isEmpty, able.allSatisfy({ learning.useless.contains($0) }), learning.retryAt.map({ $0 <= now }) ?? true {
        learning.useless = []
        learning.retryAt = now + limits.metadataTimeout
      }
      guard let teacher = able.first(where: { !learning.useless.contains($0) }), let size = peers[teacher]?.metadataSize else { return }
      guard let collection = MetadataCollection(of: infoHash, size: size) else {
        learning.useless.insert(teacher)
        return
      }
      learning.teacher = teacher
      learning.collection = collection
      learning.begun = now
      learning.lastHeard = now
    }
    guard let teacher = learning.teacher, let collection = learning.collection else { return }
    let next = collection.missing.filter { !learning.asked.contains($0) }.prefix(Self.partsAtOnce - learning.asked.count)
    guard !next.isEmpty else { return }
    learning.asked.formUnion(next)
    deeds.append(.tell(teacher, next.map { .requestMetadata($0) }))
  }

  /// Parts asked for at a time. Unit: parts.
  private static let partsAtOnce = 8

  /// A part of the description came.
  package mutating func metadata(_ number: PeerNumber, _ part: Int, _ bytes: Buffer, at now: Instant, into deeds: inout [Deed]) {
    guard learning.teacher == number else { return }
    learning.asked.remove(part)
    learning.lastHeard = now
    switch learning.collection?.add(part, bytes) {
    case .whole(let info):
      learning.isDone = true
      learning.drop()
      deeds.append(.learned(info))
    case .wrong:
      let reason = "banned: the description it sent is not the torrent's"
      learning.drop()
      if let address = peers[number]?.remote.address { known.ban(address) }
      deeds.append(.tell(number, [.note(reason), .close(reason)]))
    case .more, nil: learnMore(at: now, into: &deeds)
    }
  }

  /// A peer does not give a part.
  package mutating func metadataRejected(_ number: PeerNumber, at now: Instant, into deeds: inout [Deed]) {
    guard learning.teacher == number else { return }
    learning.drop()
    learnMore(at: now, into: &deeds)
  }
}
