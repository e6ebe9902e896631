// What FETCH may ask of a message.
// Read next: FetchParser.swift (reading), MailStructure.swift (which bytes of a message a section is), FetchedMessage.swift (the answer).

/// One data item of FETCH.
// RFC 3501 §6.4.5
public enum FetchItem: Sendable, Hashable {
  case uid
  case flags
  case internalDate
  /// RFC822.SIZE
  case size
  case envelope
  /// The structure without extension data.
  case body
  case bodyStructure
  case section(SectionRequest)

  /// Whether content has to be read, not only what an index holds.
  var needsContent: Bool { if case .section = self { true } else { false } }
}

/// A part of a message and a stretch of it.
public struct SectionRequest: Sendable, Hashable {
  public var section: Section
  /// Only these bytes of it, counted from its beginning; nil: all.
  // RFC 3501 §6.4.5 partial
  public var partial: Partial?
  /// Whether reading it leaves \Seen alone.
  public var peeks: Bool
  public var spelling: Spelling

  /// The name the answer goes by.
  public enum Spelling: String, Sendable, Hashable {
    case body = "BODY"
    case rfc822 = "RFC822"
    case rfc822Header = "RFC822.HEADER"
    case rfc822Text = "RFC822.TEXT"
  }

  /// A stretch of bytes.
  public struct Partial: Sendable, Hashable {
    public var offset: UInt32
    /// Not zero.
    public var count: UInt32

    public init(offset: UInt32, count: UInt32) {
      self.offset = offset
      self.count = count
    }
  }

  public init(_ section: Section, partial: Partial? = nil, peeks: Bool = false, spelling: Spelling = .body) {
    self.section = section
    self.partial = partial
    self.peeks = peeks
    self.spelling = spelling
  }

  /// `RFC822`, which is `BODY[]` by its old name.
  public static let rfc822 = SectionRequest(Section(), spelling: .rfc822)
  /// `RFC822.HEADER`, which is `BODY.PEEK[HEADER]` by its old name.
  public static let rfc822Header = SectionRequest(Section(text: .header), peeks: true, spelling: .rfc822Header)
  /// `RFC822.TEXT`, which is `BODY[TEXT]` by its old name.
  public static let rfc822Text = SectionRequest(Section(text: .text), spelling: .rfc822Text)
}

/// A part of a message.
// RFC 3501 §6.4.5 section
public struct Section: Sendable, Hashable {
  /// The part's number: `[4, 2]` is the second part of the fourth part. Empty: the message itself.
  public var path: [UInt32]
  public var text: Text

  /// Which of the part's texts.
  public enum Text: Sendable, Hashable {
    /// The whole message, or the content of the part.
    case whole
    /// The header of the message, or of the message inside the part.
    case header
    /// Only the fields with these names, or all but those.
    case fields([String], isNot: Bool)
    /// What follows that header.
    case text
    /// The part's own MIME fields. Only with a path.
    case mime
  }

  public init(_ path: [UInt32] = [], text: Text = .whole) {
    self.path = path
    self.text = text
  }
}
