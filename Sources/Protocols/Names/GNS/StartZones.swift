// Where the resolution of a name begins: at the zone whose key is the name's end, or at one that the user calls by a name of his own.
// There is no root: two users' `bob` may be two zones.
// Read next: Resolution.swift.

/// The zones a user has given names to, and the suffix of names that are keys.
// RFC 9498 §7.1
public struct StartZones: Sendable, Hashable {
  /// Suffixes and their zones.
  public private(set) var petnames: [ZoneName: ZoneKey] = [:]
  private let limits: Limits

  public init(limits: Limits = Limits()) { self.limits = limits }

  /// Calls a zone by a name from now on. False: there is no room.
  public mutating func set(_ suffix: ZoneName, _ zone: ZoneKey) -> Bool {
    guard petnames[suffix] != nil || petnames.count < limits.addressesMax else { return false }
    petnames[suffix] = zone
    return true
  }

  /// The zone to begin at and what is to be resolved in it; nil: the name is none of ours.
  public func start(of name: ZoneName) -> (zone: ZoneKey, rest: [ZoneLabel])? {
    // RFC 9498 §7.1: a key first, then the longest suffix that has been given a zone.
    if let last = name.labels.last, let zone = try? ZoneKey(last.text) { return (zone, name.labels.dropLast()) }
    for count in stride(from: name.labels.count, to: 0, by: -1) {
      if let zone = petnames[ZoneName(labels: name.labels.suffix(count))] { return (zone, name.labels.dropLast(count)) }
    }
    return nil
  }
}
