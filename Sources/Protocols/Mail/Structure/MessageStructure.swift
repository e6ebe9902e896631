// A message's parts as byte ranges: what IMAP's ENVELOPE, BODYSTRUCTURE and sections are made from. No byte of a body is kept.
// Not here: reading it off a message (StructureReader.swift), decoding a part's content (Text/TransferEncoding.swift).
public import Bytes

/// One part: the message itself, a part of a multipart, or the message inside a message/rfc822.
public struct MessagePart: Hashable, Sendable {
  /// What is below a part.
  public enum Kind: UInt8, Hashable, Sendable {
    /// Nothing: content, or what is not taken apart (too deep, no usable boundary, encoded).
    case leaf
    /// `children` are its parts, in order; a broken one may have none.
    case multipart
    /// The one child is the message that the body is.
    case message
  }

  /// What a server that takes seven bits only could not be given.
  // RFC 5322 §2.1.1, RFC 6152 §3
  public struct Needs: OptionSet, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Bytes beyond ASCII, or NUL, in the part's own content: of a leaf all, else what stands around its parts.
    public static let eightBit = Needs(rawValue: 1)
    /// Lines of more than 998 bytes there.
    public static let longLines = Needs(rawValue: 2)
    /// One of the two in its head.
    public static let head = Needs(rawValue: 4)
  }

  public var kind = Kind.leaf
  /// Its place in `MessageStructure.parts`; nil for the message itself.
  public var parent: Int?
  public var children: [Int] = []
  /// Its fields and the empty line. Unit: bytes from the start of the whole message, as in `body`.
  public var head: Range<Int>
  /// Its content as it is transferred, without the line end that belongs to the next boundary.
  public var body: Range<Int>
  /// How many LF are in `body`.
  public var lines = 0
  public var needs: Needs = []
  public var content: ContentFields
  /// Of a message: the one itself, and those inside message/rfc822.
  public var envelope: MessageEnvelope?

  /// Type and subtype in lower case as a client should be told: what was not taken apart is called application/octet-stream.
  public var bodyType: (type: String, subtype: String) {
    if kind == .leaf, content.type == "multipart" || content.isMessage { return ("application", "octet-stream") }
    return (content.type, content.subtype)
  }
}

/// All parts of a message.
public struct MessageStructure: Hashable, Sendable {
  /// The first is the message itself; children come after their parents.
  public var parts: [MessagePart]

  /// The message itself.
  public var root: MessagePart { parts[0] }

  /// Unit: bytes.
  public var size: Int { root.body.upperBound }

  /// Takes a whole message apart.
  public init(reading message: Buffer, limits: Limits = Limits()) {
    var reader = StructureReader(limits: limits)
    reader.take(message)
    self = reader.finish().structure
  }

  /// Never without a part.
  init(parts: [MessagePart]) { self.parts = parts }

  /// The part that an IMAP section names by its numbers; nil: there is none. No numbers: the message itself.
  // RFC 9051 §6.4.5.1 section-part
  public func part(_ numbers: [Int]) -> Int? {
    var current = 0
    for (depth, number) in numbers.enumerated() {
      // Behind its number a message/rfc822 stands for the message inside.
      if depth > 0, parts[current].kind == .message, let inside = parts[current].children.first { current = inside } else if depth > 0,
        parts[current].kind == .leaf
      {
        return nil
      }
      let container = parts[current]
      if container.kind == .multipart {
        guard number >= 1, number <= container.children.count else { return nil }
        current = container.children[number - 1]
      } else if number != 1 {
        // RFC 9051 §6.4.5.1: a message that is no multipart has exactly one part, its body.
        return nil
      }
    }
    return current
  }

  /// What of a part a section may name.
  public enum SectionText: Hashable, Sendable {
    /// The content (`BODY[1]`); without numbers the whole message (`BODY[]`).
    case content
    /// `HEADER`: the head of the message, or of the one inside a message/rfc822.
    case header
    /// `TEXT`: its body.
    case text
    /// `MIME`: the part's own fields.
    case mime
  }

  /// Where a section stands in the message; nil: there is no such section.
  // RFC 9051 §6.4.5.1
  public func range(_ numbers: [Int], _ text: SectionText) -> Range<Int>? {
    guard let index = part(numbers) else { return nil }
    let part = parts[index]
    switch text {
    case .content: return numbers.isEmpty ? 0..<size : part.body
    case .mime: return numbers.isEmpty ? nil : part.head
    case .header, .text:
      if numbers.isEmpty { return text == .header ? part.head : part.body }
      guard part.kind == .message, let inside = part.children.first else { return nil }
      return text == .header ? parts[inside].head : parts[inside].body
    }
  }
}
