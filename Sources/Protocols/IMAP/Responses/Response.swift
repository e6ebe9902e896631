// Everything a server says, as values, as a client reads it.
// Read next: ResponseReader.swift (out of a byte stream), ResponseParser.swift (out of a text).
public import Bytes

/// One response.
// RFC 3501 §7
public enum Response: Sendable, Hashable {
  /// `+`: the server waits for more, or asks something.
  case continuation(Buffer)
  /// How a command went; without a tag: something about the connection.
  case status(tag: String?, Completion)
  case capability([String])
  case list(ListedName)
  /// LSUB
  case subscribed(ListedName)
  case search([UInt32])
  case flags([String])
  case exists(UInt32)
  case recent(UInt32)
  case expunge(UInt32)
  case fetch(FetchAnswer)
  case mailbox(Buffer, [Command.StatusItem: UInt32])
  case id([IDField])
  case enabled([String])
  /// Something this library does not know, or does not take apart.
  case other(Buffer)

  /// How something went.
  public struct Completion: Sendable, Hashable {
    public var status: Status
    public var code: ResponseCode?
    /// For people.
    public var text: Buffer

    public init(_ status: Status, _ code: ResponseCode? = nil, _ text: Buffer) {
      self.status = status
      self.code = code
      self.text = text
    }
  }

  public enum Status: String, Sendable, Hashable, CaseIterable {
    case ok = "OK"
    case no = "NO"
    case bad = "BAD"
    /// The server closes the connection. Only untagged.
    case bye = "BYE"
    /// Nobody need log in. Only as a greeting.
    case preAuthenticated = "PREAUTH"
  }

  /// A name in a list.
  // RFC 3501 §7.2.2
  public struct ListedName: Sendable, Hashable {
    public var attributes: [String]
    /// Nil: there are no levels.
    public var delimiter: Unicode.Scalar?
    public var name: Buffer

    public init(_ attributes: [String], delimiter: Unicode.Scalar?, _ name: Buffer) {
      self.attributes = attributes
      self.delimiter = delimiter
      self.name = name
    }

    /// The name for people; as it stands where it is no modified UTF-7.
    public var text: String { ModifiedUTF7.text(name) ?? name.text }
  }
}

/// What is told about one message. What was not asked for is nil.
// RFC 3501 §7.4.2
public struct FetchAnswer: Sendable, Hashable {
  public var number: UInt32
  public var uid: UInt32?
  /// As they are written, \Recent among them.
  public var flags: [String]?
  public var internalDate: InternalDate?
  public var size: Int64?
  public var envelope: Envelope?
  /// From BODY or BODYSTRUCTURE.
  public var structure: BodyStructure?
  /// Sections that came as short strings, or not at all (nil). Those that came as literals were handed on before (`ResponseReader`).
  public var sections: [Part] = []

  /// A section and its bytes.
  public struct Part: Sendable, Hashable {
    public var section: Section
    /// Where the bytes begin in the section; nil: it is whole.
    public var offset: UInt32?
    public var bytes: Buffer?

    public init(_ section: Section, offset: UInt32? = nil, bytes: Buffer?) {
      self.section = section
      self.offset = offset
      self.bytes = bytes
    }
  }

  public init(number: UInt32) { self.number = number }
}
