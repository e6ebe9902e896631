// Passwords: hashes that are made, read and refused; the book that lets users in.
import Testing
import World

@testable import Accounts

@Suite struct PasswordTests {
  @Test("a hash knows its password and no other")
  func hashes() throws {
    var random = SeededRandom(seed: 1)
    let made = PasswordHash("ruby-red", costLog: 4, using: &random)
    let other = PasswordHash("ruby-red", costLog: 4, using: &random)
    let hash = try #require(made)
    #expect(hash.matches("ruby-red") && !hash.matches("ruby-ree") && !hash.matches(""))
    #expect(PasswordHash(hash.description) == hash)
    #expect(other != hash, "salted")
    #expect(!PasswordHash.nobodys.matches(""))
    // A salt of four bytes is too short to be one.
    #expect(PasswordHash("$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI") == nil)
  }

  @Test("what is no hash, or too dear", arguments: [
    "", "secret", "$scrypt$ln=14,r=8,p=5$c2FsdHNhbHQ$", "$scrypt$ln=17,r=8,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$scrypt$ln=0,r=8,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "$scrypt$r=8,ln=4,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$scrypt$ln=4,r=8,p=17$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "$bcrypt$ln=4,r=8,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  ])
  func refused(_ text: String) { #expect(PasswordHash(text) == nil) }

  @Test("users are let in, remembered for a while, and nobody else is")
  func book() async throws {
    var random = SeededRandom(seed: 1)
    let hash = PasswordHash("ruby", costLog: 2, using: &random)
    let book = PasswordBook(["alice": try #require(hash)], random: &random)
    let now = Instant.simulationStart
    #expect(!book.remembers(user: "alice", password: "ruby", at: now))
    #expect(await book.check(user: "alice", password: "ruby", at: now) == .right)
    #expect(book.remembers(user: "alice", password: "ruby", at: now + .seconds(299)) && !book.remembers(user: "alice", password: "ruby", at: now + .seconds(300)))
    for (user, password) in [("alice", "rubin"), ("bob", "ruby"), ("", "")] {
      #expect(await book.check(user: user, password: password, at: now) == .wrong)
      #expect(!book.remembers(user: user, password: password, at: now))
    }
    let empty = PasswordBook([:], random: &random)
    #expect(await empty.check(user: "alice", password: "ruby", at: now) == .wrong && empty.isEmpty)
  }
}
