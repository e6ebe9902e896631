// The lessons that come with the program, in the order of the course. Their texts are read like any lesson's file; a test keeps them whole.
package import Settings

/// The built-in lessons.
package enum BuiltInLessons {
  /// Their texts with what errors call them.
  package static let texts: [(id: String, text: String)] = [
    ("S1", SocketLessons.datagram), ("S2", SocketLessons.stream), ("S3", SocketLessons.order), ("S4", SocketLessons.ping),
    ("S5", PortLessons.bind), ("S6", CarrierLessons.choice),
    ("D1", NameLessons.walk), ("D2", NameServiceLessons.bytes), ("D3", NameLessons.cache), ("D4", NameLessons.records), ("D5", DomainLessons.registration),
    ("D6", DomainLessons.update), ("D7", DomainLessons.copies), ("D8", NameServiceLessons.balance), ("D9", ForgeryLessons.poisoning),
    ("D11", ForgeryLessons.amplification), ("D12", NameServiceLessons.flood), ("D13", NameAttackLessons.tunnel), ("D14", NameAttackLessons.rebinding),
    ("H1", WebLessons.get), ("H2", WebLessons.conditional), ("H3", WebLessons.long), ("H4", PageLessons.objects),
    ("H5", PageLessons.timing), ("H6", VisitorLessons.basic), ("H7", VisitorLessons.forms), ("H8", VisitorLessons.cookies), ("H9", CacheLessons.proxy),
    ("H10", WebLessons.hosts), ("H11", HandshakeLessons.handshake), ("H13", SmugglingLessons.lengths),
    ("F1", FileLessons.connections), ("F2", FileLessons.directions),
    ("M1", MailLessons.hand), ("M2", MailJourneyLessons.journey), ("M3", MailLessons.login), ("M4", MailLessons.parts), ("M5", MailJourneyLessons.stamps),
    ("M6", ForgedMailLessons.forged), ("M7", ForgedMailLessons.phishing), ("M8", MailboxLessons.fetching), ("M9", MailboxLessons.devices),
    ("P1", SwarmLessons.time), ("P2", PeerLessons.wire), ("P3", SwarmLessons.rarest), ("P4", SwarmLessons.titForTat),
    ("P5", PeerLessons.finding), ("P6", RingLessons.search), ("P7", RingLessons.churn), ("P8", PeerLessons.yielding),
    ("C1", ContentNetworkLessons.depth), ("C2", ContentNetworkLessons.walk), ("C3", ContentNetworkLessons.choice), ("C4", VideoLessons.adaptive),
    ("W1", HostingLessons.site),
    ("N1", OtherNameLessons.zones), ("N2", OtherNameLessons.book), ("N3", OtherNameLessons.onion), ("N4", OtherNameLessons.comparison),
  ]

  /// One lesson by its name, in any case; nil: there is none.
  package static func file(_ id: String) throws(SettingsProblems) -> LessonFile? {
    guard let found = texts.first(where: { $0.id.lowercased() == id.lowercased() }) else { return nil }
    return try LessonFile(file: "lesson \(found.id)", text: found.text)
  }
}
