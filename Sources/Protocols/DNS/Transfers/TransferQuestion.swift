// What a secondary asks for: the whole zone (RFC 5936) or what changed since a version (RFC 1995).
// Read next: TransferWriter.swift (the answer's messages), TransferReader.swift (reading them).

/// A question for a zone.
public struct TransferQuestion: Hashable, Sendable {
  public var zone: Name
  /// The version the asker has; nil: the whole zone is wanted.
  public var since: Serial?

  public init(_ zone: Name, since: Serial? = nil) {
    self.zone = zone
    self.since = since
  }

  /// What `message` asks for; nil: it is no such question.
  public init?(reading message: Message) {
    guard message.flags.opcode == .query, message.questions.count == 1, let question = message.questions.first, question.class == .internet else {
      return nil
    }
    switch question.type {
    case .axfr: self.init(question.name)
    case .ixfr:
      // RFC 1995 §3: the version stands in the authority section.
      guard let start = message.authorities.first(where: { $0.name == question.name })?.startOfAuthority else { return nil }
      self.init(question.name, since: start.version)
    default: return nil
    }
  }

  /// The question as a message.
  public func message(id: UInt16) -> Message {
    var message = Message(id: id, questions: [Question(zone, since == nil ? .axfr : .ixfr)])
    if let since {
      // RFC 1995 §3: of this SOA record only the serial counts.
      let start = StartOfAuthority(primary: .root, mailbox: .root, serial: since.rawValue, refresh: 0, retry: 0, expire: 0, minimum: 0)
      message.authorities = [ResourceRecord(zone, ttl: 0, .soa(start))]
    }
    return message
  }
}

/// What a secondary got.
public enum ZoneTransfer: Hashable, Sendable {
  /// There is nothing newer.
  case current
  /// The whole zone, its SOA record first and once.
  case whole([ResourceRecord])
  /// The steps from the version it has to the newest.
  case steps([ZoneDifference])

  /// The records as the answer has them; `start` is the SOA record of the newest version.
  public func records(start: ResourceRecord) -> [ResourceRecord] {
    switch self {
    // RFC 1995 §2: the SOA record alone says that there is nothing newer.
    case .current: [start]
    // RFC 5936 §2.2: the SOA record comes first and last.
    case .whole(let records): records + [start]
    case .steps(let steps): [start] + steps.flatMap(\.records) + [start]
    }
  }
}
