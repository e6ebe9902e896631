// NOTIFY: a primary tells its secondaries that a zone has changed (RFC 1996).
// Not here: when it is sent, and what a secondary does (NameServer/Changing).

extension Message {
  /// Tells that the zone `zone` has changed; `start` is its SOA record now, as a hint.
  // RFC 1996 §3.7
  public static func notification(_ zone: Name, start: ResourceRecord?, id: UInt16) -> Message {
    var flags = Flags()
    flags.opcode = .notify
    flags.isAuthoritative = true
    return Message(id: id, flags: flags, questions: [Question(zone, .soa)], answers: start.map { [$0] } ?? [])
  }

  /// The zone a notification is about, and the serial that it hints at; nil: it is none.
  // RFC 1996 §3.7, §3.11
  public var notified: (zone: Name, serial: Serial?)? {
    guard flags.opcode == .notify, questions.count == 1, let zone = questions.first, zone.type == .soa, zone.class == .internet else { return nil }
    let start = answers.first { $0.name == zone.name }?.startOfAuthority
    return (zone.name, start?.version)
  }
}
