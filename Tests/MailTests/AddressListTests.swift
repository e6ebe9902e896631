// Lists of addresses as fields have them, old forms and broken ones among them.
import Bytes
import TestKit
import Testing

@testable import Mail

@Suite struct AddressListTests {
  /// `name <route:local@domain>`, one after the other; groups as `name:` and `;`.
  private static func told(_ list: AddressList) -> String {
    list.items.map { item in
      switch item {
      case .mailbox(let entry):
        (entry.name.map { "[\($0.text)]" } ?? "") + (entry.route.map { "{\($0.text)}" } ?? "") + entry.localPart.text + (entry.domain.map { "@\($0.text)" } ?? "")
      case .groupStart(let name): "\(name.text):"
      case .groupEnd: ";"
      }
    }.joined(separator: " ")
  }

  @Test("lists", .spec("RFC 5322", "3.4", "4.4"), arguments: [
    ("a@b.test", "a@b.test"),
    ("Ann <a@b.test>", "[Ann]a@b.test"),
    ("Ann B. Cee <a@b.test>", "[Ann B. Cee]a@b.test"),
    ("\"Cee, Ann \\\"X\\\"\" <a@b.test>", "[Cee, Ann \"X\"]a@b.test"),
    ("a@b.test (Ann (the first))", "[Ann (the first)]a@b.test"),
    ("a@b.test, c@d.test", "a@b.test c@d.test"),
    ("<a@b.test>", "a@b.test"),
    ("Team: a@b.test, Bob <b@b.test>; , c@d.test", "Team: a@b.test [Bob]b@b.test ; c@d.test"),
    ("undisclosed-recipients:;", "undisclosed-recipients: ;"),
    (" Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "[Pete]pete@silly.test"),
    ("A Group(Some people)\r\n :Chris <c@(Chris's host.)public.example>,\r\n joe@example.test,\r\n John <jdoe@one.test> (my dear friend); (the end of the group)",
      "A Group: [Chris]c@public.example joe@example.test [John]jdoe@one.test ;"),
    ("John <@machine.tld,@b.test:jdoe@test.example>", "[John]{@machine.tld,@b.test}jdoe@test.example"),
    ("joe . smith @ x . test", "joe.smith@x.test"),
    (",,a@b.test,,", "a@b.test"),
    ("Ann", "Ann"),
    ("Ann, Bob <b@b.test>", "Ann [Bob]b@b.test"),
    ("a@[192.0.2.1]", "a@[192.0.2.1]"),
    ("\"a b\"@x.test", "a b@x.test"),
    ("=?utf-8?q?caf=C3=A9?= <a@b.test>", "[=?utf-8?q?caf=C3=A9?=]a@b.test"),
    ("Name <a@b.test", "[Name]a@b.test"),
    ("(only a comment)", ""),
    ("", ""),
    ("Team: one@x.test", "Team: one@x.test ;"),
    ("a: b: c@x.test;", "a: b c@x.test ;"),
    ("Ann <>", "[Ann]"),
    ("a@b.test c@d.test", "a@b.test c@d.test"),
    ("\"unfinished", "unfinished"),
    ("a@b.test (unfinished", "[unfinished]a@b.test"),
  ])
  func lists(_ text: String, _ told: String) { #expect(Self.told(AddressList(reading: Buffer(text))) == told) }

  @Test("names for people, and addresses that mail can be sent to")
  func names() throws {
    let list = AddressList(reading: "=?utf-8?q?caf=C3=A9?= <a@B.test>, \"=?utf-8?q?no?=\" <x>, (f\u{E9}) <b@c_d.test>")
    #expect(list.mailboxes.map(\.displayName) == ["café", "=?utf-8?q?no?=", "f\u{E9}"])
    #expect(list.mailboxes.map { $0.address?.description } == ["a@b.test", nil, "b@c_d.test"])
  }

  @Test("the work grows with the length only: CVE-2024-23184, CVE-2019-19722", arguments: [
    ("", "a@b.test,"), ("", "("), ("", ")"), ("", "<"), ("", "\""), ("", "a:"), ("", ":"), ("", ";"), ("", "@"), ("", ","), ("<", "@a,"), ("", "a@b.test ("), ("", "\\"), ("", "["), ("", "a."), ("", "=?utf-8?q?x?= "), ("", " "),
    ("", "\r\n "), ("", "a:;"), ("<a", "@b"), ("<a@", "b."), ("a ", "b "), ("<", "\"a\""), ("", "=?utf-8?q?"),
  ])
  func linear(_ start: String, _ unit: String) {
    #expect(isLinear { count in
      let text = Buffer(start + String(repeating: unit, count: count / unit.utf8.count))
      return { for entry in AddressList(reading: text).mailboxes { _ = entry.displayName } }
    })
  }
}
