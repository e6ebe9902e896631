// Who lives where: addresses, aliases, plus signs, circles.
import Mail
@testable import MailServer
import TestKit
import Testing

@Suite("mail directory")
struct MailDirectoryTests {
  private static func address(_ text: String) throws -> MailAddress { try MailAddress(text) }

  private func directory(limits: TransferLimits = TransferLimits()) throws -> MailDirectory {
    let aliases: [(String, [String])] = [
      ("postmaster@here.test", ["ada@here.test"]), ("all@here.test", ["ada@here.test", "bob@here.test", "eve@there.test"]),
      ("away@here.test", ["eve@there.test"]), ("loop@here.test", ["pool@here.test"]), ("pool@here.test", ["loop@here.test"]),
      ("twice@here.test", ["all@here.test", "ada@here.test"]), ("*@rest.test", ["bob@here.test"]), ("gone@here.test", ["nobody@here.test"]),
    ]
    return MailDirectory(
      domains: [try MailDomain("here.test"), try MailDomain("rest.test")],
      aliases: Dictionary(uniqueKeysWithValues: try aliases.map { (try Self.address($0.0), try $0.1.map(Self.address)) }), limits: limits
    ) { ["ada@here.test", "bob@here.test", "cy@rest.test"].contains($0) }
  }

  struct Case: Sendable {
    var address: String
    var place: [String]?
    var elsewhere: [String] = []
  }

  @Test("what an address means", arguments: [
    Case(address: "ada@here.test", place: ["ada@here.test"]), Case(address: "Ada@HERE.test", place: ["ada@here.test"]),
    Case(address: "ada+shop@here.test", place: ["ada@here.test/shop"]), Case(address: "+ada@here.test", place: nil),
    Case(address: "postmaster@here.test", place: ["ada@here.test"]), Case(address: "PostMaster@here.test", place: ["ada@here.test"]),
    Case(address: "all@here.test", place: ["ada@here.test", "bob@here.test"], elsewhere: ["eve@there.test"]),
    Case(address: "all+x@here.test", place: ["ada@here.test", "bob@here.test"], elsewhere: ["eve@there.test"]),
    Case(address: "away@here.test", place: [], elsewhere: ["eve@there.test"]), Case(address: "loop@here.test", place: nil),
    Case(address: "twice@here.test", place: ["ada@here.test", "bob@here.test"], elsewhere: ["eve@there.test"]),
    Case(address: "cy@rest.test", place: ["cy@rest.test"]), Case(address: "whoever@rest.test", place: ["bob@here.test"]),
    Case(address: "nobody@here.test", place: nil), Case(address: "gone@here.test", place: nil),
  ])
  func places(_ c: Case) throws {
    let place = try directory().place(of: Self.address(c.address))
    guard let expected = c.place else {
      #expect(place == .unknown)
      return
    }
    guard case .here(let homes, let elsewhere) = place else {
      Issue.record("\(c.address) is \(place)")
      return
    }
    #expect(Set(homes.map { $0.account + ($0.detail.isEmpty ? "" : "/\($0.detail)") }) == Set(expected))
    #expect(elsewhere.map(\.description) == c.elsewhere)
  }

  @Test("other domains are elsewhere, whatever stands before the sign", arguments: ["ada@there.test", "ada%here.test@there.test", "ada@[192.0.2.1]"])
  func elsewhere(text: String) throws { #expect(try directory().place(of: Self.address(text)) == .elsewhere) }

  @Test("a domain that is backed up is elsewhere all the same", .spec("RFC 5321", "5.1"))
  func backedUp() throws {
    let directory = MailDirectory(domains: [try MailDomain("here.test")], backedUp: [try MailDomain("there.test")]) { _ in true }
    #expect(try directory.place(of: Self.address("ada@there.test")) == .elsewhere && !directory.isOurs(MailDomain("there.test")))
    #expect(try directory.backsUp(MailDomain("there.test")) && !directory.backsUp(MailDomain("here.test")))
  }

  @Test("aliases past the bounds are endless, not long")
  func endless() throws {
    var limits = TransferLimits()
    limits.aliasResultMax = 2
    #expect(try directory(limits: limits).place(of: Self.address("all@here.test")) == .endless)
    limits = TransferLimits()
    limits.aliasDepthMax = 1
    #expect(try directory(limits: limits).place(of: Self.address("twice@here.test")) == .endless)
  }

  @Test("who may write as whom", arguments: [
    ("ada@here.test", "ada@here.test", true), ("ada@here.test", "ada+x@here.test", true), ("ada@here.test", "all@here.test", true),
    ("ada@here.test", "bob@here.test", false), ("cy@rest.test", "all@here.test", false), ("ada@here.test", "eve@there.test", false),
    ("bob@here.test", "whoever@rest.test", true), ("ada@here.test", "nobody@here.test", false),
  ])
  func senders(account: String, address: String, may: Bool) throws {
    #expect(try directory().may(account, sendAs: Self.address(address)) == may)
  }

  @Test("login names", arguments: [("ada@here.test", "ada@here.test"), ("ADA@Here.Test", "ada@here.test"), ("ada", nil), ("", nil), ("a b", nil)])
  func logins(login: String, account: String?) throws { #expect(try directory().account(forLogin: login) == account) }

  @Test("with one domain the local part is enough")
  func shortLogin() throws {
    let directory = MailDirectory(domains: [try MailDomain("here.test")]) { _ in true }
    #expect(directory.account(forLogin: "Ada") == "ada@here.test")
  }
}
