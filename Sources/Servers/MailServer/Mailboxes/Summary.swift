// What FETCH and SEARCH ask of most messages, taken from a message once, when it comes in: so that a list of a thousand messages reads none.
// Not here: reading messages (Mail), what is told of them (IMAP), where summaries are kept (MailStore.swift).
import Bytes
import IMAP
import Mail
import World

/// What is known of a content without reading it.
struct Summary: Sendable, Hashable {
  /// As IMAP tells them.
  private(set) var envelope = Buffer()
  private(set) var body = Buffer()
  private(set) var bodyStructure = Buffer()
  /// Where the parts stand.
  private(set) var outline = Buffer()
  /// The day in the Date field, in its own time zone; nil: there is no such field, or no date in it.
  private(set) var sentDay: Day?
  /// What the fields that are searched for most say to people, in small letters: all of one name in one text. A missing field has none.
  private(set) var texts: [Text?] = []

  /// A text to search in: UTF-8 in small letters.
  typealias Text = Buffer

  /// The fields in `texts`, in this order.
  static let textNames = ["from", "to", "cc", "bcc", "subject"]

  /// Largest record. Unit: bytes. Past it: nothing is kept, and the message is read each time somebody asks.
  static let recordBytesMax = 262_144

  /// Of a message with this head and these parts.
  init(_ head: MessageHead, _ structure: MessageStructure) {
    envelope = Envelope(structure.root.envelope ?? MessageEnvelope(head)).written
    let tree = BodyStructure(structure)
    body = tree.written(isExtended: false)
    bodyStructure = tree.written(isExtended: true)
    outline = structure.outline
    sentDay = head.value("date").flatMap { MailDate(reading: $0) }.map { InternalDate(seconds: $0.instant.secondsSince1970, zone: Int16(clamping: $0.zoneMinutes)).day }
    texts = Self.textNames.map { Self.text(of: $0, in: head) }
  }

  /// What all fields of a name, in small letters, say to people, in small letters; nil: there is none.
  static func text(of name: String, in head: MessageHead) -> Text? {
    let fields = head.all(name)
    if fields.isEmpty { return nil }
    return Buffer(fields.map { EncodedWords.text(of: head.value(of: $0)) }.joined(separator: "\n").lowercased())
  }

  /// What keeping it in memory costs. Unit: bytes.
  var cost: Int { texts.reduce(256 + envelope.count + body.count + bodyStructure.count + outline.count) { $0 + ($1?.count ?? 0) } }

  // MARK: As a record

  /// Empty when it would be too large.
  var record: Buffer {
    guard cost <= Self.recordBytesMax else { return Buffer() }
    var record = Buffer(capacity: cost)
    record.append(integer: sentDay.map { Int32(clamping: $0.number) } ?? .min)
    for bytes in [envelope, body, bodyStructure, outline] { record.append(counted: bytes) }
    for text in texts {
      record.append(UInt8(text == nil ? 0 : 1))
      if let text { record.append(counted: text) }
    }
    return record
  }

  /// Nil for what is no summary's record.
  init?(record: Buffer) {
    var record = record
    guard let day = record.takeInteger(Int32.self), let envelope = record.takeCounted(), let body = record.takeCounted(),
      let bodyStructure = record.takeCounted(), let outline = record.takeCounted()
    else { return nil }
    self.envelope = envelope
    self.body = body
    self.bodyStructure = bodyStructure
    self.outline = outline
    sentDay = day == .min ? nil : Day(number: Int64(day))
    for _ in Self.textNames {
      guard let isThere = record.takeInteger(UInt8.self) else { return nil }
      if isThere == 0 {
        texts.append(nil)
      } else {
        guard let text = record.takeCounted() else { return nil }
        texts.append(text)
      }
    }
  }
}

extension MessageContent {
  /// How much is read at once. Unit: bytes.
  private static let pieceBytes: Int64 = 262_144

  /// Takes the message apart; nil when the disk fails.
  func takenApart() -> (head: MessageHead, structure: MessageStructure)? {
    var reader = StructureReader()
    var offset: Int64 = 0
    while offset < size {
      guard let piece = bytes(offset..<(offset + Self.pieceBytes)), !piece.isEmpty else { return nil }
      reader.take(piece)
      offset += Int64(piece.count)
    }
    return reader.finish()
  }
}
