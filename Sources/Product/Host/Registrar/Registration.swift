// What somebody writes into a registrar's form, read and checked: a name, its servers with their addresses, the hashes of its keys. What is wrong
// is told all at once, each with the field it stands in.
// Not here: the pages (RegistrarPages.swift), the update of the zone (Registrar.swift).
import Bytes
package import DNS
package import HTTP
package import World

/// What a registrar is allowed.
package struct RegistrarLimits: Sendable, Hashable {
  /// Most servers of a name. Unit: servers. Resolvers look at 13 (NameServer/Limits). Past it: refused.
  package var serversMax = 13
  /// Most addresses of one server. Unit: addresses. Past it: refused.
  package var addressesMax = 8
  /// Most hashes of keys. Unit: records. Past it: refused.
  package var signersMax = 8
  /// Longest form. Unit: bytes. Past it: refused, 413.
  package var formBytesMax = 16_384
  /// How long others may keep what the zone says of a name. Unit: seconds.
  package var timeToLive: UInt32 = 3_600

  package init() {}
}

/// A name as it is to be delegated.
package struct Registration: Sendable, Hashable {
  package var name: Name
  package var servers: [Server]
  /// DS records (RFC 4034 §5).
  package var signers: [RecordData]

  package struct Server: Sendable, Hashable {
    package var name: Name
    /// Its glue; empty for a server that can be found without.
    package var addresses: [Address]
  }

  /// Something wrong in a form.
  package struct Problem: Error, Sendable, Hashable {
    /// `name`, `servers`, `ds`.
    package var field: String
    package var sentence: String
  }

  /// All of them.
  package struct Problems: Error, Sendable, Hashable {
    package var all: [Problem]
  }

  /// Reads the fields `name`, `servers` and `ds`: a name of one label below `zone`; a line for each server, its name and its addresses; a line for
  /// each DS record.
  package init(_ form: FormFields, zone: Name, limits: RegistrarLimits = RegistrarLimits()) throws(Problems) {
    var reader = RegistrationReader(zone: zone, limits: limits)
    let name = reader.name(form["name"] ?? "")
    let servers = reader.servers(form["servers"] ?? "", of: name)
    let signers = reader.signers(form["ds"] ?? "")
    guard let name, reader.problems.isEmpty else { throw Problems(all: reader.problems) }
    (self.name, self.servers, self.signers) = (name, servers, signers)
  }

  /// The records of the zone above.
  package func records(timeToLive: UInt32) -> [ResourceRecord] {
    servers.map { ResourceRecord(name, ttl: timeToLive, .ns($0.name)) } + signers.map { ResourceRecord(name, ttl: timeToLive, $0) }
      + servers.flatMap { server in server.addresses.map { ResourceRecord(server.name, ttl: timeToLive, RecordData($0)) } }
  }
}

/// Reads one form, and collects what is wrong.
private struct RegistrationReader {
  let zone: Name
  let limits: RegistrarLimits
  private(set) var problems: [Registration.Problem] = []

  init(zone: Name, limits: RegistrarLimits) {
    self.zone = zone
    self.limits = limits
  }

  private mutating func problem(_ field: String, _ sentence: String) { problems.append(Registration.Problem(field: field, sentence: sentence)) }

  /// `jade` or `jade.test`.
  mutating func name(_ text: String) -> Name? {
    let text = text.trimmed.lowercased()
    let ending = "." + "\(zone)".lowercased().dropLast()
    let label = text.hasSuffix(ending) ? String(text.dropLast(ending.utf8.count)) : text.hasSuffix(ending + ".") ? String(text.dropLast(ending.utf8.count + 1)) : text
    guard Self.isLabel(label), let name = try? zone.prepending(label) else {
      problem("name", text.isEmpty ? "Which name? The field is empty." : "A name is 1 to 63 letters, digits and hyphens, with no hyphen at its ends: “\(shown(text))” is none.")
      return nil
    }
    return name
  }

