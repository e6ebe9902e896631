// What the settings say about zones beside their records: the keys shared with others, who may copy or change a zone, who is told of changes, and
// which zones are copies. Each permission is one line of text, `192.0.2.0/24 key NAME`, either half alone too.
// Not here: the rest of the settings (HostSettings.swift), starting it (HomeNames.swift).
import Bytes
package import DNS
package import NameServer
package import Settings
import World

/// The keys of a host.
package struct ZoneKeys: Sendable, Hashable {
  package private(set) var all: [TransactionKey] = []

  package init() {}

  /// Reads the list under `keys`; these and the `known` ones.
  package init(_ reader: SettingsReader, besides known: ZoneKeys = ZoneKeys()) {
    all = known.all
    for item in reader.list("keys") {
      let key = item.mapping { reader in
        TransactionKey(
          reader.required("name", .name), reader.value("algorithm", .signatureAlgorithm, default: .sha256), secret: reader.required("secret", .secret))
      }
      guard let key else { continue }
      if self[key.name] != nil { item.problem("expected each key once, found `\(Self.shown(key.name))` again") }
      all.append(key)
    }
  }

  package subscript(name: Name) -> TransactionKey? { all.first { $0.name == name } }

  fileprivate static func shown(_ name: Name) -> String { String("\(name)".dropLast()) }

  fileprivate var words: [String] { all.map { Self.shown($0.name) } }
}

/// What a zone's settings say of others.
package struct ZoneSettings: Sendable, Hashable {
  package var rights = ZoneRights()
  /// Where the zone is copied from; empty: it is ours.
  package var primaries: [ZonePeer] = []

  package init() {}

  /// Reads the keys of one zone. `port` is where other servers are asked unless told otherwise.
  init(_ reader: SettingsReader, _ keys: ZoneKeys, port: Int, mayBeCopy: Bool) {
    rights.transfer = Self.grants(reader, "transfer-to", keys)
    rights.update = Self.grants(reader, "update-by", keys)
    rights.notified = Self.peers(reader, "notify", keys, port)
    if mayBeCopy { primaries = Self.peers(reader, "primary", keys, port) }
    if !primaries.isEmpty, !rights.update.isEmpty { reader.problem(at: "update-by", "a zone with `primary` is a copy: it is changed at its primary") }
  }

  /// Whether anybody else has to do with the zone.
  package var isShared: Bool { self != ZoneSettings() }

  /// The permissions under `key`.
  package static func grants(_ reader: SettingsReader, _ key: String, _ keys: ZoneKeys) -> [ZoneGrant] {
    reader.list(key).compactMap { item in
      guard let text = item.value(.text), let parts = Parts(text, item, keys, "an address, a range, or `key NAME`") else { return nil }
      var grant = ZoneGrant(key: parts.key?.name)
      if let address = parts.address {
        guard let range = AddressRange(address) else {
          item.problem("expected an address or a range such as 192.0.2.0/24, found `\(address)`")
          return nil
        }
        grant.addresses = range
      }
      return grant
    }
  }

  private static func peers(_ reader: SettingsReader, _ key: String, _ keys: ZoneKeys, _ port: Int) -> [ZonePeer] {
    reader.list(key).compactMap { item in
      guard let text = item.value(.text), let parts = Parts(text, item, keys, "an address, then perhaps `key NAME`") else { return nil }
      let endpoint = parts.address.flatMap { Endpoint($0) ?? Address($0).map { Endpoint($0, UInt16(clamping: port)) } }
      guard let endpoint else {
        item.problem("expected an address such as 192.0.2.1 or 192.0.2.1:53, found `\(parts.address ?? text)`")
        return nil
      }
      return ZonePeer(endpoint, key: parts.key)
    }
  }

  /// The two halves of a line.
  private struct Parts {
    var address: String?
    var key: TransactionKey?

    init?(_ text: String, _ item: SettingsItem, _ keys: ZoneKeys, _ expected: String) {
      var words = text.split(separator: " ").map(String.init)
      if words.count >= 2, words[words.count - 2] == "key" {
        let word = words[words.count - 1]
        guard let name = try? Name(word), let found = keys[name] else {
          let near = NearestWord.of(word, among: keys.words).map { "; did you mean `\($0)`?" } ?? ""
          item.problem("no key `\(word)` under `keys`\(near)")
          return nil
        }
        key = found
        words.removeLast(2)
      }
      guard words.count <= 1, !words.isEmpty || key != nil else {
        item.problem("expected \(expected), found `\(text)`")
        return nil
      }
      address = words.first
    }
  }
}

extension SettingsForm where Value == Name {
  /// A name in a protocol, as a key has one.
  static var name: Self { Self(expected: "a name such as update.example.org", standIn: .root) { $0.isEmpty ? nil : try? Name($0) } }
}

extension SettingsForm where Value == TransactionAlgorithm {
  /// How signatures are made.
  static var signatureAlgorithm: Self {
    let words = TransactionAlgorithm.allCases.map(\.rawValue)
    return Self(expected: "one of \(words.joined(separator: ", "))", standIn: .sha256) { TransactionAlgorithm(rawValue: $0) }
  }
}

extension SettingsForm where Value == [UInt8] {
  /// A secret as other programs write it, too.
  static var secret: Self {
    Self(expected: "a secret of at least 16 bytes in base64, as `tsig-keygen` and `keymgr -t` print it", standIn: []) { text in
      guard let bytes = Base64.bytes(text.utf8), bytes.count >= 16 else { return nil }
      return bytes
    }
  }
}
