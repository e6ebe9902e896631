// Responses as bytes: lines, strings in the one form of three that fits, status responses with their codes.
// Not here: what stands in a FETCH response (FetchWriter.swift), envelopes and structures (StructureWriter.swift).
import Bytes

/// Writes what a server says.
struct ResponseWriter {
  var bytes = Buffer()

  /// How a status response begins.
  enum Status: String {
    case ok = "OK"
    case no = "NO"
    case bad = "BAD"
    case bye = "BYE"
  }

  mutating func add(_ text: String) { bytes.append(text) }
  mutating func add(_ text: StaticString) { bytes.append(text) }
  mutating func endLine() { bytes.append("\r\n" as StaticString) }

  // MARK: Strings

  /// A quoted string, or a literal where a quoted string cannot hold it.
  // RFC 3501 §4.3: a quoted string has no CR, LF or 8-bit byte.
  mutating func add(string: Buffer) {
    let isQuotable = string.count <= 1_024 && string.withUnsafeBytes { $0.allSatisfy { (0x01...0x7F).contains($0) && $0 != 0x0D && $0 != 0x0A } }
    guard isQuotable else {
      // Differs from RFC 3501 §9 CHAR8: a message that holds NUL is told as it is. Its bytes are counted, so nobody misreads what follows.
      add("{\(string.count)}\r\n")
      return bytes.append(string)
    }
    bytes.append(UInt8(ascii: "\""))
    string.withUnsafeBytes { string in
      for byte in string {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
        bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  // RFC 3501 §9 nstring
  mutating func add(nstring: Buffer?) {
    if let nstring { add(string: nstring) } else { add("NIL") }
  }

  /// An atom where that is enough, else a string.
  // RFC 3501 §9 astring. An atom NIL would be read as no string by many.
  mutating func add(astring: Buffer) {
    let isAtom = !astring.isEmpty && astring.withUnsafeBytes { $0.allSatisfy(Characters.atom.contains) }
    if isAtom, astring != "NIL", astring != "nil" { bytes.append(astring) } else { add(string: astring) }
  }

  mutating func add(mailbox: MailboxName) { add(astring: mailbox.wire) }

  /// `(a b c)`
  mutating func add(words: [String]) { add("(\(words.joined(separator: " ")))") }

  // MARK: Lines

  /// `* text`
  mutating func untagged(_ text: String) { add("* \(text)\r\n") }

  /// `tag OK [CODE] text`; without a tag: untagged.
  mutating func status(_ tag: String?, _ status: Status, _ code: ResponseCode? = nil, _ text: String) {
    add(tag ?? "*")
    add(" \(status.rawValue) ")
    if let code {
      add("[")
      add(code: code)
      add("] ")
    }
    // RFC 3501 §9 resp-text: something has to stand there, on one line.
    let isFit = text.utf8.allSatisfy(Characters.text.contains)
    add(text.isEmpty ? "-" : isFit ? text : String(decoding: text.utf8.map { Characters.text.contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self))
    endLine()
  }

  // RFC 3501 §9 resp-text-code
  mutating func add(code: ResponseCode) {
    switch code {
    case .word(let word): add(word.rawValue)
    case .badCharset(let names): add("BADCHARSET (\(names.joined(separator: " ")))")
    case .capability(let names): add("CAPABILITY \(names.joined(separator: " "))")
    case .permanentFlags(let names): add("PERMANENTFLAGS (\(names.joined(separator: " ")))")
    case .uidNext(let uid): add("UIDNEXT \(uid)")
    case .uidValidity(let value): add("UIDVALIDITY \(value)")
    case .unseen(let number): add("UNSEEN \(number)")
    case .appendUID(let validity, let uid): add("APPENDUID \(validity) \(uid)")
    case .copyUID(let validity, let from, let to): add("COPYUID \(validity) \(from) \(to)")
    case .other(let text): bytes.append(text)
    }
  }

  /// `+ text`
  mutating func continuation(_ text: String) { add("+ \(text)\r\n") }

  mutating func takeAll() -> Buffer { bytes.takeAll() }
}
