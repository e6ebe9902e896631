// Address books: names, destinations, subscriptions that agree, contradict and lie, and the file that it all is kept in.
@testable import Names
import Bytes
import Crypto
import Testing
import World

@Suite struct AddressBookTests {
  /// A destination made of one number: keys that are none, and an empty certificate.
  static func destination(_ number: UInt8) -> Destination { Destination(bytes: [UInt8](repeating: number, count: 384) + [0, 0, 0])! }
  private static func name(_ text: String) -> HostName { try! HostName(text) }
  private static func file(_ pairs: [(String, UInt8)]) -> HostsFile { HostsFile(pairs.map { HostsFile.Line(name($0.0), destination($0.1)) }) }

  @Test("destinations: the text reads back, and the short name is the hash in 52 digits")
  func destinations() throws {
    let destination = Self.destination(0xFB)
    #expect(destination.text.contains("-") || destination.text.contains("~"))
    #expect(!destination.text.contains("+") && !destination.text.contains("/"))
    #expect(Destination(destination.text) == destination)
    #expect(destination.b32 == Base32.lower.text(SHA256.hash(data: destination.bytes)) + ".b32.i2p")
    #expect(destination.b32.utf8.count == 52 + 8)
    #expect(Destination.hash(ofB32: destination.b32.uppercased()) == destination.hash)
    for text in ["abc.b32.i2p", "x" + destination.b32, String(destination.b32.dropLast(4))] { #expect(Destination.hash(ofB32: text) == nil) }
    // The certificate's length is the rest's.
    #expect(Destination(bytes: destination.bytes + [0]) == nil && Destination(bytes: destination.bytes.dropLast()) == nil)
    #expect(Destination(bytes: Array(destination.bytes.prefix(384)) + [5, 0, 4, 0, 7, 0, 0]) != nil)
    #expect(Destination(bytes: Array(destination.bytes.prefix(384)) + [6, 0, 0]) == nil)
    #expect(Destination(destination.text.replacing("-", with: "+").replacing("~", with: "/")) == nil)
  }

  @Test("names", arguments: [
    ("garnet.i2p", true), ("Forum.Garnet.i2p", true), ("xn--bcher-kva.i2p", true), ("a.i2p", true), (".i2p", false), ("i2p", false), ("garnet.test", false), ("a..i2p", false),
    ("-a.i2p", false), ("a-.i2p", false), ("a--b.i2p", false), ("a_b.i2p", false), ("x.b32.i2p", false), ("b32.i2p", false), ("caf\u{E9}.i2p", false),
    (String(repeating: "a", count: 63) + ".i2p", true), (String(repeating: "a", count: 64) + ".i2p", false),
  ])
  func names(_ text: String, _ isName: Bool) { #expect(((try? HostName(text)) != nil) == isName) }

  @Test("the first who says a name is followed; what others say is a claim")
  func first() {
    var book = AddressBook()
    #expect(book.take(Self.file([("garnet.i2p", 1), ("cobalt.i2p", 2)]), from: "a").map(\.description) == ["garnet.i2p is new", "cobalt.i2p is new"])
    #expect(book.take(Self.file([("garnet.i2p", 9), ("cobalt.i2p", 2)]), from: "liar") == [.conflict(Self.name("garnet.i2p")), .confirmed(Self.name("cobalt.i2p"))])
    guard case .leads(let entry, let claims) = book.answer(Self.name("garnet.i2p")) else { return #expect(Bool(false)) }
    #expect(entry.destination == Self.destination(1) && entry.source == .subscription("a"))
    #expect(claims == [AddressBook.Claim(destination: Self.destination(9), source: .subscription("liar"))])
    #expect(book.name(ofHash: Self.destination(2).hash) == Self.name("cobalt.i2p"))
    #expect(book.answer(Self.name("nobody.i2p")) == .unknown)
  }

  @Test("the liar who speaks first wins, unless a second source is asked for")
  func second() {
    var book = AddressBook(rule: .secondSource)
    let name = Self.name("garnet.i2p")
    #expect(book.take(Self.file([("garnet.i2p", 9)]), from: "liar") == [.waits(name)])
    #expect(book.take(Self.file([("garnet.i2p", 9)]), from: "liar") == [.waits(name)], "the same source twice is one source")
    #expect(book.answer(name) == .unproven([AddressBook.Claim(destination: Self.destination(9), source: .subscription("liar"))]))
    #expect(book.take(Self.file([("garnet.i2p", 1)]), from: "a") == [.waits(name)])
    #expect(book.take(Self.file([("garnet.i2p", 1)]), from: "b") == [.added(name)])
    guard case .leads(let entry, let claims) = book.answer(name) else { return #expect(Bool(false)) }
    #expect(entry.destination == Self.destination(1) && claims.map(\.source) == [.subscription("liar")])
  }

  @Test("petnames are above all; pins hold; a claim is followed by the owner's word only")
  func petnames() {
    var book = AddressBook()
    let name = Self.name("garnet.i2p")
    #expect(book.jump(name, Self.destination(3), by: "stats.i2p") == .added(name))
    #expect(book.take(Self.file([("garnet.i2p", 4)]), from: "a") == [.conflict(name)])
    #expect(book.follow(name, saidBy: .subscription("b")) == false)
    #expect(book.follow(name, saidBy: .subscription("a")) == true)
    guard case .leads(let entry, let claims) = book.answer(name) else { return #expect(Bool(false)) }
    #expect(entry.destination == Self.destination(4) && claims.map(\.source) == [.jump("stats.i2p")])
    #expect(book.pin(name) && !book.pin(Self.name("x.i2p")))
    #expect(book.follow(name, saidBy: .jump("stats.i2p")) == false)
    #expect(book.set(name, Self.destination(5)) == .added(name))
    guard case .leads(let own, _) = book.answer(name) else { return #expect(Bool(false)) }
    #expect(own.destination == Self.destination(5) && own.source == .petname && own.isPinned)
    #expect(book.remove(name) && book.answer(name) == .unknown && !book.remove(name))
  }

  @Test("bounds: names, claims")
  func bounds() {
    var limits = Limits()
    limits.addressesMax = 2
    limits.claimsMax = 1
    var book = AddressBook(limits: limits)
    #expect(book.take(Self.file([("a.i2p", 1), ("b.i2p", 2), ("c.i2p", 3)]), from: "s") == [.added(Self.name("a.i2p")), .added(Self.name("b.i2p")), .full(Self.name("c.i2p"))])
    #expect(book.set(Self.name("c.i2p"), Self.destination(3)) == .full(Self.name("c.i2p")))
    _ = book.take(Self.file([("a.i2p", 7), ("b.i2p", 8)]), from: "t")
    #expect(book.claims.values.map(\.count).reduce(0, +) == 1)
    #expect(book.remove(Self.name("a.i2p")) && book.jump(Self.name("b.i2p"), Self.destination(9), by: "j") == .conflict(Self.name("b.i2p")))
    #expect(book.claims.values.map(\.count).reduce(0, +) == 1)
  }

  @Test("the book reads back from its file, and a plain hosts file is a book")
  func file() {
    var book = AddressBook(rule: .secondSource)
    _ = book.set(Self.name("own.i2p"), Self.destination(1))
    _ = book.jump(Self.name("jumped.i2p"), Self.destination(2), by: "a#b\nc")
    for who in ["x", "y"] { _ = book.take(Self.file([("said.i2p", 3), ("own.i2p", 8)]), from: "http://\(who).i2p/hosts.txt") }
    _ = book.take(Self.file([("waits.i2p", 4)]), from: "x")
    let (again, problems) = AddressBook.reading(book.bytes)
    #expect(again == book && problems.isEmpty)
    #expect(again.entries[Self.name("jumped.i2p")]?.source == .jump("abc"))
    let (plain, none) = AddressBook.reading(Buffer("garnet.i2p=\(Self.destination(7).text)\r\n"))
    #expect(none.isEmpty && plain.names == [Self.name("garnet.i2p")])
  }

  @Test("lines that cannot be used are told and spoil nothing")
  func problems() {
    let good = "garnet.i2p=\(Self.destination(1).text)#!date=1#sig=x"
    var text = Buffer("# comment\n\nno equals\nbad_name.i2p=x\na.i2p=short\n\(good)\n")
    text.append([0xFF, 0x0A])
    text.append(String(repeating: "x", count: 5_000) + "\n")
    let file = HostsFile(reading: text)
    #expect(file.lines.map(\.name) == [Self.name("garnet.i2p")])
    #expect(file.lines[0].value(of: "sig") == "x")
    #expect(file.problems.map(\.line) == [3, 4, 5, 7, 8] && file.problemCount == 5)
    #expect(HostsFile(reading: file.bytes).lines == file.lines)
  }
}
