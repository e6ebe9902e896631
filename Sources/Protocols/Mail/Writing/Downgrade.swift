// Makes a message fit for a server that takes only seven bits and lines of 998: parts that need it are encoded, their heads say so.
// It is a plan over ranges, so that a large message is read once more from where it is kept and never held.
// It changes what was signed: sign after it. Read before: Structure/MessageStructure.swift.
public import Bytes

/// How a message becomes seven-bit.
// RFC 6152 §3, RFC 2045 §6
public struct Downgrade: Hashable, Sendable {
  /// One stretch of the result.
  public enum Step: Hashable, Sendable {
    /// These bytes as they are.
    case copy(Range<Int>)
    /// These bytes, `?` for each that is not of seven bits: what stands around parts, which nobody is shown.
    case mask(Range<Int>)
    /// These bytes, written new.
    case write(Buffer)
    /// These bytes, encoded.
    case encode(Range<Int>, TransferEncoding)
  }

  /// In order: together they are the whole message.
  public private(set) var steps: [Step] = []

  /// Whether a message needs it at all.
  public static func isNeeded(_ structure: MessageStructure) -> Bool {
    structure.parts.contains { !$0.needs.isEmpty || $0.content.isWide }
  }

  /// The plan for a message; `read` gives the bytes of a range, of heads only. Nil: it cannot be done, since a head, or a part that is
  /// encoded already or was not taken apart, breaks the rules itself, or since what would change is inside a multipart/signed.
  public init?(_ structure: MessageStructure, reading read: (Range<Int>) -> Buffer) {
    var position = 0
    func put(_ step: Step, for range: Range<Int>, into steps: inout [Step]) {
      if range.lowerBound > position { steps.append(.copy(position..<range.lowerBound)) }
      steps.append(step)
      position = range.upperBound
    }
    // What stands behind the last part of a multipart comes when its parts are passed.
    var endings: [Range<Int>] = []
    // RFC 1847 §2.1: not a byte of what is signed may change.
    var signed = [Bool](repeating: false, count: structure.parts.count)
    for (index, part) in structure.parts.enumerated() {
      if let parent = part.parent { signed[index] = signed[parent] || structure.parts[parent].content.isSigned }
      if signed[index], !part.needs.isEmpty || part.content.isWide { return nil }
      while let ending = endings.last, ending.upperBound <= part.head.lowerBound {
        endings.removeLast()
        if !ending.isEmpty { put(.mask(ending), for: ending, into: &steps) }
      }
      guard !part.needs.contains(.head) else { return nil }
      let encoding = Self.encoding(of: part)
      if part.kind == .leaf, !part.needs.isEmpty, encoding == nil { return nil }
      if encoding != nil || part.content.isWide {
        put(.write(Self.head(part, encoding, read(part.head))), for: part.head, into: &steps)
      }
      if part.kind == .leaf {
        if let encoding { put(.encode(part.body, encoding), for: part.body, into: &steps) }
      } else if part.needs.contains(.longLines) {
        return nil
      } else if part.needs.contains(.eightBit) {
        let first = part.children.first.map { structure.parts[$0].head.lowerBound } ?? part.body.upperBound
        put(.mask(part.body.lowerBound..<first), for: part.body.lowerBound..<first, into: &steps)
        let last = part.children.last.map { structure.parts[$0].body.upperBound } ?? part.body.upperBound
        endings.append(last..<part.body.upperBound)
      }
    }
    while let ending = endings.popLast() { if !ending.isEmpty { put(.mask(ending), for: ending, into: &steps) } }
    if position < structure.size { steps.append(.copy(position..<structure.size)) }
  }

  /// How a leaf is to be encoded; nil: not at all, or it cannot be.
  private static func encoding(of part: MessagePart) -> TransferEncoding? {
    guard part.kind == .leaf, !part.needs.isEmpty, part.content.isIdentity, part.content.type != "multipart", !part.content.isMessage else { return nil }
    return part.content.type == "text" ? .quotedPrintable : .base64
  }

  /// The head with the right Content-Transfer-Encoding.
  private static func head(_ part: MessagePart, _ encoding: TransferEncoding?, _ bytes: Buffer) -> Buffer {
    let head = MessageHead(reading: bytes)
    let kept = head.removing { head.isNamed("content-transfer-encoding", $0) }
    var out = kept[0..<(kept.count - (head.bytes.count - head.fieldsEnd))]
    var added = HeadWriter()
    // RFC 2045 §4: without it none of the others counts.
    if part.envelope != nil, head.first("mime-version") == nil { added.add("MIME-Version", "1.0") }
    // RFC 1428 §3: nobody knows what it is.
    if encoding != nil, head.first("content-type") == nil { added.add("Content-Type", "text/plain; charset=unknown-8bit") }
    added.add("Content-Transfer-Encoding", (encoding ?? .sevenBit).rawValue)
    added.end()
    out.append(added.bytes)
    return out
  }

  /// The result for a message that is at hand as a whole.
  public func result(for message: Buffer) -> Buffer {
    var out = Buffer(capacity: message.count + message.count / 2)
    for step in steps {
      var writer = Writer(step)
      out.append(writer.take(message[writer.source]))
      out.append(writer.finish())
    }
    return out
  }

  /// Does one step, given the bytes of its source in pieces.
  public struct Writer: Sendable {
    private let step: Step
    private var encoder: TransferEncoder?

    public init(_ step: Step) {
      self.step = step
      if case .encode(_, let encoding) = step { encoder = TransferEncoder(encoding) }
    }

    /// What it needs of the message.
    public var source: Range<Int> {
      switch step {
      case .copy(let range), .mask(let range), .encode(let range, _): range
      case .write: 0..<0
      }
    }

    /// What becomes of the next piece.
    public mutating func take(_ piece: Buffer) -> Buffer {
      switch step {
      case .copy: return piece
      case .mask: return Buffer(piece.array.map { $0 < 0x80 && $0 != 0 ? $0 : UInt8(ascii: "?") })
      case .write: return Buffer()
      case .encode:
        var out = Buffer()
        encoder?.encode(piece, into: &out)
        return out
      }
    }

    /// What is left to be written.
    public mutating func finish() -> Buffer {
      if case .write(let bytes) = step { return bytes }
      var out = Buffer()
      encoder?.finish(into: &out)
      return out
    }
  }

  /// A message made seven-bit; as it is, when it is so already; nil: it cannot be done.
  public static func sevenBit(_ message: Buffer) -> Buffer? {
    let structure = MessageStructure(reading: message)
    guard isNeeded(structure) else { return message }
    return Downgrade(structure) { message[$0] }?.result(for: message)
  }
}

extension ContentFields {
  /// Announced as more than seven bits.
  fileprivate var isWide: Bool { encoding == "8bit" || encoding == "binary" }

  /// Whether what is inside is signed as it stands.
  fileprivate var isSigned: Bool { type == "multipart" && subtype == "signed" }
}
