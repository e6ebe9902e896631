// What is broken on purpose in a world that runs on real sockets: hosts and links, by `netstead lab link` and by the world's API.
// Not here: obeying it (PacedNetworks.swift), reading orders (LinkOrders.swift, API/FaultRequests.swift).
import Synchronization

/// The faults of one running world.
package final class WorldFaults: Sendable {
  /// Something broken.
  struct Fault: Sendable {
    enum Place: Sendable {
      /// Everything to and from this host.
      case host(String)
      /// What passes between these two, in both directions.
      case between(String, String)
    }

    var id: Int
    var place: Place
    var change: LinkChange
  }

  /// Most faults at a time. Unit: faults. Past it: no other is taken.
  static let faultsMax = 256

  private let networks: PacedNetworks
  private let state = Mutex(State())

  private struct State {
    var links: [LinkDescription] = []
    var faults: [Fault] = []
    var lastID = 0
  }

  package init(_ networks: PacedNetworks) { self.networks = networks }

  /// Lets these orders of `netstead lab link` hold, in the place of those before.
  package func obey(_ links: [LinkDescription]) { change { $0.links = links } }

  var all: [Fault] { state.withLock { $0.faults } }

  /// Breaks something more; nil: there are too many faults already.
  func add(_ change: LinkChange, at place: Fault.Place) -> Fault? {
    self.change { state in
      guard state.faults.count < Self.faultsMax else { return nil }
      state.lastID += 1
      let fault = Fault(id: state.lastID, place: place, change: change)
      state.faults.append(fault)
      return fault
    }
  }

  /// Mends one fault, or all when none is named. Returns how many that were.
  func remove(_ id: Int? = nil) -> Int {
    change { state in
      let before = state.faults.count
      state.faults.removeAll { id == nil || $0.id == id }
      return before - state.faults.count
    }
  }

  private func change<R>(_ body: (inout State) -> R) -> R {
    state.withLock { state in
      let result = body(&state)
      var links = state.links
      var attachments: [(String, LinkChange)] = []
      for fault in state.faults {
        switch fault.place {
        case .host(let name): attachments.append((name, fault.change))
        case .between(let first, let second): links.append(LinkDescription(first: first, second: second, change: fault.change))
        }
      }
      networks.change(links, attachments)
      return result
    }
  }
}
