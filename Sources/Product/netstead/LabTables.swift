// The mail and the caches of a running lab as the console shows them. Not here: the pages (Console), the servers (Lab raises them).
import Console
import DNS
import Host
import IMAP
import Lab
import MailServer
import NameServer
import Trace
import Transport
import WebServer
import World

/// Looks at what the lab's servers hold.
enum LabTables {
  /// Most rows of one table. Unit: rows. Past it: the rest is left out, and the title says so.
  private static let rowsMax = 200

  static func mail(of lab: RaisedWorld) -> ConsoleTables {
    ConsoleTables(title: "Mail", lead: "What waits to be passed on, and what lies in mailboxes.") { await [queue(of: lab), mailboxes(of: lab)] }
  }

  static func caches(of lab: RaisedWorld) -> ConsoleTables {
    ConsoleTables(title: "Caches", lead: "What resolvers remember and for how long, and what caches of pages had to do.") { [names(of: lab), pages(of: lab)] }
  }

  private static func host(of domain: String, in lab: RaisedWorld) -> String { lab.world.mail.first { $0.domain == domain }?.host ?? domain }

  private static func queue(of lab: RaisedWorld) -> ConsoleTable {
    let rows = lab.mail.sorted { $0.key < $1.key }.flatMap { domain, mail -> [[String]] in
      let now = mail.post.clock.now
      return mail.post.queue.all.map { letter in
        [
          host(of: domain, in: lab), "\(letter.sender)", letter.recipients.map { "\($0)" }.joined(separator: ", "), "\((now - letter.arrived).shortText)", "\(letter.attempts)",
          letter.nextAttempt > now ? "in \((letter.nextAttempt - now).shortText)" : "now", letter.lastFailure,
        ]
      }
    }
    return table(
      "Queues", empty: "Nothing waits: every letter has been passed on, or given back.",
      [.init("Server"), .init("From"), .init("To"), .init("Waits for", isNumber: true), .init("Tries", isNumber: true), .init("Next", isNumber: true), .init("Why it is here still")], rows)
  }

  private static func mailboxes(of lab: RaisedWorld) async -> ConsoleTable {
    var rows: [[String]] = []
    for (domain, mail) in lab.mail.sorted(by: { $0.key < $1.key }) {
      for name in mail.post.store.accountNames {
        guard let account = try? await mail.post.store.account(name) else { continue }
        for listed in account.mailboxes {
          guard let status = try? account.status(of: listed.name), status.messages > 0 || listed.name == .inbox else { continue }
          rows.append([host(of: domain, in: lab), name, listed.name.text, "\(status.messages)", "\(status.unseen)", "\(status.uidNext)"])
        }
      }
    }
    return table(
      "Mailboxes", empty: "Nobody has a mailbox here.",
      [.init("Server"), .init("Account"), .init("Folder"), .init("Letters", isNumber: true), .init("Not read", isNumber: true), .init("Next UID", isNumber: true)], rows)
  }

  private static func names(of lab: RaisedWorld) -> ConsoleTable {
    let rows = lab.assemblies.flatMap { assembly in
      assembly.partners.resolvers.flatMap { resolver in
        resolver.remembered(max: rowsMax).map { [assembly.name, "\($0.name)", $0.type.map { "\($0)" } ?? "", $0.left.shortText, $0.text] }
      }
    }
    return table(
      "Names", empty: "No resolver remembers anything yet.",
      [.init("Resolver"), .init("Name"), .init("Type"), .init("Time left", isNumber: true), .init("What is known")], rows)
  }

  private static func pages(of lab: RaisedWorld) -> ConsoleTable {
    let rows = lab.assemblies.flatMap { assembly in
      assembly.partners.proxies.map { proxy in
        let figures = proxy.statistics.figures
        return [
          assembly.name, "\(figures.cacheable)", "\(figures.hits)", "\(figures.confirmed)", "\(figures.collapsed)", "\(figures.passed)", "\(figures.bytesToClients)", "\(figures.bytesFromOrigins)",
        ]
      }
    }
    return table(
      "Pages", empty: "No cache of pages runs here.",
      [
        .init("Cache"), .init("Could be answered", isNumber: true), .init("Were, at once", isNumber: true), .init("After a confirmation", isNumber: true),
        .init("With others", isNumber: true), .init("Passed on", isNumber: true), .init("Bytes out", isNumber: true), .init("Bytes in", isNumber: true),
      ], rows)
  }

  private static func table(_ title: String, empty: String, _ columns: [ConsoleTable.Column], _ rows: [[String]]) -> ConsoleTable {
    let isCut = rows.count > rowsMax
    return ConsoleTable(isCut ? "\(title): the first \(rowsMax) of \(rows.count)" : title, empty: empty, columns, rows: Array(rows.prefix(rowsMax)))
  }
}
