// What the owner tells about messages.
// Read next: MailStructure.swift (which bytes a section is), FetchWriter.swift (how it leaves).
public import Bytes
public import World

/// What was asked about one message.
public struct FetchedMessage: Sendable, Hashable {
  public var uid: UInt32
  /// In the order of the order's items; `.flags` of a message that became \Seen comes last, unless asked for anyway.
  public var items: [FetchedItem]

  public init(uid: UInt32, _ items: [FetchedItem]) {
    self.uid = uid
    self.items = items
  }
}

/// One item.
public enum FetchedItem: Sendable, Hashable {
  /// `FetchItem.uid` needs no answer, but may have one.
  case uid
  case flags(Flags)
  case internalDate(InternalDate)
  /// Unit: bytes.
  case size(Int64)
  case envelope(Envelope)
  case body(BodyStructure)
  case bodyStructure(BodyStructure)
  /// One of the three above as it stands in a response (`written` of envelopes and structures makes it): who keeps that has nothing to
  /// write when a thousand messages are listed.
  case written(WrittenItem, Buffer)
  /// The whole section; the stretch that was asked for is cut out by the conversation.
  case section(SectionRequest, Content)
}

/// An item whose answer can be kept as it is written.
public enum WrittenItem: String, Sendable, Hashable {
  case envelope = "ENVELOPE"
  case body = "BODY"
  case bodyStructure = "BODYSTRUCTURE"
}

/// The bytes of a section.
public enum Content: Sendable, Hashable {
  /// There is no such part: the client hears NIL.
  case absent
  case bytes(Buffer)
  case file(FileSlice)
  /// First these bytes, then those of the file.
  case joined(Buffer, FileSlice)

  /// Unit: bytes.
  var count: Int64 {
    switch self {
    case .absent: 0
    case .bytes(let bytes): Int64(bytes.count)
    case .file(let slice): slice.length
    case .joined(let bytes, let slice): Int64(bytes.count) + slice.length
    }
  }

  public static func == (a: Content, b: Content) -> Bool {
    switch (a, b) {
    case (.absent, .absent): true
    case (.bytes(let a), .bytes(let b)): a == b
    case (.file(let a), .file(let b)): a == b
    case (.joined(let a, let a2), .joined(let b, let b2)): a == b && a2 == b2
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(count) }
}
