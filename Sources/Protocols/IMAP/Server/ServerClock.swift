// When a connection has waited long enough, and when it may not ask more for a while.
import Bytes
import World

extension ServerConversation {
  /// Whether nothing is under way that has to be finished first.
  var isAtRest: Bool {
    guard case .none = work else { return false }
    switch exchange {
    case .commands, .idle, .authentication: return true
    case .appending: return false
    }
  }

  var isThrottled: Bool { commandsInMinute > limits.commandsPerMinuteMax }

  /// Counts a command; past the bound nothing more is read until the minute is over.
  mutating func count(at now: Instant) {
    if let minuteBegan, now < minuteBegan + .seconds(60) {
      commandsInMinute += 1
    } else {
      minuteBegan = now
      commandsInMinute = 1
    }
  }

  var nextDeadline: Instant? {
    if phase == .closed { return nil }
    if let congestedSince { return congestedSince + limits.writeTimeout }
    switch work {
    case .none: break
    // The owner answers in a bounded time, and the carrier ends a handshake that takes too long.
    case .asked, .securing: return nil
    case .paused: return lastHeard
    }
    if isThrottled, let minuteBegan { return minuteBegan + .seconds(60) }
    guard phase == .authenticated else { return began.map { $0 + limits.loginTimeout } }
    let silence = lastHeard.map { $0 + limits.idleTimeout }
    guard case .idle = exchange, let stillHere, let silence else { return silence }
    return min(stillHere, silence)
  }

  mutating func noteDeadline(at now: Instant, into actions: inout [Action]) {
    if congestedSince != nil {
      actions.append(.problem("the peer took nothing for \(limits.writeTimeout)"))
      return end(.now, into: &actions)
    }
    if case .paused(let fetching) = work {
      lastHeard = now
      return fetch(fetching, into: &actions)
    }
    if isThrottled {
      (minuteBegan, commandsInMinute) = (nil, 0)
      return
    }
    if case .idle = exchange, let stillHere, now >= stillHere, let lastHeard, now < lastHeard + limits.idleTimeout {
      // RFC 2177 §3: what is said in IDLE may come at any time; this keeps boxes on the way from forgetting the connection.
      out.status(nil, .ok, nil, "Still here")
      self.stillHere = now + limits.stillHereInterval
      return
    }
    // RFC 3501 §5.4
    finish(phase == .authenticated ? "autologout: silent too long" : "nobody logged in within \(limits.loginTimeout)", into: &actions)
  }
}
