// Commands, replies and the texts that name a data connection's place, read and written.
import Bytes
import TestKit
import Testing
import World

@testable import FTP

@Suite("FTP texts")
struct TextTests {
  struct CommandCase: Sendable {
    var line: String
    var verb: String?
    var argument: String?
  }

  @Test("a command is letters, a space, an argument", .spec("RFC 959", "5.3"), arguments: [
    CommandCase(line: "NOOP", verb: "NOOP"), CommandCase(line: "noop", verb: "NOOP"), CommandCase(line: "RETR a b ", verb: "RETR", argument: "a b "),
    CommandCase(line: "CWD ", verb: "CWD", argument: ""), CommandCase(line: "XYZZY x", verb: "XYZZY", argument: "x"),
    CommandCase(line: "", verb: nil), CommandCase(line: " NOOP", verb: nil), CommandCase(line: "NO2P", verb: nil), CommandCase(line: "\u{130}NOOP", verb: nil),
    CommandCase(line: "ABCDEFGHIJKLMNOPQ", verb: nil), CommandCase(line: "\tNOOP", verb: nil),
  ])
  func command(_ c: CommandCase) {
    let command = try? Command(reading: Buffer(c.line))
    #expect(command?.verb.rawValue == c.verb)
    #expect(command?.argument?.text == c.argument)
  }

  struct TelnetCase: Sendable {
    var line: [UInt8]
    var plain: [UInt8]
  }

