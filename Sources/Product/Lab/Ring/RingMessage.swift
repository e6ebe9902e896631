// What nodes of a ring say to one another, and each message as one line of text, as traces show it.
// Read next: RingNode.swift, who says what when.

/// A node as others know it.
package struct RingContact: Sendable, Hashable {
  /// Its number on the circle.
  package var id: UInt32
  /// Where it is: what an address is on a network.
  package var place: UInt32

  package init(id: UInt32, place: UInt32) {
    self.id = id
    self.place = place
  }

  package var name: String { "n\(id)" }
}

/// A search under way.
struct RingSearch: Sendable, Hashable {
  var key: UInt32
  /// Who gets the answer.
  var asker: RingContact
  /// The asker's own number for it.
  var ticket: UInt32
  /// How often it was passed on.
  var hops: UInt16 = 0
  /// Who was asked on the way and did not answer: nobody further on asks them again.
  var gone: [RingContact] = []
  /// Whether the sender takes the receiver for the owner of the key.
  var isForOwner = false
}

/// What came of a search.
package struct RingFinding: Sendable, Hashable {
  package var key: UInt32
  /// Who owns the key; nil: the search got stuck.
  package var owner: RingContact?
  package var hops: Int
  package var silences: Int
  /// Whether the key lies there.
  package var isThere: Bool
}

/// One message.
enum RingMessage: Sendable {
  /// Who owns this key? `hop` is the sender's number for this leg of the way.
  case find(RingSearch, hop: UInt32)
  /// The search has arrived, and goes on from here.
  case heard(hop: UInt32)
  /// To the asker.
  case found(ticket: UInt32, RingFinding)
  case ping(UInt32)
  case pong(UInt32)
  /// Who stands before and behind you?
  case ask(UInt32)
  case neighbours(UInt32, before: RingContact?, after: [RingContact])
  /// I think that I stand right before you.
  case notify
  /// These keys are for you to keep.
  case keep([UInt32])

  /// As a trace shows it.
  var line: String {
    switch self {
    case .find(let search, let hop):
      "FIND \(search.key) for \(search.asker.name) hops \(search.hops)\(search.isForOwner ? " you own it" : "") #\(hop)"
    case .heard(let hop): "HEARD #\(hop)"
    case .found(_, let finding): "FOUND \(finding.line)"
    case .ping(let ticket): "PING #\(ticket)"
    case .pong(let ticket): "PONG #\(ticket)"
    case .ask(let ticket): "ASK #\(ticket)"
    case .neighbours(let ticket, let before, let after):
      "NEIGHBOURS before \(before?.name ?? "nobody") after \(after.map(\.name).joined(separator: " ")) #\(ticket)"
    case .notify: "NOTIFY"
    case .keep(let keys): "KEEP \(keys.map(String.init).joined(separator: " "))"
    }
  }

  /// One word for what it is, for counting.
  var kind: Kind {
    switch self {
    case .find: .find
    case .heard: .heard
    case .found: .found
    case .ping: .ping
    case .pong: .pong
    case .ask: .ask
    case .neighbours: .neighbours
    case .notify: .notify
    case .keep: .keep
    }
  }

  enum Kind: Int, Sendable, CaseIterable { case find, heard, found, ping, pong, ask, neighbours, notify, keep }
}

extension RingFinding {
  /// `37 at n40 hops 3 silences 0, it is there`
  package var line: String {
    guard let owner else { return "\(key) nowhere hops \(hops) silences \(silences)" }
    return "\(key) at \(owner.name) hops \(hops) silences \(silences), it is \(isThere ? "there" : "not there")"
  }
}
