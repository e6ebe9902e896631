// Every kind of fact a trace tells, with its members: the one table from which expressions are checked and their page is tested.
// Read next: TraceFacts.swift, which makes the facts.

/// A kind of fact: its name, and what its members are called, are, and mean.
package struct FactKind: Sendable, Equatable {
  package var name: String
  package var members: [Member]
  /// Whether it also has members under texts in brackets, like the fields of a message: `field["host"]`.
  var isOpen = false
  /// What those are.
  var openShape = ValueShape.text

  package struct Member: Sendable {
    package var name: String
    package var shape: ValueShape
    package var meaning: String

    init(_ name: String, _ shape: ValueShape, _ meaning: String) {
      self.name = name
      self.shape = shape
      self.meaning = meaning
    }
  }

  init(_ name: String, _ members: [Member], isOpen: Bool = false, openShape: ValueShape = .text) {
    self.name = name
    self.members = members
    self.isOpen = isOpen
    self.openShape = openShape
  }

  /// Kinds are the same when their names are.
  package static func == (a: FactKind, b: FactKind) -> Bool { a.name == b.name }

  func shape(of member: String) -> ValueShape? { members.first { $0.name == member }?.shape }
  var names: [String] { members.map(\.name) }

  // MARK: The kinds

  /// What every message has.
  static let passing = [
    Member("from", .text, "the host that sent it"), Member("to", .text, "the host it was for"),
    Member("bytes", .number, "how many bytes it has"), Member("time", .duration, "when it was sent, from the start of the run"),
    Member("arrived", .duration, "when it arrived; nothing when it did not"), Member("lost", .truth, "whether it was lost on the way"),
    Member("connection", .number, "the number of its connection or exchange, from 0"),
  ]

  /// The fields of a message by name, in any case.
  package static let fields = FactKind("set of fields", [], isOpen: true)
  package static let draws = FactKind("set of drawn values", [], isOpen: true, openShape: .anything)
  package static let hosts = FactKind("set of hosts", [], isOpen: true, openShape: .fact(host))
  package static let host = FactKind("host", [
    Member("name", .text, "as the world calls it"), Member("address", .text, "its first IPv4 address"),
    Member("addresses", .list(.text), "all its addresses"),
  ])

  package static let cookies = FactKind("set of cookies", [], isOpen: true)

  package static let givenCookie = FactKind("cookie", [
    Member("name", .text, "what it is called"), Member("value", .text, "what the client is to remember"),
    Member("attributes", .list(.text), "what is said about it: Path=/, HttpOnly, …"),
  ])

  package static let httpRequest = FactKind("request", passing + [
    Member("method", .text, "what is to be done"), Member("target", .text, "with what: path and query"),
    Member("path", .text, "the target up to the question mark"), Member("query", .text, "what follows it; nothing when there is none"),
    Member("version", .text, "HTTP's version in the request line"), Member("host", .text, "the value of Host; nothing without one"),
    Member("field", .fact(fields), "a field's value: `field[\"accept\"]`"), Member("headBytes", .number, "bytes up to and with the empty line"),
    Member("bodyBytes", .number, "bytes of content"), Member("body", .text, "the content's beginning"),
    Member("cookie", .fact(cookies), "what the client was asked to remember: `cookie[\"session\"]`"),
  ])

  package static let httpResponse = FactKind("response", passing + [
    Member("status", .number, "the status code"), Member("reason", .text, "the words after it"), Member("version", .text, "HTTP's version in the status line"),
    Member("field", .fact(fields), "a field's value: `field[\"last-modified\"]`"), Member("headBytes", .number, "bytes up to and with the empty line"),
    Member("bodyBytes", .number, "bytes of content, without chunk lines"), Member("body", .text, "the content's beginning"),
    Member("finished", .duration, "when its last byte was sent"), Member("complete", .truth, "whether all of the announced content came"),
    Member("request", .fact(httpRequest), "the request it answers"), Member("setCookie", .list(.fact(givenCookie)), "what the client is asked to remember"),
  ])

  package static let record = FactKind("record", [
    Member("name", .text, "whose it is, without the dot at the end"), Member("type", .text, "A, AAAA, NS, …"),
    Member("ttl", .number, "for how many seconds it may be kept"), Member("data", .text, "what it says, names without the dot at the end"),
  ])

  package static let dnsQuery = FactKind("query", passing + [
    Member("host", .text, "the host that is asked"), Member("id", .number, "the identifier"), Member("name", .text, "the name asked about, without the dot at the end"),
    Member("type", .text, "the type asked for"), Member("rd", .truth, "whether recursion is desired"), Member("carrier", .text, "udp or tcp"),
    Member("answered", .truth, "whether an answer with its identifier came back"),
    Member("subnet", .text, "the network of the asker's own client; nothing when none is told"),
  ])

  package static let dnsResponse = FactKind("answer", passing + [
    Member("host", .text, "the host that answers"), Member("id", .number, "the identifier"), Member("name", .text, "the name of the question"),
    Member("type", .text, "the type of the question"), Member("rcode", .text, "NOERROR, NXDOMAIN, …"), Member("carrier", .text, "udp or tcp"),
    Member("aa", .truth, "whether the server is an authority for the name"), Member("tc", .truth, "whether something did not fit"),
    Member("ra", .truth, "whether the server asks others for its clients"), Member("answer", .list(.fact(record)), "the records that answer"),
    Member("authority", .list(.fact(record)), "the records about servers of the zone"), Member("additional", .list(.fact(record)), "the records given besides, glue among them"),
    Member("query", .fact(dnsQuery), "the query it answers"),
    Member("scope", .number, "for how many bits of the told network the answer holds; nothing without one"),
  ])

  package static let connection = FactKind("connection", [
    Member("client", .text, "the host that opened it"), Member("server", .text, "the host that accepted it"),
    Member("clientAddress", .text, "the client's address"), Member("serverAddress", .text, "the server's address"),
    Member("clientPort", .number, "the client's port"), Member("serverPort", .number, "the server's port"),
    Member("protocol", .text, "what was spoken: http, dns, uppercase, raw"), Member("opened", .duration, "when the client opened it, from the start of the run"),
    Member("closed", .duration, "when the last of its ends was closed; nothing while it is open"), Member("messagesToServer", .number, "messages from the client"),
    Member("messagesToClient", .number, "messages from the server"), Member("bytesToServer", .number, "bytes from the client"),
    Member("bytesToClient", .number, "bytes from the server"), Member("connection", .number, "its number, from 0"),
  ])

  package static let message = FactKind("message", passing + [
    Member("protocol", .text, "dns, http, uppercase, ping or raw"), Member("carrier", .text, "udp or tcp"), Member("text", .text, "its bytes as text; nothing when they are none"),
    Member("fromPort", .number, "the port it was sent from"), Member("toPort", .number, "the port it was sent to"),
    Member("toServer", .truth, "whether the client sent it"),
  ])

  package static let packet = FactKind("packet", [
    Member("from", .text, "the host that sent it"), Member("to", .text, "the host it was for"), Member("time", .duration, "when it was sent"),
    Member("carrier", .text, "udp or tcp"), Member("bytes", .number, "bytes of data it carries"), Member("syn", .truth, "whether it opens a connection"),
    Member("fin", .truth, "whether it ends its side of a connection"), Member("reset", .truth, "whether it refuses or breaks a connection"),
    Member("again", .truth, "whether it repeats what was sent before"), Member("lost", .truth, "whether a link lost it"),
  ])

  package static let ping = FactKind("ping", passing + [
    Member("sequence", .number, "which ping it is"), Member("answered", .truth, "whether its answer came back"),
    Member("roundTrip", .duration, "from its sending to its answer's arrival; nothing without an answer"),
  ])

  package static let step = FactKind("step", [
    Member("host", .text, "who did it"), Member("time", .duration, "when it began"), Member("took", .duration, "how long it took"),
    Member("failed", .truth, "whether it came to nothing"), Member("said", .text, "what came of it, in a few words"),
  ])

  package static let http = FactKind("part of HTTP", [
    Member("request", .list(.fact(httpRequest)), "every request, in the order of their times"), Member("response", .list(.fact(httpResponse)), "every response"),
  ])
  package static let dns = FactKind("part of the DNS", [
    Member("query", .list(.fact(dnsQuery)), "every query"), Member("response", .list(.fact(dnsResponse)), "every answer"),
  ])
  package static let tcp = FactKind("part of TCP", [
    Member("connection", .list(.fact(connection)), "every connection"), Member("packet", .list(.fact(packet)), "every segment, repeats and losses included"),
  ])
  package static let udp = FactKind("part of UDP", [
    Member("exchange", .list(.fact(connection)), "each pair of endpoints that talked"), Member("datagram", .list(.fact(message)), "every datagram"),
    Member("packet", .list(.fact(packet)), "every datagram as the links saw it"),
  ])

  /// The whole: what names at the beginning of a path mean.
  package static let trace = FactKind("trace", [
    Member("http", .fact(http), "requests and responses"), Member("dns", .fact(dns), "queries and answers"), Member("tcp", .fact(tcp), "connections and segments"),
    Member("udp", .fact(udp), "exchanges and datagrams"), Member("message", .list(.fact(message)), "every message of every protocol"),
    Member("pop3", .fact(pop3), "commands and replies of POP3"), Member("imap", .fact(imap), "commands and responses of IMAP"),
    Member("letter", .list(.fact(letter)), "every letter that somebody fetched, as it came, by POP3 or IMAP"),
    Member("ping", .list(.fact(ping)), "every ping that was sent"), Member("step", .list(.fact(step)), "what came of each step"),
    Member("draw", .fact(draws), "a drawn value: `draw[\"path\"]`"), Member("hosts", .fact(hosts), "a host of the world: `hosts[\"pc\"]`"),
  ])

  /// All kinds with members, for the page that lists them.
  package static let all = [trace, http, httpRequest, httpResponse, givenCookie, dns, dnsQuery, dnsResponse, record, tcp, connection, packet, udp, message, ping, step, host] + mailAccess
}
