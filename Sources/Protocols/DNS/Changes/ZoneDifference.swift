// What lies between two versions of a zone, as incremental transfers tell it (RFC 1995 §4), and how serials are compared (RFC 1982).
// Not here: the messages it travels in (Transfers/), making one (NameServer/Changing).

/// One version of a zone and the next.
public struct ZoneDifference: Hashable, Sendable {
  /// The SOA record of the version before.
  public var before: ResourceRecord
  /// The SOA record of the version after.
  public var after: ResourceRecord
  /// Without SOA records, as `added`.
  public var removed: [ResourceRecord]
  public var added: [ResourceRecord]

  public init(from before: ResourceRecord, to after: ResourceRecord, removed: [ResourceRecord] = [], added: [ResourceRecord] = []) {
    self.before = before
    self.after = after
    self.removed = removed
    self.added = added
  }

  /// The records in the order of a transfer.
  // RFC 1995 §4: what goes behind the old SOA record, what comes behind the new one.
  public var records: [ResourceRecord] { [before] + removed + [after] + added }
}

/// A zone's version number.
public struct Serial: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public init(_ value: UInt32) { rawValue = value }

  /// Whether this one comes after `other`: less than half of the circle further on.
  // RFC 1982 §3.2
  public func isNewer(than other: Serial) -> Bool { rawValue != other.rawValue && rawValue &- other.rawValue < 0x8000_0000 }

  /// The next one. Never zero, which some take for "none".
  public var next: Serial { Serial(rawValue == .max ? 1 : rawValue + 1) }

  public var description: String { "\(rawValue)" }
}

extension ResourceRecord {
  /// The data of an SOA record; nil: it is another record.
  public var startOfAuthority: StartOfAuthority? { if case .soa(let soa) = data { soa } else { nil } }
}

extension StartOfAuthority {
  /// The serial, to be compared.
  public var version: Serial { Serial(serial) }
}
