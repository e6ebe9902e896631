// Explanations: every command and response of the transcripts has one, its fields lie in the message, and the titles say what it is.
import Bytes
import TestKit
import Testing
import Trace
import World

@testable import IMAP

@Suite("explanations")
struct ExplainTests {
  @Test(
    "titles",
    arguments: [
      ("a1 LOGIN alice ******\r\n", "LOGIN alice"), ("a1 AUTHENTICATE PLAIN\r\n", "AUTHENTICATE PLAIN"), ("a SELECT \"a b\"\r\n", "SELECT a b"), ("a UID FETCH 1:* (FLAGS UID)\r\n", "UID FETCH 1:* (FLAGS UID)"),
      ("* 3 FETCH (UID 7 FLAGS (\\Seen))\r\n", "3 FETCH UID FLAGS"), ("a OK [READ-WRITE] SELECT completed\r\n", "OK [READ-WRITE] SELECT completed"), ("* 18 EXISTS\r\n", "18 EXISTS"),
      ("* LIST (\\HasNoChildren) \"/\" INBOX\r\n", "LIST (\\HasNoChildren) / INBOX"), ("+ go on\r\n", "go on"), ("DONE\r\n", "DONE"), ("* BYE x\r\n", "BYE x"), ("YWxpY2U=\r\n", "10 bytes"),
      ("a APPEND Work (\\Seen) {3}\r\n", "APPEND Work (\\Seen)"), ("* 1 EXISTS\r\n* 1 RECENT\r\na OK x\r\n", "1 EXISTS, and 2 more"), ("", "nothing"),
    ])
  func titles(_ said: String, _ title: String) { #expect(explain(Buffer(said)).title == title) }

  @Test("a command, word by word")
  func command() throws {
    let explanation = explain("a7 UID STORE 3:5 +FLAGS.SILENT (\\Deleted $x)\r\n")
    #expect(explanation.fields.map(\.name) == ["tag", "numbering", "command", "set", "action", "flags"])
    #expect(explanation.fields.map(\.value) == ["a7", "UID", "STORE", "3:5", "+FLAGS.SILENT", "(\\Deleted $x)"])
    #expect(explanation.fields[5].children.map(\.source) == ["RFC 3501 §2.3.2", "RFC 5788 §2"])
    #expect(explanation.fields[3].range == 13..<16)
    #expect(explain("a7 STORE 3:5 FLAGZ ()\r\n").problem == "expected FLAGS, found F at byte 13 (RFC 3501 §9)")
    #expect(explanation.problem == nil)
  }

  @Test("a masked secret is no mistake, and does not hide one", arguments: [
    ("a AUTHENTICATE PLAIN ****\r\n", nil), ("a LOGIN alice ******\r\n", nil), ("a LOGIN {5}\r\nalice ***********\r\n", nil), ("****\r\n", nil),
    ("a LOGIN alice *bc\r\n", "expected password, found * at byte 14 (RFC 3501 §9)"), ("a LOGIN\r\n", "expected SP, found the end at byte 7 (RFC 3501 §9)"),
  ] as [(String, String?)])
  func masked(_ shown: String, _ problem: String?) { #expect(explain(Buffer(shown)).problem == problem) }

  @Test("names in modified UTF-7 are read")
  func names() {
    let field = explain("a SELECT Entw&APw-rfe\r\n").fields.last
    #expect(field?.meaning == "Entw\u{FC}rfe, written in modified UTF-7.")
    #expect(explain("a SELECT &AP\r\n").fields.last?.meaning == "Not a name: no modified UTF-7.")
  }

  @Test("an envelope, field by field")
  func envelope() {
    let fields = explain("* 1 FETCH (ENVELOPE (\"d\" \"s\" NIL NIL NIL NIL NIL NIL NIL \"<i>\") FLAGS (\\Seen))\r\n").fields
    #expect(fields.map(\.name) == ["untagged", "number", "response", "ENVELOPE", "FLAGS"])
    #expect(fields[3].children.map(\.name) == ["date", "subject", "from", "sender", "reply-to", "to", "cc", "bcc", "in-reply-to", "message-id"])
    #expect(fields[4].children.first?.meaning == "It was read.")
  }

  @Test("fields lie in their messages, whatever is said", arguments: Script.all("imap"))
  func ranges(_ script: Script) {
    for step in script.steps {
      guard case .says(_, let pattern) = step.event, let bytes = pattern.bytes else { continue }
      for cut in [bytes.count, bytes.count / 2, 3] {
        let part = bytes[0..<cut]
        check(explain(part).fields, in: 0..<part.count)
      }
    }
  }

  private func check(_ fields: [Field], in range: Range<Int>) {
    for field in fields {
      #expect(range.lowerBound <= field.range.lowerBound && field.range.upperBound <= range.upperBound)
      check(field.children, in: range)
    }
  }

  @Test("every command that is read has its sentence")
  func complete() {
    let names = [
      "CAPABILITY", "NOOP", "LOGOUT", "STARTTLS", "AUTHENTICATE", "LOGIN", "SELECT", "EXAMINE", "CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "LIST", "LSUB", "STATUS", "APPEND",
      "CHECK", "CLOSE", "EXPUNGE", "SEARCH", "FETCH", "STORE", "COPY", "UID", "MOVE", "IDLE", "NAMESPACE", "UNSELECT", "ID", "ENABLE",
    ]
    for name in names { #expect(Words.commands[name] != nil) }
    for code in ResponseCode.Word.allCases where code != .unknownCTE && code != .useAttribute { #expect(Words.codes[code.rawValue] != nil, "\(code.rawValue)") }
    for name in ServerConversation(.loopback).capabilities { #expect(Words.capabilities[name.uppercased()] != nil) }
    for use in SpecialUse.allCases { #expect(Words.flags[use.rawValue.uppercased()] != nil) }
  }
}
