// Paths of SMTP commands: `<local@domain>`, the empty `<>` of reports, `<Postmaster>`. A route inside is read and thrown away.
// Read next: MailAddress.swift.
public import Bytes
public import World

/// Where a message came from, and where reports about it go.
// RFC 5321 §4.1.2 Reverse-path
public enum ReversePath: Hashable, Sendable {
  /// `<>`: a report, which is never reported about.
  case empty
  case mailbox(MailAddress)

  /// The address; nil for `<>`.
  public var address: MailAddress? { if case .mailbox(let address) = self { address } else { nil } }

  /// Reads a path with its angle brackets at `index` of `bytes`, and moves `index` behind it.
  public init(reading bytes: Buffer, at index: inout Int) throws(SyntaxError) {
    var scanner = ByteScanner(bytes.array, at: index)
    guard scanner.skip("<") else { throw scanner.error("'<'", "RFC 5321 §4.1.2") }
    if scanner.skip(">") {
      self = .empty
    } else {
      self = .mailbox(try MailAddress.pathContent(&scanner))
    }
    index = scanner.index
  }

  /// Reads a whole text: `<>`, `<a@b>`.
  public init(_ text: some StringProtocol) throws(SyntaxError) {
    let bytes = Buffer(String(text))
    var index = 0
    try self.init(reading: bytes, at: &index)
    guard index == bytes.count else { throw SyntaxError(expected: "the end of the path", at: index, rule: "RFC 5321 §4.1.2") }
  }
}

extension ReversePath: CustomStringConvertible {
  /// With the angle brackets.
  public var description: String { if case .mailbox(let address) = self { "<\(address)>" } else { "<>" } }
}

/// Where a message is to go.
// RFC 5321 §4.1.2 Forward-path, §4.1.1.3
public enum ForwardPath: Hashable, Sendable {
  /// `<Postmaster>`, in any case: who answers for this host.
  case postmaster
  case mailbox(MailAddress)

  /// The address; nil for `<Postmaster>`.
  public var address: MailAddress? { if case .mailbox(let address) = self { address } else { nil } }

  /// Reads a path with its angle brackets at `index` of `bytes`, and moves `index` behind it.
  public init(reading bytes: Buffer, at index: inout Int) throws(SyntaxError) {
    var scanner = ByteScanner(bytes.array, at: index)
    guard scanner.skip("<") else { throw scanner.error("'<'", "RFC 5321 §4.1.2") }
    // RFC 5321 §4.1.1.3, §4.5.1: the one recipient that has no domain.
    if scanner.skipWord("postmaster>") {
      self = .postmaster
    } else {
      self = .mailbox(try MailAddress.pathContent(&scanner))
    }
    index = scanner.index
  }
}

extension ForwardPath: CustomStringConvertible {
  /// With the angle brackets.
  public var description: String { if case .mailbox(let address) = self { "<\(address)>" } else { "<Postmaster>" } }
}

extension MailAddress {
  /// What stands in a path behind its `<`, with the `>`.
  // RFC 5321 §4.1.2 Path = "<" [ A-d-l ":" ] Mailbox ">"
  fileprivate static func pathContent(_ scanner: inout ByteScanner) throws(SyntaxError) -> MailAddress {
    // RFC 5321 §4.1.1.3, appendix C: a source route is taken and ignored.
    if scanner.peek == UInt8(ascii: "@") {
      repeat {
        guard scanner.skip("@") else { throw scanner.error("'@' and a domain of the route", "RFC 5321 §4.1.2") }
        _ = try MailDomain(&scanner)
      } while scanner.skip(",")
      guard scanner.skip(":") else { throw scanner.error("':' behind the route", "RFC 5321 §4.1.2") }
    }
    let address = try mailbox(&scanner)
    guard scanner.skip(">") else { throw scanner.error("'>'", "RFC 5321 §4.1.2") }
    return address
  }
}
