// How much each client has asked of us lately: connections, messages, bytes. A client is an IPv4 address or an IPv6 network of 64 bits.
// Not here: what it is told (Reception.swift).
import Synchronization
package import World

/// Counts by client.
package final class ClientLedger: Sendable {
  private let limits: TransferLimits
  private let book = Mutex(Book())

  private struct Book {
    var accounts: [Address: Account] = [:]
    var sinceSweep = 0
  }

  private struct Account {
    var open = 0
    /// The beginning of the minute that is counted.
    var minute: Instant
    var connections = 0
    var messages = 0
    var bytes: Int64 = 0

    mutating func roll(_ now: Instant) {
      guard minute.duration(to: now) >= .seconds(60) else { return }
      self = Account(open: open, minute: now)
    }
  }

  package init(_ limits: TransferLimits) { self.limits = limits }

  private func change<R>(_ client: Address, _ now: Instant, _ body: (inout Account) -> R) -> R {
    book.withLock { book in
      let client = client.network64
      var account = book.accounts[client] ?? Account(minute: now)
      account.roll(now)
      let result = body(&account)
      book.accounts[client] = account
      book.sinceSweep += 1
      if book.accounts.count > limits.clientsMax || book.sinceSweep > limits.clientsMax {
        // Whoever has nothing open and said nothing for a minute has nothing that counts.
        book.accounts = book.accounts.filter { $0.value.open > 0 || $0.value.minute.duration(to: now) < .seconds(60) }
        if book.accounts.count > limits.clientsMax { book.accounts = book.accounts.filter { $0.value.open > 0 } }
        book.sinceSweep = 0
      }
      return result
    }
  }

  /// Enters a connection; false: it is one too many, and not entered.
  package func connect(_ client: Address, at now: Instant) -> Bool {
    // Whoever is on this machine is not held to what strangers are.
    change(client, now) { account in
      account.connections += 1
      guard client.isLoopback || account.open < limits.connectionsPerClientMax && account.connections <= limits.connectionsPerMinuteMax else { return false }
      account.open += 1
      return true
    }
  }

  package func disconnect(_ client: Address, at now: Instant) { change(client, now) { $0.open = max(0, $0.open - 1) } }

  /// Whether one more message may come.
  package func mayMessage(_ client: Address, at now: Instant) -> Bool {
    change(client, now) { account in
      guard !client.isLoopback else { return true }
      account.messages += 1
      return account.messages <= limits.messagesPerMinuteMax && account.bytes <= limits.bytesPerMinuteMax
    }
  }

  package func note(bytes: Int, of client: Address, at now: Instant) { change(client, now) { $0.bytes += Int64(bytes) } }
}

extension Address {
  /// The network a client is known by: an IPv4 address itself, of an IPv6 address the first half.
  fileprivate var network64: Address { if case .v6(let high, _) = self { .v6(high, 0) } else { self } }
}
