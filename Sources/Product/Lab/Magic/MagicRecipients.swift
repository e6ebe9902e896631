// Addresses at the world's mail hosts at which something goes wrong on purpose, so that tests can see what their program does then.
// Whatever of them takes mail in the end gives it to the domain's first user. Not here: obeying a verdict (MailServer/Transfer/Reception).
import Host
import Mail
import MailServer
import SMTP
import Synchronization
import World

/// The policy of one mail host.
final class MagicRecipients: AddressPolicy {
  /// How long an address is greylisted. RFC 6647 §4.4 speaks of one minute to a day.
  static let greylistTime = Duration.seconds(300)
  /// Most senders, recipients and clients remembered together. Unit: triples. Past it: all are forgotten.
  private static let triplesMax = 10_000

  private struct Triple: Hashable {
    var client: Address
    var sender: String
    var recipient: String
  }

  private let seen = Mutex<[Triple: Instant]>([:])

  /// What happens, by local part. At RCPT TO; with `mailfrom-` before it at MAIL FROM, with `data-` when the message is whole, with `quit-` at QUIT.
  static let refusals: [(name: String, reply: Reply)] = [
    ("temperror", Reply(451, EnhancedCode(4, 3, 0), "This address fails for now, on purpose")),
    ("permerror", Reply(550, EnhancedCode(5, 1, 1), "This address fails for good, on purpose")),
    ("452", Reply(452, EnhancedCode(4, 5, 3), "This address is one too many, on purpose")),
    ("full", Reply(452, EnhancedCode(4, 2, 2), "This address's mailbox is full, on purpose")),
  ]

  /// Who takes mail and passes it on to where nobody is: what was accepted comes back.
  static let bounced = MailSettings.Alias(name: "bounce-later", targets: ["bounce-later@nowhere.invalid"])

  /// The local parts that take mail in the end.
  static let taken = ["greylist"] + ["data-", "quit-"].flatMap { prefix in (refusals.map(\.name) + ["timeout"]).map { prefix + $0 } }

  func verdict(on address: MailAddress, at moment: AddressMoment, of sender: ReversePath, from client: Address, at now: Instant) -> AddressVerdict? {
    let local = address.localPart.lowercased().prefix { $0 != "+" }
    let prefix =
      switch moment {
      case .sender: "mailfrom-"
      case .recipient: ""
      case .content: "data-"
      case .farewell: "quit-"
      }
    guard local.hasPrefix(prefix) else { return nil }
    let name = local.dropFirst(prefix.count)
    if name == "timeout" { return .silent }
    if moment == .recipient, name == "greylist" { return greylisted(Triple(client: client, sender: "\(sender)", recipient: "\(address)"), now) }
    return Self.refusals.first { $0.name == name }.map { .refused($0.reply) }
  }

  /// Whoever comes back after a while is let in.
  private func greylisted(_ triple: Triple, _ now: Instant) -> AddressVerdict? {
    let first = seen.withLock { seen in
      if seen.count >= Self.triplesMax { seen = [:] }
      let first = seen[triple] ?? now
      seen[triple] = first
      return first
    }
    guard now < first + Self.greylistTime else { return nil }
    return .refused(Reply(451, EnhancedCode(4, 7, 1), "Greylisted on purpose: come back in \(Int((first + Self.greylistTime - now) / .seconds(1))) s"))
  }
}