  @Test("Telnet's marks go, its escapes are undone", .spec("RFC 854"), arguments: [
    TelnetCase(line: [0xFF, 0xF4, 0xFF, 0xF2] + Array("ABOR".utf8), plain: Array("ABOR".utf8)),
    // The mark was urgent data and is gone; its IAC stayed.
    TelnetCase(line: [0xFF, 0xF4, 0xFF] + Array("ABOR".utf8), plain: Array("ABOR".utf8)),
    TelnetCase(line: [0xFF, 0xFB, 0x01] + Array("NOOP".utf8), plain: Array("NOOP".utf8)),
    TelnetCase(line: Array("DELE ".utf8) + [0xFF, 0xFF], plain: Array("DELE ".utf8) + [0xFF]),
    TelnetCase(line: Array("DELE a".utf8) + [0x0D, 0x00], plain: Array("DELE a".utf8) + [0x0D]),
    TelnetCase(line: [0xFF], plain: []), TelnetCase(line: [0xFF, 0xFB], plain: []),
  ])
  func telnet(_ c: TelnetCase) { #expect(Telnet.plain(Buffer(c.line)).array == c.plain) }

  @Test("what is escaped reads back", arguments: [[0xFF], [0x0D, 0x61], [0x61, 0xFF, 0xF4], []] as [[UInt8]])
  func escape(_ bytes: [UInt8]) {
    #expect(Telnet.plain(Telnet.escaped(Buffer(bytes))).array == bytes)
    let command = Command(.dele, Buffer(bytes))
    var line = command.line
    line.dropLast(2)
    #expect((try? Command(reading: line)) == command)
  }

  @Test("a password is not shown", arguments: ["PASS secret\r\n", "pass secret\r\n", "ACCT secret\r\n", "PASS  sec ret \n"])
  func secrets(_ line: String) throws {
    let range = try #require(ServerConversation.secrets(in: Buffer(line)).first)
    #expect(range.lowerBound == 5 && Buffer(line)[range].text.trimmingPrefix(" ").hasPrefix("sec"))
    #expect(range.upperBound == line.utf8.count - (line.hasSuffix("\r\n") ? 2 : 1))
    #expect(ServerConversation.secrets(in: "RETR PASS\r\n").isEmpty)
    #expect((try? Command(reading: "PASS secret"))?.description == "PASS *****")
  }

  // MARK: Replies

  @Test("replies are written and read, on one line and several", .spec("RFC 959", "4.2"), arguments: [
    Reply(220, "ready"), Reply(200, ""), Reply(211, lines: ["Features:", "EPSV", "211 looks like the end", "End"]),
    Reply(250, lines: ["Listing", "type=file; \u{e9}", "End"]), Reply(214, lines: ["a", "", "b"]),
  ])
  func reply(_ reply: Reply) throws {
    for pieces in [[reply.bytes], Cutter.single(reply.bytes)] {
      var reader = ReplyReader()
      var waiting = Buffer()
      var found: [Reply] = []
      for piece in pieces {
        waiting.append(piece)
        while let next = try reader.next(from: &waiting) { found.append(next) }
      }
      #expect(found == [reply])
    }
  }

  @Test("foreign replies are read as they come", .spec("RFC 959", "4.2"), arguments: [
    ("220-a\r\nb\r\n 220 c\r\n220-d\r\n221 e\r\n220 f\r\n", Reply(220, lines: ["a", "b", "220 c", "220-d", "221 e", "f"])),
    ("200\r\n", Reply(200, "")), ("200 a\n", Reply(200, "a")), ("230-\r\n230 \r\n", Reply(230, lines: ["", ""])),
  ])
  func foreign(_ text: String, _ reply: Reply) throws {
    var reader = ReplyReader()
    var bytes = Buffer(text)
    #expect(try reader.next(from: &bytes) == reply)
    #expect(bytes.isEmpty)
  }

  @Test("what is no reply is refused", arguments: ["hello\r\n", "20 a\r\n", "2000 a\r\n", "600 a\r\n", "020 a\r\n", "\r\n", "HTTP/1.1 400 Bad\r\n"])
  func noReply(_ text: String) {
    var reader = ReplyReader()
    var bytes = Buffer(text)
    #expect(throws: SyntaxError.self) { try reader.next(from: &bytes) }
  }

  @Test("a reply has an end")
  func endlessReply() {
    var limits = Limits()
    limits.replyLinesMax = 10
    var reader = ReplyReader(limits: limits)
    var bytes = Buffer("211-a\r\n" + String(repeating: "b\r\n", count: 20))
    #expect(throws: SyntaxError.self) { try reader.next(from: &bytes) }
    var long = Buffer("211 " + String(repeating: "b", count: 10_000))
    #expect(throws: SyntaxError.self) { var reader = ReplyReader(); _ = try reader.next(from: &long) }
  }

  // MARK: Places

  @Test("six numbers", .spec("RFC 959", "5.3.2"), arguments: [
    ("192,0,2,1,19,137", "192.0.2.1:5001"), ("0,0,0,0,0,0", "0.0.0.0:0"), ("255,255,255,255,255,255", "255.255.255.255:65535"),
    ("192,0,2,1,19", nil), ("192,0,2,1,19,137,1", nil), ("192,0,2,256,19,137", nil), ("192,0,2,1,19,", nil), ("", nil), (",,,,,", nil),
    ("192,0,2,1,19,-1", nil), ("192,0,2,1,19,137 ", nil), ("192.0.2.1,19,137", nil), ("000192,0,2,1,19,137", nil), ("99999999999999999999,0,2,1,19,137", nil),
  ])
  func numbers(_ text: String, _ endpoint: String?) {
    let read = try? HostPort.numbers(Buffer(text))
    #expect(read?.description == endpoint)
    if let read { #expect(HostPort.numbers(of: read) == text) }
  }

  @Test("the address in a 227 stands anywhere", .spec("RFC 1123", "4.1.2.6"), arguments: [
    ("Entering Passive Mode (192,0,2,1,19,137).", "192.0.2.1:5001"), ("Entering Passive Mode 192,0,2,1,19,137", "192.0.2.1:5001"),
    ("=192,0,2,1,19,137", "192.0.2.1:5001"), ("3 ports: (1,2) (192,0,2,1,19,137)", "192.0.2.1:5001"), ("none", nil), ("(1,2,3,4,5)", nil),
  ])
  func passive(_ text: String, _ endpoint: String?) { #expect((try? HostPort.passive(Buffer(text)))?.description == endpoint) }

  @Test("EPRT", .spec("RFC 2428", "2"), arguments: [
    ("|1|192.0.2.1|5001|", "192.0.2.1:5001"), ("|2|2001:db8::1|5001|", "[2001:db8::1]:5001"), ("!1!192.0.2.1!5001!", "192.0.2.1:5001"),
    ("|1|2001:db8::1|5001|", nil), ("|2|192.0.2.1|5001|", nil), ("|1|192.0.2.1|65536|", nil), ("|1|192.0.2.1|5001", nil), ("|1|192.0.2.1|5001|x", nil),
    ("|1|192.0.2.1||", nil), ("||||", nil), ("", nil), ("|1|192.0.2.01|5001|", nil),
  ])
  func extended(_ text: String, _ endpoint: String?) {
    guard case .endpoint(let read)? = try? HostPort.extended(Buffer(text)) else {
      #expect(endpoint == nil)
      return
    }
    #expect(read.description == endpoint)
    #expect((try? HostPort.extended(Buffer(HostPort.extended(of: read)))) == .endpoint(read))
  }

  @Test("a family that is neither is told apart from nonsense", .spec("RFC 2428", "2"))
  func otherFamily() { #expect((try? HostPort.extended("|3|x|1|")) == .otherFamily) }

  @Test("229", .spec("RFC 2428", "3"), arguments: [
    ("Entering Extended Passive Mode (|||6446|)", 6_446), ("ok (!!!6446!)", 6_446), ("(|||0|)", nil), ("(|||65536|)", nil), ("|||6446|", nil), ("(|||6446)", nil),
    ("(||6446|)", nil), ("((|||6446|)", 6_446),
  ] as [(String, UInt16?)])
  func extendedPassive(_ text: String, _ port: UInt16?) { #expect((try? HostPort.extendedPassive(Buffer(text))) == port) }

  // MARK: Paths

  @Test("paths stay in the tree", .spec("RFC 3659", "6"), arguments: [
    ("/", "/a/b", "/a/b"), ("/a", "b", "/a/b"), ("/a/b", "..", "/a"), ("/a", "../..", "/"), ("/", "../../etc/passwd", "/etc/passwd"),
    ("/a/b", "/c", "/c"), ("/a", "./b//c/", "/a/b/c"), ("/a", "b/../c", "/a/c"), ("/a", "...", "/a/..."), ("/a", "", "/a"), ("/a", " x", "/a/ x"),
    ("/a", "b\u{0}", nil), ("/a", "b\n", nil), ("/a", "b\u{7f}", nil), ("/a", "\u{1b}[2J", nil),
  ])
  func paths(_ folder: String, _ text: String, _ path: String?) throws {
    let folder = try TreePath(Buffer(folder), in: .root)
    #expect((try? TreePath(Buffer(text), in: folder))?.description == path)
  }

  @Test("paths have bounds")
  func pathBounds() {
    #expect(throws: SyntaxError.self) { try TreePath(Buffer(String(repeating: "a", count: 5_000)), in: .root) }
    #expect(throws: SyntaxError.self) { try TreePath(Buffer(String(repeating: "a/", count: 129)), in: .root) }
    #expect(throws: Never.self) { try TreePath(Buffer(String(repeating: "a/../", count: 800)), in: .root) }
  }

  @Test("patterns", arguments: [
    ("*", "", true), ("*.txt", "a.txt", true), ("*.txt", "a.txt.gz", false), ("a?c", "abc", true), ("a?c", "ac", false), ("*a*b*", "xxaxxbxx", true),
    ("*a*b*", "xxbxxaxx", false), ("**", "x", true), ("?", "", false), ("*x", "xxxy", false),
  ])
  func patterns(_ pattern: String, _ name: String, _ fits: Bool) throws {
    #expect(try #require(NamePattern(Array(pattern.utf8))).matches(Array(name.utf8)) == fits)
  }

  @Test("no pattern takes long")
  func patternCost() throws {
    let pattern = try #require(NamePattern(Array(String(repeating: "*a", count: 100).utf8)))
    #expect(!pattern.matches(Array(String(repeating: "a", count: 5_000).utf8) + [0x62]))
  }
}
