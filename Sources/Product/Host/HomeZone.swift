// The zone that a hosted domain gets without being told anything: SOA, NS, the addresses of the domain, of `www` and of its name server.
// And any zone of which a part is made and the rest is the user's: errors in that rest are told where the user wrote it.
import Bytes
package import DNS
package import NameServer
package import Settings
package import World

/// Where records written by the user begin in a file of theirs.
package struct RecordsPlace: Sendable, Hashable {
  package var file: String
  /// Counts from 1, as `column`.
  package var line: Int
  package var column: Int
  /// Whether line follows line there as in the text; otherwise (a folded or quoted text) each error is told at the beginning.
  package var isLineByLine: Bool

  package init(file: String, line: Int, column: Int, isLineByLine: Bool = true) {
    self.file = file
    self.line = line
    self.column = column
    self.isLineByLine = isLineByLine
  }

  /// The records under `key` of a settings file; nil: the key is absent.
  package init?(file: String, _ reader: SettingsReader, key: String) {
    guard let place = reader.place(of: key) else { return nil }
    let text = reader.textPlace(of: key)
    self.init(file: file, line: (text ?? place).line, column: (text ?? place).column, isLineByLine: text != nil)
  }

  /// The place in the file of a place in the text.
  func place(line: Int, column: Int) -> MasterFilePlace {
    guard isLineByLine else { return MasterFilePlace(file: file, line: self.line, column: self.column) }
    return MasterFilePlace(file: file, line: self.line + line - 1, column: self.column + column - 1)
  }
}

/// Makes the zone of a hosted domain.
package enum HomeZone {
  /// Why a zone cannot be served.
  package enum Failure: Error, CustomStringConvertible {
    case domain(SyntaxError)
    case records([MasterFileProblem])
    /// The records can be read and make no zone: each reason with the place of the record it is about.
    case zone([(place: MasterFilePlace, problem: ZoneProblem)])

    package var description: String {
      switch self {
      case .domain(let error): "\(error)"
      case .records(let problems): problems.map(\.description).joined(separator: "\n")
      case .zone(let problems): problems.map { "\($0.place): \($0.problem)" }.joined(separator: "\n")
      }
    }
  }

  /// The part of the zone's master file that is made. The user's own records follow it, and may name anything else. `taken` are the names whose
  /// addresses somebody else says.
  package static func text(domain: String, addresses: [Address], serial: UInt32, sites: [String] = [], taken: Set<String> = [], timeToLive: Int = 300) -> String {
    var lines = [
      "$ORIGIN \(domain).", "$TTL \(timeToLive)",
      "@ SOA ns1 hostmaster (\(serial) 3600 600 1209600 300)", "@ NS ns1",
    ]
    // A site of a name below the domain is found at the same addresses.
    let below = sites.filter { $0.hasSuffix("." + domain) }.map { String($0.dropLast(domain.count + 1)) }.filter { $0 != "ns1" && $0 != "www" }
    for owner in ["@", "ns1", "www"] + below where !taken.contains(owner) {
      for address in addresses {
        switch address {
        case .v4: lines.append("\(owner) A \(address)")
        case .v6: lines.append("\(owner) AAAA \(address)")
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Most addresses whose pointers are made. Unit: addresses. Past it: none for the rest.
  private static let pointersMax = 256

  /// A zone for the pointer of each address in `zone`, to the names that have it: the apex first, where it is one of them. Each is a zone of its
  /// own, so that we say nothing of our neighbours' addresses.
  // RFC 2181 §10.2: an address may have several names, but who asks expects one.
  static func reverse(of zone: Zone) throws(Failure) -> [Zone] {
    let records = zone.records
    var names: [(address: Address, name: Name)] = []
    for record in records {
      guard let address = record.data.address, !record.name.isWildcard, !names.contains(where: { $0.address == address }) else { continue }
      names.append((address, record.name))
      if names.count == pointersMax { break }
    }
    let servers = records.filter { $0.type == .ns && $0.name == zone.apex }
    var zones: [Zone] = []
    for (address, name) in names {
      let owner = Name.reverse(of: address)
      let made = [ResourceRecord(owner, ttl: 300, .soa(zone.authority))] + servers.map { ResourceRecord(owner, ttl: $0.ttl, $0.data) }
        + [ResourceRecord(owner, ttl: 300, .ptr(name))]
      do { zones.append(try Zone(apex: owner, records: made)) } catch {
        throw .zone(error.problems.map { (MasterFilePlace(file: "the zone \(owner)", line: 1, column: 1), $0) })
      }
    }
    return zones
  }

  /// Reads a master file as a zone: `made` by us, then `records` written at `place`. Each record's data is as `placing` gives it; where that
  /// is nil the record is left out.
  package static func zone(
    origin: String, made: String = "", records: String, at place: RecordsPlace, placing: (RecordData) -> RecordData? = { $0 }
  ) throws(Failure) -> Zone {
    let name: Name
    do { name = try Name(origin) } catch { throw .domain(error) }
    let linesMade = made.utf8.count { $0 == UInt8(ascii: "\n") }
    func told(_ found: MasterFilePlace) -> MasterFilePlace {
      found.line > linesMade ? place.place(line: found.line - linesMade, column: found.column) : found
    }
    var reader = MasterFileReader(origin: name)
    var kept: [ResourceRecord] = []
    var places: [(owner: Name, place: MasterFilePlace)] = []
    reader.read(Buffer(made + records + "\n"), file: "the zone \(origin)") { record, found in
      guard let data = placing(record.data) else { return }
      var placed = record
      placed.data = data
      kept.append(placed)
      places.append((record.name, told(found)))
    }
    guard reader.problems.isEmpty else {
      throw .records(reader.problems.map { MasterFileProblem(told($0.place), expected: $0.expected, found: $0.found, rule: $0.rule) })
    }
    do { return try Zone(apex: name, records: kept) } catch {
      // The last record of that name: what was written by hand comes after what was made.
      throw .zone(error.problems.map { problem in
        (places.last { $0.owner == problem.owner }?.place ?? place.place(line: 1, column: 1), problem)
      })
    }
  }
}
