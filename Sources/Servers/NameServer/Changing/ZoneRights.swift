// Who may do something with a zone that not everybody may: by address, by key, or by both.
// Not here: where it is asked (ZoneDesk.swift).
package import DNS
package import World

/// One permission.
package struct ZoneGrant: Sendable, Hashable {
  /// From where; nil: from anywhere.
  package var addresses: AddressRange?
  /// Signed with which key; nil: unsigned will do.
  package var key: Name?

  package init(addresses: AddressRange? = nil, key: Name? = nil) {
    self.addresses = addresses
    self.key = key
  }

  func covers(_ address: Address, _ key: Name?) -> Bool {
    (addresses.map { $0.contains(address) } ?? true) && (self.key == nil || self.key == key)
  }
}

/// What others may do with a zone, and who is told of it. By default nothing and nobody.
package struct ZoneRights: Sendable, Hashable {
  /// Who gets the whole zone.
  package var transfer: [ZoneGrant] = []
  /// Who may change it.
  package var update: [ZoneGrant] = []
  /// Who is told that it has changed.
  package var notified: [ZonePeer] = []

  package init() {}
}

/// Another server of a zone, and the key shared with it.
package struct ZonePeer: Sendable, Hashable {
  package var endpoint: Endpoint
  package var key: TransactionKey?

  package init(_ endpoint: Endpoint, key: TransactionKey? = nil) {
    self.endpoint = endpoint
    self.key = key
  }
}
