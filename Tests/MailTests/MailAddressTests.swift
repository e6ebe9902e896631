// Addresses: what is one, what is none, and the one form each is written in.
import Bytes
import TestKit
import Testing
import World

@testable import Mail

@Suite struct MailAddressTests {
  @Test("an address is written in its shortest form", .spec("RFC 5321", "4.1.2", "4.1.3"), arguments: [
    ("a@b.test", "a@b.test"), ("A.b+c@B.Test", "A.b+c@b.test"), ("\"a\"@b.test", "a@b.test"), ("\"a b\"@b.test", "\"a b\"@b.test"),
    ("\"a\\\"b\"@b.test", "\"a\\\"b\"@b.test"), ("\"a\\b\"@b.test", "ab@b.test"), ("a@[192.0.2.1]", "a@[192.0.2.1]"),
    ("a@[IPv6:2001:DB8:0::1]", "a@[IPv6:2001:db8::1]"), ("!#$%&'*+-/=?^_`{|}~@b.test", "!#$%&'*+-/=?^_`{|}~@b.test"),
    ("\"a.\"@b.test", "\"a.\"@b.test"), ("a@x_y.test", "a@x_y.test"), ("\"u@other.test\"@b.test", "\"u@other.test\"@b.test"),
  ])
  func written(_ text: String, _ form: String) throws {
    let address = try MailAddress(text)
    #expect(address.description == form)
    #expect(try MailAddress(form) == address)
  }

  @Test("what is no address", .spec("RFC 5321", "4.1.2", "4.5.3.1"), arguments: [
    "", "a", "@b.test", "a@", "a@b..test", "a@.b", "a@b.", "a@-b.test", "a@b-.test", ".a@b.test", "a.@b.test", "a..b@b.test", "a b@b.test", "a@b test",
    "\"\"@b.test", "\"a@b.test", "a@[192.0.2]", "a@[192.0.2.1", "a@[2001:db8::1]", "a@[IPv6:192.0.2.1]", "a@[IPv6:x]", "a@b.test ", " a@b.test",
    "a\0@b.test", "\"a\0\"@b.test", "a\r\n@b.test", "\"a\r\n\"@b.test", "a@b\0.test", "é@b.test", "a@é.test", "a@b@c", "<a@b.test>", "a@b.test\r\nRCPT TO:<c@d>",
    "\"a\\", "a@" + String(repeating: "a", count: 64) + ".test",
  ])
  func refused(_ text: String) { #expect(throws: SyntaxError.self) { try MailAddress(text) } }

  @Test("the lengths of RFC 5321, at the bound and one past it", .spec("RFC 5321", "4.5.3.1.1", "4.5.3.1.2", "4.5.3.1.3"))
  func lengths() throws {
    let label = String(repeating: "d", count: 61)
    #expect(throws: Never.self) { try MailAddress(String(repeating: "l", count: 64) + "@b.test") }
    #expect(throws: SyntaxError.self) { try MailAddress(String(repeating: "l", count: 65) + "@b.test") }
    // The quotes count.
    #expect(throws: Never.self) { try MailAddress("\"" + String(repeating: " ", count: 62) + "\"@b.test") }
    #expect(throws: SyntaxError.self) { try MailAddress("\"" + String(repeating: " ", count: 63) + "\"@b.test") }
    let domain = Array(repeating: label, count: 4).joined(separator: ".")
    #expect(domain.count == 247)
    #expect(throws: Never.self) { try MailDomain(domain + ".1234567") }
    #expect(throws: SyntaxError.self) { try MailDomain(domain + ".12345678") }
    #expect(throws: Never.self) { try MailAddress("123456@" + domain) }
    #expect(throws: SyntaxError.self) { try MailAddress("1234567@" + domain) }
  }

  @Test("paths of commands", .spec("RFC 5321", "4.1.2", "4.1.1.3", "C"))
  func paths() throws {
    #expect(try ReversePath("<>") == .empty)
    #expect(try ReversePath("<a@b.test>").address == MailAddress("a@b.test"))
    #expect(try ReversePath("<@ours.test,@x.test:u@dom.test>").address == MailAddress("u@dom.test"))
    for text in ["", "<", "<a@b.test", "a@b.test", "< a@b.test>", "<a@b.test >", "<@x.test>", "<@x.test:>", "<@x.test,:a@b.test>", "<a>", "<>>", "<\"\">"] {
      #expect(throws: SyntaxError.self, "\(text)") { try ReversePath(text) }
    }
    // What follows the path is the command's.
    let line: Buffer = "FROM:<a@b.test> SIZE=1"
    var index = 5
    #expect(try ReversePath(reading: line, at: &index).description == "<a@b.test>")
    #expect(index == 15)
    for (text, path) in [("<Postmaster>", "<Postmaster>"), ("<pOSTMASTER>", "<Postmaster>"), ("<postmaster@b.test>", "<postmaster@b.test>")] {
      var index = 0
      #expect(try ForwardPath(reading: Buffer(text), at: &index).description == path)
      #expect(index == text.utf8.count)
    }
    var start = 0
    #expect(throws: SyntaxError.self) { try ForwardPath(reading: "<>", at: &start) }
    start = 99
    #expect(throws: SyntaxError.self) { try ForwardPath(reading: "<a@b>", at: &start) }
  }

  @Test("a local part that names a place is recognised", .spec("RFC 5321", "7.2"))
  func routes() throws {
    for text in ["user%dom.test@ours.test", "dom.test!u@ours.test", "\"u@dom.test\"@ours.test"] { #expect(try MailAddress(text).hasRouteInside) }
    #expect(try !MailAddress("user+x@ours.test").hasRouteInside)
  }
}
