// Entrances of the other name systems: blocks and their records, names, zone files, address books, names that are keys.
import BitTorrent
import Bytes
import Host
import Names
import Trace
import World

let namesEntrances: [Entrance] = [
  Entrance("gns-block") { bytes in
    _ = explain(block: bytes)
    guard let block = try? ZoneBlock(reading: bytes.array) else { return }
    must(block.bytes == bytes.array, "a block is written as it was read")
    must(block.query.bytes.count == 64 && block.signature.count == 64, "its parts have their sizes")
    let rule = ZoneBlockRule()
    do throws(SyntaxError) {
      let head = try rule.head(of: bytes)
      must(head.target == block.query.target, "a block lies where its key says")
      must(rule.isGenuine(bytes) == block.isGenuine, "a rule judges as its block")
    } catch { fatalError("broken promise: a block has a head: \(error)") }
  },
  Entrance("gns-records") { bytes in
    guard let set = try? RecordSet(reading: bytes.array) else { return }
    guard let again = try? RecordSet(reading: set.bytes) else { fatalError("broken promise: records read back") }
    // A record of type nothing that says nothing and never was alive is padding.
    must(again == set, "records read back")
    let size = set.bytes.count
    must(size & (size - 1) == 0 || set.records.count == 1 && set.records[0].type.isDelegation || size == 0, "records are padded")
    must(set.current(at: .simulationStart).allSatisfy { !$0.isExpired(at: .simulationStart) }, "what counts lives")
    for record in set.records {
      _ = "\(record) \(record.flags)"
      if let data = RecordData(record), case .nick = data { continue }
      if let data = RecordData(record) { must(data.bytes == record.data, "data is written as it was read") }
    }
  },
  Entrance("gns-name") { bytes in
    guard let name = try? ZoneName(bytes.text) else { return }
    guard let again = try? ZoneName(name.description) else { fatalError("broken promise: a name reads back: \(name)") }
    must(again == name, "a name reads back")
    for label in name.labels {
      must((1...63).contains(label.text.utf8.count), "a label has its length")
      if let key = try? ZoneKey(label.text) { must((try? ZoneKey(key.text)) == key, "a key reads back") }
    }
    var resolution = Resolution(name, .a, zones: StartZones())
    var actions: [Resolution.Action] = []
    resolution.handle(.began, at: .simulationStart, into: &actions)
    must(actions.count == 1, "a resolution asks or ends")
  },
  // What a hostile zone's owner can put under labels: every block of this world holds the bytes' records, whatever is asked.
  Entrance("gns-resolution") { bytes in
    guard let set = try? RecordSet(reading: bytes.array), let block = ZoneBlock(set, under: world.label, by: world.secret) else { return }
    // Each step multiplies points, so the way is kept short.
    var limits = Names.Limits()
    limits.delegationsMax = 3
    for name in ["a", "_443._tcp.a"] {
      guard let name = try? ZoneName("\(name).\(world.secret.publicKey.text)") else { continue }
      var resolution = Resolution(name, .a, zones: StartZones(), limits: limits)
      var inputs: [Resolution.Input] = [.began]
      var turns = 0
      var isFinished = false
      while let input = inputs.popLast() {
        turns += 1
        must(turns < 100, "a resolution ends")
        var actions: [Resolution.Action] = []
        resolution.handle(input, at: .simulationStart, into: &actions)
        must(actions.count <= 1, "one thing at a time")
        for action in actions {
          switch action {
          case .find(let ticket, let query): inputs.append(.found(ticket, query == block.query ? block.bytes : nil))
          case .askDNS(let ticket, _, _, _): inputs.append(.answered(ticket, nil))
          case .finish(let outcome):
            isFinished = true
            must(outcome.path.steps.count <= 4 * limits.delegationsMax, "a way has an end")
          }
        }
      }
      must(isFinished, "a resolution has an outcome")
    }
  },
  Entrance("gns-zone-file") { bytes in
    let (zone, problems) = Zone.reading(bytes)
    must(problems.count <= Names.Limits().problemsMax + zone.lines.count, "problems have a bound")
    guard problems.isEmpty, let written = zone.bytes else { return }
    let (again, none) = Zone.reading(written)
    must(none.isEmpty && again == zone, "a zone reads back: \(none) \(written.text)")
  },
  Entrance("address-book") { bytes in
    let (book, _) = AddressBook.reading(bytes)
    let (again, problems) = AddressBook.reading(book.bytes)
    must(problems.isEmpty && again == book, "a book reads back")
    let file = HostsFile(reading: bytes)
    must(HostsFile(reading: file.bytes).lines == file.lines, "a hosts file reads back")
    var other = AddressBook(rule: .secondSource)
    must(other.take(file, from: "one").count == file.lines.count, "every line has its outcome")
    must(other.entries.isEmpty, "one source is not two")
    _ = other.take(file, from: "two")
    must(AddressBook.reading(other.bytes).book == other, "a book that was filled reads back")
  },
  Entrance("onion-name") { bytes in
    guard let name = try? OnionName(bytes.text) else { return }
    must((try? OnionName(name.description)) == name, "a name reads back")
    must(name.digits.utf8.count == OnionName.digitCount && name.likeness(to: name).isSame, "a name is as long as names are")
  },
]

/// A zone with one label, for blocks that are genuine.
private let world: (secret: ZoneSecret, label: ZoneLabel, query: BlockQuery) = {
  var chance = SeededRandom(seed: 1)
  let secret = ZoneSecret(.edkey, using: &chance)
  guard let label = try? ZoneLabel("a"), let query = secret.publicKey.query(for: label) else { fatalError("a label is a label") }
  return (secret, label, query)
}()
