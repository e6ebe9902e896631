// Names of the GNU Name System resolved: the pure machine (Names/Resolution) asks, this carries its questions to a store of blocks and to DNS.
// Not here: the store (MemoryBlocks.swift is one), what is decided about records (Names).
package import Names
package import World

/// Resolves names of the GNU Name System.
package struct ZoneResolver: Sendable {
  private let storage: any BlockStorage
  private let zones: StartZones
  private let clock: any WorldClock
  private let limits: Names.Limits
  private let askDNS: @Sendable (_ name: String, _ server: String?, _ type: Names.RecordType) async -> [ZoneRecord]?

  /// `askDNS` says what DNS knows of a name, asked of a server (an address or a name) or of whichever there is; nil: nothing.
  package init(
    _ storage: any BlockStorage, zones: StartZones, clock: any WorldClock, limits: Names.Limits = Names.Limits(),
    askDNS: @escaping @Sendable (_ name: String, _ server: String?, _ type: Names.RecordType) async -> [ZoneRecord]?
  ) {
    (self.storage, self.zones, self.clock, self.limits, self.askDNS) = (storage, zones, clock, limits, askDNS)
  }

  package func resolve(_ name: ZoneName, _ type: Names.RecordType) async -> Names.Resolution.Outcome {
    var machine = Names.Resolution(name, type, zones: zones, limits: limits)
    var input: Names.Resolution.Input? = .began
    // The machine asks for one thing at a time, and its own bound on steps ends it.
    while let next = input {
      input = nil
      var actions: [Names.Resolution.Action] = []
      machine.handle(next, at: clock.now, into: &actions)
      for action in actions {
        switch action {
        case .find(let ticket, let query): input = .found(ticket, await storage.get(query))
        case .askDNS(let ticket, let name, let server, let type): input = .answered(ticket, await askDNS(name, server, type))
        case .finish(let outcome): return outcome
        }
      }
    }
    Invariant.broken("a resolution asks for something or ends")
    return .nothing(Names.Resolution.Path())
  }
}
