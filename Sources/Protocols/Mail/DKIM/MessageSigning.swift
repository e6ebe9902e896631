// Signs a message: it is given the head and the body in pieces, then it has the fields that go in front.
// Read before: SigningKey.swift, Canonicalization.swift.
public import Bytes
import Crypto
public import World

/// In whose name, and with which key, mail is signed.
public struct SigningIdentity: Sendable {
  public var domain: String
  public var selector: String
  public var key: SigningKey

  public init(domain: String, selector: String, key: SigningKey) {
    self.domain = domain
    self.selector = selector
    self.key = key
  }
}

/// The signing of one message.
// RFC 6376 §5
public struct MessageSigning: Sendable {
  private let identities: [SigningIdentity]
  private let head: MessageHead
  private let time: Instant
  private var digest = BodyDigest(.relaxed)

  /// What is signed where it is there: what a reader sees and what mail programs act on. Fields that change on the way are not among them.
  // RFC 6376 §5.4.1
  static let signed = [
    "from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references", "mime-version", "content-type",
    "content-transfer-encoding", "content-id", "content-description", "content-disposition", "resent-from", "resent-sender", "resent-to", "resent-cc",
    "resent-date", "resent-message-id", "list-id", "list-help", "list-unsubscribe", "list-unsubscribe-post", "list-subscribe", "list-post", "list-owner",
    "list-archive", "auto-submitted",
  ]
  /// What is signed once more than it is there, so that nobody can add one.
  // RFC 6376 §8.15
  static let oversigned: Set<String> = ["from", "to", "subject", "date", "content-type"]

  /// A message that begins with `head`, which has been given all its fields.
  public init(_ identities: [SigningIdentity], _ head: MessageHead, at now: Instant) {
    self.identities = identities
    self.head = head
    time = now
  }

  /// Takes the next piece of the body. RFC 6376 §5.3: lines end with CR LF, and the content is as it will be sent.
  public mutating func take(_ body: Buffer) { digest.take(body) }

  /// The signature fields, one for each identity, to be put in front of the head; the whole body has been taken.
  public func finish() -> Buffer {
    let bodyHash = Base64.text(digest.ended().hash)
    var places: [String: [HeadField]] = [:]
    for field in head.fields { places[ASCII.lowercased(head.name(of: field).array), default: []].append(field) }
    let names = Self.signed.flatMap { name in
      Array(repeating: name, count: (places[name]?.count ?? 0) + (Self.oversigned.contains(name) ? 1 : 0))
    }
    var out = Buffer()
    for identity in identities {
      // Never l=: RFC 6376 §8.2.
      var field =
        "DKIM-Signature: v=1; a=\(identity.key.algorithm); c=relaxed/relaxed;\r\n\td=\(identity.domain); s=\(identity.selector); t=\(time.secondsSince1970);\r\n\th="
      var column = 3
      for (index, name) in names.enumerated() {
        if index > 0 {
          field += ":"
          column += 1
        }
        if column + name.utf8.count > 72 {
          field += "\r\n\t "
          column = 2
        }
        field += name
        column += name.utf8.count
      }
      field += ";\r\n\tbh=\(bodyHash);\r\n\tb="
      var hash = SHA256()
      SignedFields.feed(names, head, places, .relaxed) { hash.update(data: $0) }
      hash.update(data: Canonicalization.relaxed.field(Array(field.utf8)[...]).dropLast(2))
      guard let signature = identity.key.signature(of: hash.finalize()) else { continue }
      out.append(field)
      out.append(Self.folded(Base64.text(signature)))
      out.append("\r\n" as StaticString)
    }
    return out
  }

  private static func folded(_ text: String) -> String {
    let bytes = Array(text.utf8)
    return stride(from: 0, to: bytes.count, by: 72).map { String(decoding: bytes[$0..<min($0 + 72, bytes.count)], as: UTF8.self) }.joined(separator: "\r\n\t ")
  }
}
