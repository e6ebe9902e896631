// What a mail server does about certain addresses before anybody asks who lives there, because whoever runs it says so.
// Not here: which addresses (Lab/Magic), what is plainly done (Reception.swift).
package import Mail
package import SMTP
package import World

/// Judges addresses as they are named.
package protocol AddressPolicy: Sendable {
  /// Nil: what would be done anyway. `address` is one of ours, but for the sender's.
  func verdict(on address: MailAddress, at moment: AddressMoment, of sender: ReversePath, from client: Address, at now: Instant) -> AddressVerdict?
}

/// When an address is judged.
package enum AddressMoment: Sendable, Hashable {
  /// At MAIL FROM, the sender's.
  case sender
  /// At RCPT TO, the recipient's.
  case recipient
  /// When the message is whole, each recipient's.
  case content
  /// At QUIT, the recipients' of the whole connection; asked when each is accepted.
  case farewell
}

/// What becomes of it.
package enum AddressVerdict: Sendable {
  case refused(Reply)
  /// No reply; when the message is whole, one that asks for another try.
  case silent
}

extension PostOffice {
  func verdict(on address: MailAddress, at moment: AddressMoment, of sender: ReversePath, from client: Address) -> AddressVerdict? {
    guard let policy = addressPolicy, moment == .sender || directory().isOurs(address.domain) else { return nil }
    return policy.verdict(on: address, at: moment, of: sender, from: client, at: clock.now)
  }
}
