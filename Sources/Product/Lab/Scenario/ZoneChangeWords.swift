// What a scenario may say of changing zones and copying them, as words. Not here: doing it (Running/ZoneChangeDeeds.swift).
import Bytes
package import DNS
import Settings

/// A dynamic update, as a scenario says it.
package struct ZoneChange: Sendable, Equatable {
  package var update: ZoneUpdate
  /// The key it is signed with; nil: unsigned.
  package var key: Name?
}

/// A zone transfer, as a scenario says it.
package struct ZoneCopying: Sendable, Equatable {
  package var zone: Name
  /// What is there already; nil: nothing.
  package var since: UInt32?
  package var key: Name?
}

extension ScenarioReader {
  /// `updates ZONE at HOST "add NAME TTL TYPE DATA; delete NAME [TYPE]; unless NAME" [signed KEY]`
  mutating func readZoneChange(by actor: String, _ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Deed {
    let zone = try zoneName(&line)
    let server = try server(&line)
    let text = try line.take("changes in quotes")
    var update = ZoneUpdate(zone: zone)
    for part in text.text.split(separator: ";") {
      let words = part.split(separator: " ").map(String.init)
      guard let verb = words.first, words.count > 1 else { continue }
      let name = try? Name(words[1].hasSuffix(".") ? words[1] : words[1] == "@" ? "\(zone)" : "\(words[1]).\(zone)")
      switch (verb, name) {
      case ("add", let name?):
        let (records, problems) = MasterFileReader.records(Buffer(([name.description] + words.dropFirst(2)).joined(separator: " ")), file: "", origin: zone)
        guard problems.isEmpty, records.count == 1 else { throw line.failure(at: text, "expected `add NAME TTL TYPE DATA`, found `\(part)`") }
        update.changes += records.map { .add($0) }
      case ("delete", let name?):
        let type = words.count > 2 ? RecordType(words[2].uppercased()) : nil
        if words.count > 2, type == nil { throw line.failure(at: text, "expected a record type, found `\(words[2])`") }
        update.changes.append(type.map { .deleteSet(name, $0) } ?? .deleteName(name))
      case ("unless", let name?): update.prerequisites.append(.absent(name))
      default: throw line.failure(at: text, "expected add, delete or unless and a name, found `\(part)`")
      }
    }
    return .update(host: actor, server: server, ZoneChange(update: update, key: try key(&line)))
  }

  /// `copies ZONE at HOST [since SERIAL] [signed KEY]`
  mutating func readZoneCopying(by actor: String, _ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Deed {
    let zone = try zoneName(&line)
    let server = try server(&line)
    let since: Int? = line.take(if: "since") ? try line.take(.integer(0...4_294_967_295)) : nil
    return .copy(host: actor, server: server, ZoneCopying(zone: zone, since: since.map { UInt32(clamping: $0) }, key: try key(&line)))
  }

  private func zoneName(_ line: inout ScenarioLine) throws(ScenarioError) -> Name {
    let word = try line.take("a zone's name")
    guard let zone = try? Name(word.text) else { throw line.failure(at: word, "expected a zone's name, found `\(word.text)`") }
    return zone
  }

  private mutating func server(_ line: inout ScenarioLine) throws(ScenarioError) -> String {
    guard line.take(if: "at") else { throw line.failure("`at` and the host of a server") }
    return try host(&line)
  }

  private func key(_ line: inout ScenarioLine) throws(ScenarioError) -> Name? {
    guard line.take(if: "signed") else { return nil }
    let word = try line.take("a key's name")
    guard let name = try? Name(word.text) else { throw line.failure(at: word, "expected a key's name, found `\(word.text)`") }
    return name
  }
}
