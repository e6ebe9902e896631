// The tree of a message's parts as IMAP tells it.
// Not here: finding the parts (Mail), writing and reading the tree (StructureWriter.swift, StructureReader.swift).
public import Bytes

/// One part of a message and what it holds.
// RFC 3501 §7.4.2 BODYSTRUCTURE
public indirect enum BodyStructure: Sendable, Hashable {
  case single(SinglePart)
  case multipart(Multipart)

  /// A part with parts.
  public struct Multipart: Sendable, Hashable {
    /// At least one.
    public var parts: [BodyStructure]
    public var subtype: Buffer
    public var parameters: [Parameter] = []
    public var placing = Placing()

    public init(_ parts: [BodyStructure], subtype: Buffer) {
      self.parts = parts
      self.subtype = subtype
    }
  }

  /// A part without parts of its own; a message inside a message is one too.
  public struct SinglePart: Sendable, Hashable {
    public var type: Buffer
    public var subtype: Buffer
    public var parameters: [Parameter] = []
    /// Content-ID
    public var id: Buffer?
    /// Content-Description
    public var description: Buffer?
    /// Content-Transfer-Encoding
    public var encoding: Buffer = "7BIT"
    /// As it is transferred. Unit: bytes.
    public var size: Int64 = 0
    public var kind = Kind.other
    /// Content-MD5
    public var md5: Buffer?
    public var placing = Placing()

    public init(type: Buffer, subtype: Buffer) {
      self.type = type
      self.subtype = subtype
    }
  }

  /// What the type adds.
  public enum Kind: Sendable, Hashable {
    case other
    /// Unit: lines.
    case text(lines: Int64)
    /// A message/rfc822.
    case message(Envelope, BodyStructure, lines: Int64)
  }

  /// A parameter of Content-Type or Content-Disposition.
  public struct Parameter: Sendable, Hashable {
    public var name: Buffer
    public var value: Buffer

    public init(_ name: Buffer, _ value: Buffer) {
      self.name = name
      self.value = value
    }
  }

  /// The extension data that every part has.
  public struct Placing: Sendable, Hashable {
    /// Content-Disposition and its parameters.
    public var disposition: Disposition?
    /// Content-Language
    public var languages: [Buffer] = []
    /// Content-Location
    public var location: Buffer?

    public init() {}
  }

  /// How a part is meant to be shown.
  public struct Disposition: Sendable, Hashable {
    public var type: Buffer
    public var parameters: [Parameter]

    public init(_ type: Buffer, _ parameters: [Parameter] = []) {
      self.type = type
      self.parameters = parameters
    }
  }
}
