// How much of a name each server is shown: one label more than it must know (RFC 9156).
// Relaxed: where a server stumbles over the shortened name, it is shown the whole one.
import DNS

/// Which name and type to ask on the way down to one name.
struct Minimisation {
  private let name: Name
  private let type: RecordType
  private let limits: Limits
  private var isOn: Bool
  /// Unit: labels of the name shown so far.
  private var shown = 0
  /// Unit: shortened queries so far.
  private var queries = 0

  init(_ name: Name, _ type: RecordType, isOn: Bool, limits: Limits) {
    self.name = name
    self.type = type
    self.isOn = isOn
    self.limits = limits
  }

  /// The next question for the servers of `zone`, and whether it is the real one.
  mutating func question(for zone: Name) -> (name: Name, type: RecordType, isWhole: Bool) {
    let total = name.labelCount
    shown = max(shown, zone.labelCount)
    guard isOn, queries < limits.minimisedQueriesMax, shown + 1 < total else { return (name, type, true) }
    // RFC 9156 §2.3: the first few add one label each, the others share what is left.
    var step = 1
    if queries >= limits.minimisedSingleLabelsMax {
      let left = max(1, limits.minimisedQueriesMax - queries)
      step = max(1, (total - shown + left - 1) / left)
    }
    guard shown + step < total, let part = name.droppingLabels(total - shown - step) else { return (name, type, true) }
    // RFC 9156 §2.1: type A draws the least attention, and looks like everybody's query.
    return (part, .a, false)
  }

  /// The shortened question for `part` came to something: go on below it.
  mutating func advance(past part: Name) {
    shown = max(shown, part.labelCount)
    queries += 1
  }

  /// Shows the whole name from now on.
  mutating func stop() { isOn = false }
}
