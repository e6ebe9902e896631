// Explanations: every byte stands in a field, and the fields say what the message says.
import Bytes
import TestKit
import Testing
import Trace
import World

@testable import FTP

@Suite("FTP explained")
struct ExplainTests {
  /// All fields, each with those inside it.
  private func flat(_ fields: [Field]) -> [Field] { fields.flatMap { [$0] + flat($0.children) } }

  struct Case: Sendable, CustomTestStringConvertible {
    var bytes: String
    var title: String
    /// Name, value of fields that must be there.
    var fields: [[String]] = []
    var dialect = Dialect.ftp
    var sender: ConversationInfo.Role?
    var problem: String?
    var testDescription: String { bytes }
  }

  @Test("commands, replies, listings, content", arguments: [
    Case(bytes: "RETR notes.txt\r\n", title: "RETR notes.txt", fields: [["verb", "RETR"], ["path", "notes.txt"], ["line end", "\\r\\n"]]),
    Case(bytes: "PASS ******\r\n", title: "PASS ******", fields: [["password", "******"]]),
    Case(bytes: "PORT 192,0,2,1,19,137\r\n", title: "PORT 192,0,2,1,19,137", fields: [["address", "192.0.2.1"], ["port", "5001"]]),
    Case(bytes: "EPRT |1|192.0.2.1|5001|\r\n", title: "EPRT |1|192.0.2.1|5001|", fields: [["family", "1"], ["address", "192.0.2.1"], ["port", "5001"]]),
    Case(bytes: "PASV\r\n", title: "PASV", fields: [["verb", "PASV"]]),
    Case(bytes: "XYZZY a\r\n", title: "XYZZY a", fields: [["argument", "a"]]),
    Case(bytes: "NOOP\r\nNOOP\r\n", title: "NOOP", fields: [["rest", "6 bytes"]]),
    Case(bytes: "\r\n", title: "an empty line"),
    Case(bytes: "220 hello\r\n", title: "220 hello", fields: [["code", "220"], ["first digit", "2"], ["second digit", "2"], ["text", "hello"]]),
    Case(bytes: "200\r\n", title: "200", fields: [["reply", "200"], ["code", "200"], ["line end", "\\r\\n"]]),
    Case(bytes: "200\n", title: "200", fields: [["code", "200"], ["line end", "\\n"]]),
    Case(bytes: "200", title: "200", fields: [["reply", "200"]], sender: .server),
    Case(bytes: "200-\r\n200\r\n", title: "200 (2 lines)", fields: [["last line", "200"]], sender: .server),
    Case(bytes: "200 ok\r\n", title: "200 ok", fields: [["command", "200 ok"]], sender: .client, problem: "expected a command's letters at byte 0 (RFC 959 §5.3)"),
    Case(
      bytes: "HELLO you\r\n", title: "HELLO you", fields: [["line", "HELLO you"]], sender: .server,
      problem: "expected three digits and a space or hyphen at byte 0 (RFC 959 §4.2)"),
    Case(bytes: "", title: "nothing", sender: .server),
    Case(bytes: "227 Entering Passive Mode (192,0,2,1,19,137).\r\n", title: "227 Entering Passive Mode (192,0,2,1,19,137).", fields: [["address", "192.0.2.1"], ["port", "5001"]]),
    Case(bytes: "229 Entering (|||6446|)\r\n", title: "229 Entering (|||6446|)", fields: [["port", "6446"]]),
    Case(bytes: "257 \"/a\" here\r\n", title: "257 \"/a\" here", fields: [["path", "/a"]]),
    Case(bytes: "213 20260314092653\r\n", title: "213 20260314092653", fields: [["time", "20260314092653"]]),
    Case(bytes: "211-Features:\r\n EPSV\r\n211 End\r\n", title: "211 Features: (3 lines)", fields: [["line", "EPSV"], ["hyphen", "-"], ["last line", "211 End"]]),
    Case(bytes: "250-a\r\n type=file;size=12; n\r\n250 b\r\n", title: "250 a (3 lines)", fields: [["size", "12"], ["name", "n"]]),
    Case(bytes: "type=file;size=12; a b\r\ntype=dir; c\r\n", title: "listing of 2 names", fields: [["a b", "type=file;size=12; a b"], ["type", "dir"]], dialect: .ftpData),
    Case(bytes: "-rw-r--r--   1 ftp      ftp                12 Mar 14 09:26 notes.txt\r\n", title: "listing of 1 name", fields: [["notes.txt"]], dialect: .ftpData),
    Case(bytes: "Hello, world.\n", title: "14 bytes of content", fields: [["content"]], dialect: .ftpData),
    Case(bytes: "", title: "nothing", dialect: .ftpData),
  ])
  func explained(_ c: Case) throws {
    let bytes = Buffer(c.bytes)
    let explanation = try #require(explain(bytes, as: c.dialect, from: c.sender))
    #expect(explanation.title == c.title)
    if c.sender != nil { #expect(explanation.problem == c.problem) }
    var covered = 0
    for field in explanation.fields {
      #expect(field.range.lowerBound == covered)
      covered = field.range.upperBound
    }
    #expect(covered == bytes.count)
    let all = flat(explanation.fields)
    for wanted in c.fields { #expect(all.contains { $0.name == wanted[0] && (wanted.count == 1 || $0.value == wanted[1]) }, "\(wanted) in \(all.map { [$0.name, $0.value] })") }
    for field in all { #expect(!field.meaning.isEmpty && !field.source.isEmpty) }
  }

  @Test("another dialect is not ours")
  func other() { #expect(explain("GET / HTTP/1.1\r\n", as: .http) == nil) }

  @Test("what is no command says so")
  func wrong() { #expect(explain("\u{1}\r\n", as: .ftp)?.problem != nil) }

  @Test("every verb and every code has words")
  func words() {
    for entry in Verb.registry { #expect(!entry.meaning.description.isEmpty && !entry.source.description.isEmpty) }
    #expect(Set(Verb.registry.map(\.verb)).count == Verb.registry.count)
    for code in 100..<600 { #expect(!CodeWords.meaning(code).isEmpty) }
  }
}