  mutating func servers(_ text: String, of domain: Name?) -> [Registration.Server] {
    var servers: [Registration.Server] = []
    for line in text.filledLines {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "," }).map(String.init)
      guard let first = words.first, first.split(separator: ".", omittingEmptySubsequences: false).dropLast(first.hasSuffix(".") ? 1 : 0).allSatisfy({ Self.isLabel($0.lowercased()) }),
        let name = try? Name(first.lowercased()), name.labelCount > 1
      else {
        problem("servers", "A line begins with a server's whole name, as in “ns1.example.\(zone) 192.0.2.1”; “\(shown(line))” does not.")
        continue
      }
      if servers.contains(where: { $0.name == name }) { problem("servers", "The server \(name) stands there twice.") }
      var addresses: [Address] = []
      for word in words.dropFirst() {
        if let address = Address(word), !address.isAny { addresses.append(address) } else { problem("servers", "“\(shown(word))” is no address of a server.") }
      }
      if addresses.count > limits.addressesMax { problem("servers", "A server has at most \(limits.addressesMax) addresses, \(name) has \(addresses.count).") }
      if let domain {
        // RFC 1034 §4.2.1: who is to be asked for the address of a server inside the domain would be that server.
        if name.isSubdomain(of: domain), addresses.isEmpty, words.count == 1 {
          problem("servers", "\(name) lies inside \(domain): nobody can find it unless its address stands here, behind the name (glue).")
        } else if !name.isSubdomain(of: domain), !addresses.isEmpty {
          problem("servers", "\(name) lies outside \(domain): its address stands in its own zone, and must not stand here.")
        }
      }
      servers.append(Registration.Server(name: name, addresses: addresses))
    }
    if servers.isEmpty, problems.allSatisfy({ $0.field != "servers" }) { problem("servers", "Which servers know the name? At least one has to.") }
    if servers.count > limits.serversMax { problem("servers", "A name has at most \(limits.serversMax) servers, these are \(servers.count).") }
    return servers
  }

  mutating func signers(_ text: String) -> [RecordData] {
    var signers: [RecordData] = []
    for line in text.filledLines {
      // RFC 4034 §5.3, with or without the name and the type before it.
      let data = line.range(of: "DS ").map { String(line[$0.upperBound...]) } ?? line
      let read = MasterFileReader.records(Buffer("x.invalid. 60 IN DS \(data)"), file: "ds", origin: .root).records
      guard !line.contains(";"), read.count == 1, let found = read.first?.data, case .unknown(.ds, let bytes) = found, bytes.count > 4 else {
        problem("ds", "A DS record is a key's tag, an algorithm, a kind of hash and the hash, as in “12345 13 2 49FD…”; “\(shown(line))” is none.")
        continue
      }
      // RFC 4034 §5.1.3, RFC 4509 §2.1, RFC 6605 §2
      let size = [1: 20, 2: 32, 4: 48][bytes[3]]
      if let size, bytes.count != 4 + size { problem("ds", "A hash of kind \(bytes[3]) has \(size) bytes, this one has \(bytes.count - 4).") }
      if size == nil { problem("ds", "The kind of hash is 1, 2 or 4, not \(bytes[3]).") }
      signers.append(found)
    }
    if signers.count > limits.signersMax { problem("ds", "A name has at most \(limits.signersMax) DS records.") }
    return signers
  }

  /// RFC 1123 §2.1
  private static func isLabel(_ text: String) -> Bool {
    (1...63).contains(text.utf8.count) && !text.hasPrefix("-") && !text.hasSuffix("-")
      && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
  }

  /// As much of it as a page shows.
  private func shown(_ text: String) -> String { text.count > 80 ? text.prefix(80) + "…" : text }
}

extension String {
  fileprivate var trimmed: String {
    var text = self[...]
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }

  /// The lines that say something.
  fileprivate var filledLines: [String] { split(whereSeparator: \.isNewline).map { String($0).trimmed }.filter { !$0.isEmpty } }

  /// Where `part` stands first.
  fileprivate func range(of part: String) -> Range<Index>? { firstRange(of: part) }
}

extension Address {
  fileprivate var isAny: Bool { self == .any || self == .v6(0, 0) }
}
