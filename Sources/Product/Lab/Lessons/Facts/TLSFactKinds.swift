// The kinds of facts about TLS on the wire. Read before: FactKind.swift.

extension FactKind {
  package static let tlsRecord = FactKind("record of TLS", passing + [
    Member("type", .text, "handshake, change_cipher_spec, alert or application_data, as its head says"),
    Member("encrypted", .truth, "whether only who has the keys can read it"),
    Member("messages", .list(.text), "the messages of the handshake in it, in the clear: ClientHello, …"),
    Member("title", .text, "what can be read of it, in a line"),
  ])

  package static let tlsHello = FactKind("greeting of a client", passing + [
    Member("versions", .list(.text), "the versions it offers, as it left"), Member("heard", .list(.text), "the same as it arrived"),
    Member("suites", .list(.text), "the cipher suites it offers"), Member("protocols", .list(.text), "what it wants to speak inside"),
    Member("name", .text, "the server's name; nothing without one"),
  ])

  package static let tlsChoice = FactKind("greeting of a server", passing + [
    Member("version", .text, "the version it chose"), Member("suite", .text, "the cipher suite it chose"),
    Member("protocol", .text, "what is spoken inside, where it is said in the clear; nothing otherwise"),
    Member("marked", .truth, "whether it says that it could have spoken a newer version"), Member("hello", .fact(tlsHello), "what it answers"),
  ])

  package static let tlsCertificate = FactKind("certificate", passing + [
    Member("place", .number, "which of the chain it is, from 0"), Member("subject", .text, "whom it names first"), Member("issuer", .text, "who signed it"),
    Member("names", .list(.text), "the names it is for"), Member("validFrom", .text, "from when it holds"), Member("validUntil", .text, "until when"),
  ])

  package static let tlsAlert = FactKind("alert", passing + [
    Member("reason", .text, "why: protocol_version, unknown_ca, …"), Member("fatal", .truth, "whether the connection ends with it"),
  ])

  package static let tls = FactKind("part of TLS", [
    Member("record", .list(.fact(tlsRecord)), "every record that passed on the wire"), Member("hello", .list(.fact(tlsHello)), "every ClientHello"),
    Member("choice", .list(.fact(tlsChoice)), "every ServerHello"), Member("certificate", .list(.fact(tlsCertificate)), "every certificate that passed in the clear"),
    Member("alert", .list(.fact(tlsAlert)), "every alert that passed in the clear"),
  ])

  static let onTheWire = [tls, tlsRecord, tlsHello, tlsChoice, tlsCertificate, tlsAlert]
}
