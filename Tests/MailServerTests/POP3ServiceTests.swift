// The POP3 server whole: real connections on loopback, a real store behind them.
// Not here: the protocol in every state (POP3Tests), the store's rules (MailStoreTests).
import Bytes
import IMAP
import TestKit
import Testing

@testable import MailServer

@Suite("the POP3 server")
struct POP3ServiceTests {
  @Test("one client's day", .spec("RFC 1939", "6"), arguments: Filling.allCases)
  func day(_ filling: Filling) async throws {
    try await AccessHouse.with(filling) { house in
      let large = "Subject: large\r\n\r\n" + String(repeating: "line\r\n", count: 20_000)
      for text in ["Subject: 1\r\n\r\n.dot\r\n", "Subject: 2\r\n\r\nno end", large] {
        let draft = house.store.draft()
        try await draft.append(Buffer(text))
        _ = try await house.store.deliver(try await house.store.keep(draft, prefix: "X: y\r\n"), to: [Delivery(to: "alice")])
      }
      let client = try await house.client(house.pop3)
      #expect(await client.ask("USER alice").hasPrefix("+OK"))
      #expect(await client.ask("PASS ruby").hasPrefix("+OK"))
      #expect(await client.ask("STAT") == "+OK 3 \(26 + 26 + 6 + large.utf8.count)", "trace fields counted")
      let names = await client.listing("UIDL").split(separator: "\n").dropFirst().dropLast()
      #expect(Set(names).count == 3 && names.allSatisfy { $0.split(separator: " ")[1].utf8.count == 9 })
      #expect(await client.listing("RETR 1") == "+OK 26 octets\nX: y\nSubject: 1\n\n..dot\n.")
      #expect(await client.listing("TOP 2 0") == "+OK The top\nX: y\nSubject: 2\n\n.")
      let third = await client.listing("RETR 3")
      #expect(third.utf8.count(where: { $0 == 0x0A }) == 20_000 + 4, "\(third.prefix(100))")

      let second = try await house.client(house.pop3)
      _ = await second.ask("USER alice")
      #expect(await second.ask("PASS ruby").hasPrefix("-ERR [IN-USE]"))
      // What somebody else removes stays readable here.
      let imap = try await house.imapClient(select: "INBOX")
      _ = await imap.command("STORE 2 +FLAGS.SILENT (\\Deleted)")
      _ = await imap.command("EXPUNGE")
      #expect(await client.listing("RETR 2") == "+OK 26 octets\nX: y\nSubject: 2\n\nno end\n.")
      #expect(await client.ask("DELE 1").hasPrefix("+OK"))
      #expect(await client.ask("DELE 2").hasPrefix("+OK"))
      #expect(await client.ask("QUIT").hasPrefix("+OK"))
      #expect(await client.hearClose())
      #expect(await imap.command("NOOP").contains("* 1 EXPUNGE"))
      #expect(try await house.store.account("alice").status(of: .inbox).messages == 1)
    }
  }

  @Test("a connection that breaks deletes nothing and gives the maildrop back", .spec("RFC 1939", "6"))
  func broken() async throws {
    try await AccessHouse.with { house in
      _ = try await house.store.deliver("Subject: 1\r\n\r\n", to: [Delivery(to: "alice")])
      let client = try await house.client(house.pop3)
      _ = await client.ask("USER alice")
      _ = await client.ask("PASS ruby")
      #expect(await client.ask("DELE 1").hasPrefix("+OK"))
      client.close()
      var isBack = false
      for _ in 0..<200 where !isBack {
        let next = try await house.client(house.pop3)
        _ = await next.ask("USER alice")
        isBack = await next.ask("PASS ruby").hasPrefix("+OK")
        if isBack { #expect(await next.ask("STAT").hasPrefix("+OK 1 ")) }
        next.close()
      }
      #expect(isBack)
    }
  }
}
