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
    Member("underWay", .duration, "from its sending to its arrival; nothing when it did not arrive"),
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
    Member("start", .number, "where it begins, in bytes from the message's first; of answers only"),
    Member("pointer", .number, "the byte its name's pointer leads to; nothing without one, and of answers only"),
  ])

  package static let dnsQuery = FactKind("query", passing + [
    Member("host", .text, "the host that is asked"), Member("id", .number, "the identifier"), Member("name", .text, "the name asked about, without the dot at the end"),
    Member("hex", .text, "its bytes, each as two hexadecimal digits, with spaces between"), Member("flags", .number, "the sixteen bits behind the identifier"),
    Member("type", .text, "the type asked for"), Member("rd", .truth, "whether recursion is desired"), Member("carrier", .text, "udp or tcp"),
    Member("answered", .truth, "whether an answer with its identifier came back"),
    Member("opcode", .text, "QUERY, UPDATE or NOTIFY"), Member("signed", .text, "the key it is signed with; nothing without one"),
    Member("subnet", .text, "the network of the asker's own client; nothing when none is told"),
  ])

  package static let dnsResponse = FactKind("answer", passing + [
    Member("host", .text, "the host that answers"), Member("id", .number, "the identifier"), Member("name", .text, "the name of the question"),
    Member("hex", .text, "its bytes, each as two hexadecimal digits, with spaces between"), Member("flags", .number, "the sixteen bits behind the identifier"),
    Member("type", .text, "the type of the question"), Member("rcode", .text, "NOERROR, NXDOMAIN, …"), Member("carrier", .text, "udp or tcp"),
    Member("aa", .truth, "whether the server is an authority for the name"), Member("tc", .truth, "whether something did not fit"),
    Member("ra", .truth, "whether the server asks others for its clients"), Member("answer", .list(.fact(record)), "the records that answer"),
    Member("authority", .list(.fact(record)), "the records about servers of the zone"), Member("additional", .list(.fact(record)), "the records given besides, glue among them"),
    Member("query", .fact(dnsQuery), "the query it answers"), Member("opcode", .text, "QUERY, UPDATE or NOTIFY"),
    Member("scope", .number, "for how many bits of the told network the answer holds; nothing without one"),
  ])

  // MARK: Mail

  package static let smtpCommand = FactKind("command of SMTP", passing + [
    Member("verb", .text, "MAIL, RCPT, …; `response` for a line inside an authentication, `.` for the end of a letter"),
    Member("argument", .text, "what follows the verb"), Member("address", .text, "what stands between the angle brackets of MAIL and RCPT"),
    Member("code", .number, "the code of its reply; nothing without one"), Member("reply", .text, "the lines of its reply without the code"),
  ])

  package static let smtpReply = FactKind("reply of SMTP", passing + [
    Member("code", .number, "its three digits"), Member("enhanced", .text, "the code behind it, such as 5.1.1; nothing without one"),
    Member("text", .text, "its last line without the code"), Member("lines", .list(.text), "all its lines without the code"),
    Member("command", .fact(smtpCommand), "the command it answers; the greeting answers none"),
  ])

  package static let letterPart = FactKind("part of a letter", [
    Member("type", .text, "type and subtype, in small letters"), Member("charset", .text, "how its bytes are to be read as text; nothing when it is no text"),
    Member("encoding", .text, "7bit, quoted-printable, base64, …"), Member("disposition", .text, "inline or attachment; nothing when it is not said"),
    Member("name", .text, "what its file is called"), Member("bytes", .number, "how many bytes it takes on its way"),
    Member("decodedBytes", .number, "how many it has when its encoding is taken off"), Member("content", .text, "its beginning as it passes"),
    Member("text", .text, "its beginning without the encoding"), Member("sha256", .text, "the hash of it without the encoding, in hexadecimal"),
    Member("sevenBit", .text, "what passes when somebody clears the top bit of every byte"),
  ])

  /// What every letter has, wherever it was seen.
  package static let lettering = [
    Member("field", .fact(fields), "a field's value, the uppermost's of several: `field[\"subject\"]`"),
    Member("received", .list(.text), "the values of all Received fields, the newest first"), Member("headBytes", .number, "bytes of the fields and the empty line"),
    Member("bodyBytes", .number, "bytes below the empty line"), Member("body", .text, "the beginning of what stands below the empty line"),
    Member("type", .text, "type and subtype of the whole, in small letters"), Member("boundary", .text, "what stands between its parts; nothing when it has none"),
    Member("part", .list(.fact(letterPart)), "the parts that hold something, in their order; a simple letter has one"),
  ]

  package static let letter = FactKind("letter", passing + lettering + [
    Member("sender", .text, "who sends it by the envelope; empty for a report"), Member("recipients", .list(.text), "who is to get it by the envelope: those that were taken"),
    Member("contentBytes", .number, "its own bytes, without added dots and the end"), Member("bareLines", .number, "how many of its lines end in LF alone"),
    Member("code", .number, "the server's verdict"), Member("enhanced", .text, "the code behind it; nothing without one"),
  ])

  package static let smtp = FactKind("part of SMTP", [
    Member("command", .list(.fact(smtpCommand)), "everything clients say, letters apart"), Member("reply", .list(.fact(smtpReply)), "everything servers say"),
    Member("letter", .list(.fact(letter)), "every letter about which a verdict was given"),
  ])

  // MARK: Files

  package static let ftpCommand = FactKind("command of FTP", passing + [
    Member("verb", .text, "USER, RETR, …"), Member("argument", .text, "what follows the verb"), Member("code", .number, "the code of its last reply; nothing without one"),
    Member("reply", .text, "the lines of its last reply without the code"),
  ])

  package static let ftpReply = FactKind("reply of FTP", passing + [
    Member("code", .number, "its three digits"), Member("text", .text, "its last line without the code"), Member("lines", .list(.text), "all its lines without the code"),
    Member("command", .fact(ftpCommand), "the command it answers; the greeting answers none"),
    Member("address", .text, "of 227: the address to call"), Member("port", .number, "of 227 and 229: the port to call"),
  ])

  package static let ftpTransfer = FactKind("data connection", [
    Member("opener", .text, "the host that opened it"), Member("listener", .text, "the host that accepted it"), Member("port", .number, "the port at which it was accepted"),
    Member("from", .text, "the host that content came from"), Member("bytes", .number, "how many bytes passed"), Member("content", .text, "their beginning; nothing when they are no text"),
    Member("closer", .text, "the host that closed it first; nothing while it is open"), Member("opened", .duration, "when it was opened, from the start of the run"),
    Member("closed", .duration, "when the last of its ends was closed; nothing while it is open"), Member("command", .fact(ftpCommand), "the command it was for"),
    Member("connection", .number, "its number, from 0"),
  ])

  package static let ftp = FactKind("part of FTP", [
    Member("command", .list(.fact(ftpCommand)), "every command"), Member("reply", .list(.fact(ftpReply)), "every reply"),
    Member("transfer", .list(.fact(ftpTransfer)), "every data connection"),
  ])

  // MARK: Other names

  package static let hostsLine = FactKind("line of a hosts file", [
    Member("source", .text, "where the file came from"), Member("name", .text, "the name"), Member("destination", .text, "what it leads to, in base64"),
    Member("b32", .text, "the hash of that in 52 digits"), Member("first", .text, "what a book does that follows the first who says a name: new, confirmed or conflict"),
    Member("second", .text, "what a book does that waits for a second source: waits, new, confirmed or conflict"),
  ])

  package static let onionName = FactKind("onion name", [
    Member("name", .text, "as it stands in the page"), Member("valid", .truth, "whether it is one"), Member("problem", .text, "why it is none; nothing when it is one"),
    Member("key", .text, "the service's key in hexadecimal; nothing when it is none"), Member("checksum", .text, "the two bytes behind the key in hexadecimal; nothing when it is none"),
    Member("alike", .number, "how many digits at its front are those of the page's first one"),
  ])

  package static let names = FactKind("part of other name systems", [
    Member("line", .list(.fact(hostsLine)), "every line of a hosts file that came over HTTP"), Member("onion", .list(.fact(onionName)), "every onion name in a page"),
  ])

  // MARK: Below all protocols

  package static let connection = FactKind("connection", [
    Member("client", .text, "the host that opened it"), Member("server", .text, "the host that accepted it"),
    Member("clientAddress", .text, "the client's address"), Member("serverAddress", .text, "the server's address"),
    Member("clientPort", .number, "the client's port"), Member("serverPort", .number, "the server's port"),
    Member("protocol", .text, "what was spoken: http, dns, smtp, pop3, imap, ftp, ftp-data, bittorrent, udp-tracker, dht, utp, uppercase, raw"), Member("opened", .duration, "when the client opened it, from the start of the run"),
    Member("closed", .duration, "when the last of its ends was closed; nothing while it is open"), Member("messagesToServer", .number, "messages from the client"),
    Member("messagesToClient", .number, "messages from the server"), Member("bytesToServer", .number, "bytes from the client"),
    Member("bytesToClient", .number, "bytes from the server"), Member("connection", .number, "its number, from 0"),
  ])

  package static let message = FactKind("message", passing + [
    Member("protocol", .text, "dns, http, smtp, pop3, imap, ftp, ftp-data, bittorrent, udp-tracker, dht, utp, uppercase, ping, ring, swarm-model or raw"), Member("carrier", .text, "udp or tcp"), Member("text", .text, "its bytes as text; nothing when they are none"),
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

  package static let note = FactKind("note", [
    Member("host", .text, "who noted it"), Member("other", .text, "the other end of the conversation it stands in"),
    Member("time", .duration, "when, from the start of the run"), Member("text", .text, "what was done, and why"),
    Member("connection", .number, "the number of the conversation, from 0"),
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
    Member("udp", .fact(udp), "exchanges and datagrams"), Member("smtp", .fact(smtp), "mail under way"), Member("pop3", .fact(pop3), "mailboxes by POP3"),
    Member("imap", .fact(imap), "mailboxes by IMAP"), Member("fetched", .list(.fact(fetchedLetter)), "every letter that somebody fetched whole, by POP3 or IMAP"),
    Member("ftp", .fact(ftp), "files"), Member("tls", .fact(tls), "what is to be seen of TLS without its keys"), Member("names", .fact(names), "other name systems"),
    Member("torrent", .fact(torrent), "peers and trackers"), Member("dht", .list(.fact(nodeMessage)), "every message between nodes of the hash table"),
    Member("utp", .list(.fact(utpPacket)), "every packet of uTP"), Member("message", .list(.fact(message)), "every message of every protocol"),
    Member("note", .list(.fact(note)), "what hosts did by themselves, with their reasons"), Member("ping", .list(.fact(ping)), "every ping that was sent"), Member("step", .list(.fact(step)), "what came of each step"),
    Member("draw", .fact(draws), "a drawn value: `draw[\"path\"]`"), Member("hosts", .fact(hosts), "a host of the world: `hosts[\"pc\"]`"),
  ])

  /// All kinds with members, for the page that lists them.
  package static let all = [trace, http, httpRequest, httpResponse, givenCookie, dns, dnsQuery, dnsResponse, record, smtp, smtpCommand, smtpReply, letter, letterPart, ftp, ftpCommand, ftpReply, ftpTransfer, names, hostsLine, onionName, tcp, connection, packet, udp, message, note, ping, step, host] + onTheWire + mailAccess + peers
}
